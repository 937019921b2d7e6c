//! `new`: a cargo project with a network.

use std::path::Path;

use anyhow::{Context, bail};

use crate::args::NewArgs;
use crate::build::cache;
use crate::{new, output};

pub(crate) fn run(args: &NewArgs) -> anyhow::Result<()> {
    let folder = &args.folder;
    let shown = folder.display();
    let name = match &args.name {
        Some(name) => name.clone(),
        None => last_part(folder)?,
    };
    new::check_name(&name)?;
    if folder.exists() {
        bail!("{shown} is there already: choose another folder");
    }
    cache::write(folder, &new::files(&name))?;
    let text = format!(
        "{shown}: a crate with the network `stripes`\n\
         \n  cd {shown}\
         \n  cargo run --release    trains it, saves it, loads it back and asks it\
         \n  cargo test             checks that it learns\n"
    );
    output::write(None, &text)
}

/// The folder's own name.
fn last_part(folder: &Path) -> anyhow::Result<String> {
    let name = folder.file_name().and_then(|name| name.to_str());
    Ok(name
        .with_context(|| format!("{} names no folder", folder.display()))?
        .to_owned())
}
