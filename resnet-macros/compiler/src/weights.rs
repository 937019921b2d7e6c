//! Checks a file of weights against a network while it is compiled, so that
//! embedding it can't fail later. Reads the file's header, never its values.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use resnet_geometry::{PACKED_HASH, PACKED_HEADER, PACKED_MAGIC};
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use crate::emit::Network;
use crate::parameter::Parameter;

/// Bytes of the longest header that is read: more than a hundred thousand
/// tensors take.
const LONGEST_HEADER: u64 = 16 << 20;

/// At most this many tensors that don't fit are told one by one.
const SHOWN: usize = 50;

/// What wrappers for training in parallel put before each name; it is dropped.
const PREFIX: &str = "module.";

/// PyTorch's counter of training batches, which a file may have.
const COUNTER: &str = ".num_batches_tracked";

/// Checks weights of either kind for a network; the error calls the file `shown`.
pub fn check_for(path: &Path, shown: &str, network: &Network) -> Result<(), String> {
    let unreadable = |error: io::Error| format!("`{shown}` can't be read: {error}");
    let file = File::open(path).map_err(unreadable)?;
    let len = file.metadata().map_err(unreadable)?.len();
    let mut begin = Vec::new();
    let read = file.take(PACKED_HEADER as u64).read_to_end(&mut begin);
    read.map_err(unreadable)?;
    match begin.starts_with(&PACKED_MAGIC) {
        true => check_packed(&begin, len, network).map_err(|what| {
            format!(
                "`{shown}` {what}; pack the weights again with `pack` of the network's binary, \
                 or give the safetensors file"
            )
        }),
        false => check(path, shown, network.inference.graph.parameters()),
    }
}

/// Checks what can be known of packed weights before the program runs.
fn check_packed(header: &[u8], len: u64, network: &Network) -> Result<(), String> {
    let hash = header.get(PACKED_HASH).unwrap_or_default();
    if hash != network.hash.as_bytes() {
        return Err(format!(
            "holds packed weights of the spec {}, expected {}",
            String::from_utf8_lossy(hash),
            network.hash
        ));
    }
    let expected = PACKED_HEADER as u64 + 4 * network.sizes().packed as u64;
    match len == expected {
        true => Ok(()),
        false => Err(format!(
            "holds {len} bytes of packed weights, expected {expected}: \
             it is cut off, or they were packed for other algorithms"
        )),
    }
}

/// Checks that a safetensors file has every parameter and running statistic,
/// in the right shape and as floats, and nothing else. The error tells
/// everything that differs; it calls the file `shown`.
pub fn check(path: &Path, shown: &str, parameters: &[Parameter]) -> Result<(), String> {
    let metadata = header(path).map_err(|what| format!("`{shown}` {what}"))?;
    let mut tensors = BTreeMap::new();
    let mut mismatches = Vec::new();
    for (name, tensor) in metadata.tensors() {
        let name = name.strip_prefix(PREFIX).unwrap_or(&name).to_owned();
        if tensors.insert(name.clone(), tensor).is_some() {
            mismatches.push(format!(
                "{name}: there twice, with and without the prefix `{PREFIX}`"
            ));
        }
    }
    mismatches.extend(compare(parameters, &tensors));
    if mismatches.is_empty() {
        return Ok(());
    }
    let count = mismatches.len();
    let (tensors, do_not) = match count {
        1 => ("tensor", "doesn't"),
        _ => ("tensors", "don't"),
    };
    let mut text = format!("{count} {tensors} of `{shown}` {do_not} fit the spec:");
    for mismatch in mismatches.iter().take(SHOWN) {
        text += &format!("\n  {mismatch}");
    }
    if count > SHOWN {
        text += &format!("\n  and {} more", count - SHOWN);
    }
    Err(text)
}

/// Every difference between a file's tensors and the network's.
fn compare(parameters: &[Parameter], tensors: &BTreeMap<String, &TensorInfo>) -> Vec<String> {
    let mut mismatches = Vec::new();
    for Parameter { name, shape, .. } in parameters {
        match tensors.get(name) {
            None => mismatches.push(format!("{name}: missing, expected {shape:?}")),
            Some(tensor) if tensor.shape != *shape => mismatches.push(format!(
                "{name}: found shape {:?}, expected {shape:?}",
                tensor.shape
            )),
            Some(tensor) if !is_float(tensor.dtype) => mismatches.push(format!(
                "{name}: found {} elements, expected F32, F16, BF16 or F64",
                tensor.dtype
            )),
            Some(_) => {}
        }
    }
    let known: BTreeSet<_> = parameters.iter().map(|known| known.name.as_str()).collect();
    for (name, tensor) in tensors {
        if !known.contains(name.as_str()) && !name.ends_with(COUNTER) {
            mismatches.push(format!("{name}: unknown, found {:?}", tensor.shape));
        }
    }
    mismatches
}

/// True for the types that are converted to the network's element.
fn is_float(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16 | Dtype::F64)
}

/// The header of a file whose length is what the header says.
fn header(path: &Path) -> Result<Metadata, String> {
    let read = || -> io::Result<(u64, Option<Vec<u8>>)> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        let mut file = file.take(8 + LONGEST_HEADER);
        let mut size = [0; 8];
        if len < 8 {
            return Ok((len, None));
        }
        file.read_exact(&mut size)?;
        let size = u64::from_le_bytes(size);
        if size > LONGEST_HEADER || size > len - 8 {
            return Ok((len, None));
        }
        let mut header = Vec::new();
        file.take(size).read_to_end(&mut header)?;
        Ok((len, Some(header)))
    };
    let (len, header) = read().map_err(|error| format!("can't be read: {error}"))?;
    let header = header.filter(|header| header.first() == Some(&b'{'));
    let header = header.ok_or(
        "is no safetensors file, or a truncated one: its first 8 bytes are not the length of a header",
    )?;
    let metadata: Metadata = serde_json::from_slice(&header)
        .map_err(|error| format!("is no sound safetensors file: {error}"))?;
    let expected = 8 + header.len() as u64 + metadata.data_len() as u64;
    match len == expected {
        true => Ok(metadata),
        false => Err(format!(
            "is truncated or too long: its header promises {expected} bytes, {len} are there"
        )),
    }
}
