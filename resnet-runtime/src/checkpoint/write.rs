//! Writing safetensors: the same parameters always give the same bytes.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use safetensors::tensor::Dtype;
use serde_json::{Map, json};

use super::counter_beside;
use super::half::{to_bf16, to_f16};
use crate::{Element, Error, Parameters};

/// What floating-point numbers of a file are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Precision {
    /// IEEE 754 half precision.
    F16,
    /// The upper half of single precision.
    Bf16,
    /// Single precision.
    F32,
    /// Double precision.
    F64,
}

/// A safetensors file. (The crate's own writer puts metadata in random order.)
///
/// Counters come first, so that everything lies aligned, then the tensors in
/// the model's order.
pub(crate) fn encode<E: Element>(parameters: &Parameters<E>, precision: Precision) -> Vec<u8> {
    let info = parameters.info;
    let mut header = Map::new();
    let mut data = Vec::new();
    let metadata = json!({"format": "pt", "model": info.name, "spec_hash": info.spec_hash});
    header.insert("__metadata__".to_owned(), metadata);
    let mut add = |name: String, dtype: Dtype, shape: &[usize], bytes: &[u8]| {
        let start = data.len();
        data.extend_from_slice(bytes);
        let offsets = [start, data.len()];
        let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": offsets});
        header.insert(name, entry);
    };
    let batches = parameters.batches_tracked.to_le_bytes();
    for parameter in info.parameters {
        if let Some(name) = counter_beside(parameter.name, parameter.role) {
            add(name, Dtype::I64, &[], &batches);
        }
    }
    for parameter in info.parameters {
        let values = parameters.get(parameter.name).expect("a name of the table");
        let (dtype, bytes) = to_bytes(&values, precision);
        add(parameter.name.to_owned(), dtype, parameter.shape, &bytes);
    }
    let mut header = serde_json::to_vec(&header).expect("strings and numbers alone");
    header.resize(header.len().next_multiple_of(8), b' ');
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], &header, &data].concat()
}

/// Elements as they are in files, rounded to the nearest.
fn to_bytes<E: Element>(values: &[E], precision: Precision) -> (Dtype, Vec<u8>) {
    let values = values.iter().map(|value| value.to_f64());
    match precision {
        Precision::F16 => (
            Dtype::F16,
            values.flat_map(|x| to_f16(x).to_le_bytes()).collect(),
        ),
        Precision::Bf16 => (
            Dtype::BF16,
            values.flat_map(|x| to_bf16(x).to_le_bytes()).collect(),
        ),
        Precision::F32 => (
            Dtype::F32,
            values.flat_map(|x| (x as f32).to_le_bytes()).collect(),
        ),
        Precision::F64 => (Dtype::F64, values.flat_map(f64::to_le_bytes).collect()),
    }
}

/// Writes a file that appears whole or not at all: to a temporary file in the
/// same folder, which takes the place of `path` once it is on the disk.
///
/// # Errors
///
/// [`Error::File`]; an older file of that name stays as it was, and the
/// temporary file is removed.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let temporary = temporary_beside(path);
    let written = write_and_rename(&temporary, path, bytes);
    written.map_err(|source| {
        // If that fails too, the first failure is the one to tell.
        let _ = fs::remove_file(&temporary);
        let path = path.to_owned();
        Error::File { path, source }
    })
}

fn write_and_rename(temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(temporary, path)?;
    // The new name is in the folder; not every system can sync one.
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

/// `.NAME.PROCESS.NUMBER.tmp` in the same folder: no other writer's.
fn temporary_beside(path: &Path) -> PathBuf {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.{number}.tmp", process::id()));
    path.with_file_name(name)
}
