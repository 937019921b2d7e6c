//! Why a file was refused, in words.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use crate::{Error, Mismatch, ModelInfo, ParameterInfo, Role};

/// Bytes of a file that other programs put there, what they mean, and what to
/// do about it.
const MAGIC: [(&[u8], &str, &str); 6] = [
    (
        b"PK\x03\x04",
        "a PyTorch checkpoint (a zip archive), not a safetensors file",
        CONVERT,
    ),
    (
        b"\x80\x02",
        "a Python pickle (an old PyTorch checkpoint), not a safetensors file",
        CONVERT,
    ),
    (
        b"version https://git-lfs",
        "a Git LFS pointer instead of the file itself",
        "fetch the file with `git lfs pull`",
    ),
    (
        b"<",
        "a web page (HTML or XML), not a safetensors file",
        "the download gave an error or login page: check the link and download again",
    ),
    (
        b"\x1f\x8b",
        "a gzip archive, not a safetensors file",
        "unpack it with `gunzip`",
    ),
    (
        b"",
        "not a safetensors file",
        "export the weights as safetensors",
    ),
];

/// Reading pickles is left to the command line.
const CONVERT: &str = "convert it with `convert IN.pth OUT.safetensors` of the network's binary";

pub(super) const DOWNLOAD: &str = "download or save it again";
pub(super) const SAVE: &str = "save it again with a sound safetensors writer";

/// Why a file was refused, and what to do about it.
pub(super) struct Fault {
    found: String,
    mend: &'static str,
}

impl Fault {
    pub(super) fn new(found: String, mend: &'static str) -> Self {
        Self { found, mend }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Format {
            path: None,
            found: fault.found,
            mend: fault.mend.to_owned(),
        }
    }
}

/// Bytes at a file's beginning that tell what it is.
pub(super) const START: usize = 24;

/// The length that a safetensors file says its header has, by the file's
/// beginning.
pub(super) fn header_len(start: &[u8]) -> Result<u64, Fault> {
    if let Some((length, [b'{', ..])) = start.split_first_chunk() {
        return Ok(u64::from_le_bytes(*length));
    }
    if start.is_empty() {
        return Err(Fault::new("an empty file".to_owned(), DOWNLOAD));
    }
    let magic = MAGIC.iter().find(|(magic, ..)| start.starts_with(magic));
    let (_, found, mend) = magic.expect("the last one matches everything");
    Err(Fault::new((*found).to_owned(), mend))
}

/// What a file's mismatches have in common.
pub(super) fn hint(info: &ModelInfo, mismatches: &[Mismatch]) -> Option<String> {
    head(info, mismatches).or_else(|| prefix(info, mismatches))
}

/// What the names of the last linear layer's parameters begin with, dot
/// included.
pub(crate) fn head_of(info: &ModelInfo) -> Option<&'static str> {
    let mut parameters = info.parameters.iter();
    let head = parameters.rfind(|parameter| parameter.role == Role::LinearWeight)?;
    head.name.strip_suffix("weight")
}

/// Only the head differs: weights for another number of classes.
fn head(info: &ModelInfo, mismatches: &[Mismatch]) -> Option<String> {
    let layer = head_of(info)?;
    let weight = |parameter: &&ParameterInfo| parameter.name.strip_suffix("weight") == Some(layer);
    let head = info.parameters.iter().find(weight)?;
    let mut classes = None;
    for mismatch in mismatches {
        match mismatch {
            Mismatch::Shape {
                name,
                found,
                expected,
            } if name.starts_with(layer) && found[1..] == expected[1..] => {
                classes = Some(found[0]);
            }
            _ => return None,
        }
    }
    let classes = classes?;
    Some(format!(
        "only the head differs: the file has {classes} classes, the spec {}; \
         set `head.classes` to {classes}, or draw a new head (`train --new-head`)",
        head.shape[0]
    ))
}

/// Every name has one more prefix.
fn prefix(info: &ModelInfo, mismatches: &[Mismatch]) -> Option<String> {
    let extra = |mismatch: &Mismatch| match mismatch {
        Mismatch::Extra { name, .. } => Some(name.clone()),
        _ => None,
    };
    let extras: Vec<String> = mismatches.iter().filter_map(extra).collect();
    let first = info.parameters.first()?.name;
    let prefix = extras.iter().find_map(|name| name.strip_suffix(first))?;
    let renamed = |name: &str| {
        let bare = name.strip_prefix(prefix);
        bare.is_some_and(|bare| info.parameters.iter().any(|known| known.name == bare))
    };
    (extras.iter().filter(|name| renamed(name)).count() == info.parameters.len())
        .then(|| format!("every name has the prefix `{prefix}`: save the tensors without it"))
}
