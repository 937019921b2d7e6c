//! Where results go.

use std::io::Write;
use std::path::Path;

use anyhow::Context;

/// Writes a result to a file, or to standard output.
pub(crate) fn write(output: Option<&Path>, text: &str) -> anyhow::Result<()> {
    match output {
        Some(path) => {
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
        }
        None => Ok(std::io::stdout().lock().write_all(text.as_bytes())?),
    }
}

/// Writes a file that is no text.
pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// The ending of a file's name, by which formats are chosen.
pub(crate) fn ending(output: Option<&Path>) -> &str {
    let ending = output.and_then(Path::extension);
    ending
        .and_then(|ending| ending.to_str())
        .unwrap_or_default()
}
