//! Which pictures a command is given.

use std::fs;
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::Raster;
use super::decode::{decode, is_picture, read};

/// Stands for standard input.
const STDIN: &str = "-";

/// A picture that is still to be read.
#[derive(Debug)]
pub(crate) enum Source {
    File(PathBuf),
    /// Standard input, read already.
    Bytes(Vec<u8>),
}

impl Source {
    /// What it is called in results.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Bytes(_) => STDIN.to_owned(),
        }
    }

    /// Reads and decodes it.
    pub(crate) fn picture(&self, channels: usize) -> Result<Raster> {
        match self {
            Self::File(path) => read(path, channels),
            Self::Bytes(bytes) => decode(bytes, channels).context("standard input"),
        }
    }
}

/// The pictures of arguments: files as they are, folders by the files in them
/// whose names end like pictures', and `-` for standard input: one picture, or
/// a list of paths.
pub(crate) fn sources(arguments: &[PathBuf]) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in arguments {
        if path.as_os_str() == STDIN {
            let mut bytes = Vec::new();
            stdin().lock().read_to_end(&mut bytes)?;
            sources.extend(piped(bytes)?);
        } else {
            add(path, &mut sources)?;
        }
    }
    Ok(sources)
}

/// What came through standard input.
fn piped(bytes: Vec<u8>) -> Result<Vec<Source>> {
    // No path begins like this, and every PNG and JPEG does.
    if matches!(bytes.first(), Some(0x89 | 0xff)) {
        return Ok(vec![Source::Bytes(bytes)]);
    }
    let text = String::from_utf8(bytes)
        .ok()
        .context("standard input: found neither a PNG, a JPEG nor a list of paths")?;
    let mut sources = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        add(Path::new(line), &mut sources)?;
    }
    ensure!(!sources.is_empty(), "standard input: no pictures");
    Ok(sources)
}

/// Adds a file, or what is in a folder and the folders in it, by name.
fn add(path: &Path, sources: &mut Vec<Source>) -> Result<()> {
    if !path.is_dir() {
        sources.push(Source::File(path.to_owned()));
        return Ok(());
    }
    let before = sources.len();
    walk(path, sources)?;
    ensure!(
        sources.len() > before,
        "{}: no picture in this folder (names that end in .png, .jpg or .jpeg)",
        path.display()
    );
    Ok(())
}

fn walk(folder: &Path, sources: &mut Vec<Source>) -> Result<()> {
    let shown = || format!("{}: cannot read this folder", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(shown)? {
        paths.push(entry.with_context(shown)?.path());
    }
    paths.sort();
    for path in paths {
        // Links to folders could go round in circles.
        let is_link = path.is_symlink();
        if path.is_dir() && !is_link {
            walk(&path, sources)?;
        } else if is_picture(&path) {
            sources.push(Source::File(path));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sources: &[Source]) -> Vec<String> {
        sources.iter().map(Source::name).collect()
    }

    #[test]
    fn folders_and_lists() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::create_dir_all(path("b/c")).unwrap();
        for name in ["z.png", "b/c/y.JPG", "b/x.txt", "a.jpeg"] {
            fs::write(path(name), "").unwrap();
        }
        let found = sources(&[folder.path().to_owned(), path("b/x.txt").into()]).unwrap();
        let expected = ["a.jpeg", "b/c/y.JPG", "z.png", "b/x.txt"].map(path);
        assert_eq!(names(&found), expected);

        let list = format!("{}\n\n{}\n", path("z.png"), path("b"));
        let found = piped(list.into_bytes()).unwrap();
        assert_eq!(names(&found), ["z.png", "b/c/y.JPG"].map(path));
        assert_eq!(names(&piped(vec![0xff, 0xd8]).unwrap()), ["-"]);
        assert!(piped(vec![b'\n']).is_err());
        assert!(piped(vec![b'a', 0xff]).is_err());

        fs::create_dir(path("empty")).unwrap();
        let error = sources(&[path("empty").into()]).err().unwrap();
        assert!(error.to_string().contains("no picture in this folder"));
    }
}
