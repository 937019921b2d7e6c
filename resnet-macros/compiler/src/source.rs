//! The text of a spec, and where it came from.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::diagnostics::{Code, Diagnostic, Diagnostics, Place};

/// The largest spec that is read, in bytes: far above any real one.
pub const MAX_BYTES: usize = 1 << 20;

/// A spec's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as it is shown to people.
    pub path: String,
    /// The text, without byte order mark, lines ended by `\n`.
    pub text: String,
}

impl Source {
    /// A text that was not read from a file, under the path it is to be shown with.
    pub fn new(path: impl Into<String>, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self {
            path: path.into(),
            text: text.replace("\r\n", "\n").replace('\r', "\n"),
        }
    }

    /// Reads the file at `path`; people see it as `shown`.
    pub fn read(path: &Path, shown: &str) -> Result<Self, Diagnostics> {
        let bytes = read_bytes(path, shown)?;
        Ok(Self::new(shown, decode(&bytes)?))
    }
}

fn read_bytes(path: &Path, shown: &str) -> Result<Vec<u8>, Diagnostic> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let tried = absolute.display();
    let unreadable = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => {
            let message = format!("there is no file at {tried}");
            let missing = Diagnostic::new(Code::FileMissing, None, message);
            // On a command line, paths are what they seem to be.
            match path == Path::new(shown) {
                true => missing,
                false => missing.help("paths start at the folder of the crate's Cargo.toml"),
            }
        }
        _ => Diagnostic::new(
            Code::FileUnreadable,
            None,
            format!("cannot read {tried}: {error}"),
        ),
    };

    let mut file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        let message = format!("{tried} is a directory, expected a YAML file");
        return Err(Diagnostic::new(Code::FileIsDirectory, None, message));
    }
    // One byte over the limit proves the file too large, without reading all of it.
    let mut bytes = Vec::new();
    file.by_ref()
        .take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() > MAX_BYTES {
        let message = format!("{tried} is larger than {MAX_BYTES} bytes (1 MiB)");
        return Err(Diagnostic::new(Code::FileTooLarge, None, message)
            .help("a spec takes a few hundred bytes: is this another kind of file?"));
    }
    Ok(bytes)
}

fn decode(bytes: &[u8]) -> Result<&str, Diagnostic> {
    let order = match bytes {
        [0xff, 0xfe, ..] => Some("little"),
        [0xfe, 0xff, ..] => Some("big"),
        _ => None,
    };
    if let Some(order) = order {
        let message = format!("the file is UTF-16 ({order}-endian), expected UTF-8");
        return Err(
            Diagnostic::new(Code::Utf16, Place::new(1, 1, 1), message).help("save it as UTF-8")
        );
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        let valid = String::from_utf8_lossy(&bytes[..offset]);
        let line = valid.matches('\n').count() + 1;
        let column = valid.chars().rev().take_while(|&c| c != '\n').count() + 1;
        let message = format!(
            "the file is not UTF-8: byte 0x{:02x} at offset {offset}, on line {line}",
            bytes[offset]
        );
        Diagnostic::new(Code::NotUtf8, Place::new(line, column, 1), message)
            .help("save it as UTF-8")
    })
}
