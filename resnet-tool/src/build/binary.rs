//! Where a binary goes.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::args::usage;

/// Refuses what can't become a binary, before the long part of a build.
pub(crate) fn can_be_written(output: &Path) -> anyhow::Result<()> {
    if output.is_dir() {
        let shown = output.display();
        return Err(usage(format_args!(
            "{shown} is a folder: -o names the binary's file"
        )));
    }
    let parent = folder_of(output);
    if !parent.is_dir() {
        bail!(
            "cannot write {}: there is no folder {}",
            output.display(),
            parent.display()
        );
    }
    Ok(())
}

fn folder_of(output: &Path) -> &Path {
    let parent = output.parent().filter(|path| !path.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// Puts the binary in place at once: whoever runs the one that was there before
/// isn't disturbed, and nobody sees half of it.
pub(crate) fn install(built: &Path, output: &Path) -> anyhow::Result<()> {
    let name = output.file_name().unwrap_or_default();
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}", std::process::id()));
    let whole = folder_of(output).join(hidden);
    let placed = fs::copy(built, &whole).and_then(|_| fs::rename(&whole, output));
    placed.with_context(|| {
        let _ = fs::remove_file(&whole);
        format!("cannot write {}", output.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binaries_replace_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let (built, output) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&built, "new").unwrap();
        fs::write(&output, "old").unwrap();
        can_be_written(&output).unwrap();
        install(&built, &output).unwrap();
        assert_eq!(fs::read_to_string(&output).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);

        let absent = folder.path().join("no/binary");
        assert!(can_be_written(&absent).is_err());
        assert!(can_be_written(folder.path()).is_err());
    }
}
