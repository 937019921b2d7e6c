//! Why a file was refused, in words.

use safetensors::SafeTensorError;
use safetensors::tensor::TensorInfo;
use serde_json::Value;

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

const DOWNLOAD: &str = "download or save it again";
const SAVE: &str = "save it again with a sound safetensors writer";

/// The error of bytes that the safetensors crate refused.
pub(super) fn format(bytes: &[u8], error: &SafeTensorError) -> Error {
    let (found, mend) = if bytes.is_empty() {
        ("an empty file".to_owned(), DOWNLOAD)
    } else if let Some((8, b'{')) = bytes.iter().copied().enumerate().nth(8) {
        header(bytes).unwrap_or_else(|| (error.to_string(), SAVE))
    } else {
        let magic = MAGIC.iter().find(|(start, ..)| bytes.starts_with(start));
        let (_, found, mend) = magic.expect("the last one matches everything");
        ((*found).to_owned(), *mend)
    };
    let path = None;
    let mend = mend.to_owned();
    Error::Format { path, found, mend }
}

/// What is wrong with a file that looks like safetensors.
fn header(bytes: &[u8]) -> Option<(String, &'static str)> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let length = u64::from_le_bytes(*length);
    let header = usize::try_from(length)
        .ok()
        .and_then(|n| rest.split_at_checked(n));
    let Some((header, data)) = header else {
        let found = format!(
            "truncated: the header should have {length} bytes, {} are there",
            rest.len()
        );
        return Some((found, DOWNLOAD));
    };
    let mut tensors = tensors(header)?;
    tensors.sort_by_key(|(_, tensor)| tensor.data_offsets);
    let mut end = 0;
    for (name, tensor) in &tensors {
        let (from, to) = tensor.data_offsets;
        let size = size(tensor);
        if size.is_none() || to.checked_sub(from) != size {
            let expected = size.map_or("more than memory can hold".to_owned(), |n| n.to_string());
            let found = format!(
                "tensor `{name}`: data_offsets [{from}, {to}], but {} of shape {:?} take {expected} bytes",
                tensor.dtype, tensor.shape
            );
            return Some((found, SAVE));
        }
        if from != end {
            let what = if from < end {
                "overlaps the tensor before it"
            } else {
                "leaves a hole"
            };
            let found = format!("tensor `{name}` {what}: starts at byte {from}, expected {end}");
            return Some((found, SAVE));
        }
        end = to;
    }
    let (what, mend) = if data.len() < end {
        ("truncated", DOWNLOAD)
    } else {
        ("too long", SAVE)
    };
    let found = format!(
        "{what}: the tensors take {end} bytes, {} are there",
        data.len()
    );
    (data.len() != end).then_some((found, mend))
}

/// The tensors of a header, if it is JSON of the right form.
fn tensors(header: &[u8]) -> Option<Vec<(String, TensorInfo)>> {
    let Ok(Value::Object(entries)) = serde_json::from_slice(header) else {
        return None;
    };
    let tensors = entries
        .into_iter()
        .filter(|(name, _)| name != "__metadata__");
    tensors
        .map(|(name, value)| Some((name, serde_json::from_value(value).ok()?)))
        .collect()
}

/// Bytes that a tensor takes.
fn size(tensor: &TensorInfo) -> Option<usize> {
    let mut sizes = tensor.shape.iter();
    let elements = sizes.try_fold(1usize, |product, &n| product.checked_mul(n))?;
    Some(elements.checked_mul(tensor.dtype.bitsize())? / 8)
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
