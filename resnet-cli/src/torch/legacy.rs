//! Checkpoints of PyTorch before 1.6: pickles and bytes, one after the other.
//!
//! A magic number, a version, facts about the machine, the object, the keys of
//! its storages; then of each storage the number of elements and the elements.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

use super::pickle::{Pickle, Value};
use super::tensor::{Bytes, Kind};

/// `0x1950a86a20f9469cfc6c`, little-endian.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

const NOT_OURS: &str = "a Python pickle, but no PyTorch checkpoint";

/// The object's pickle, and where its storages' bytes are.
pub(super) fn read(bytes: &[u8]) -> Result<(Pickle, Bytes<'_>)> {
    let (magic, rest) = Pickle::read(bytes).context(NOT_OURS)?;
    ensure!(
        matches!(magic.root(), Value::Long(number) if *number == MAGIC),
        NOT_OURS
    );
    let (_version, rest) = Pickle::read(rest)?;
    let (_machine, rest) = Pickle::read(rest)?;
    let (object, rest) = Pickle::read(rest)?;
    let (keys, mut rest) = Pickle::read(rest)?;
    let kinds = kinds(&object);
    let mut storages = Bytes::new();
    for key in keys.texts()? {
        let truncated = || format!("truncated in storage {key}; download or save it again");
        let Some(&kind) = kinds.get(key) else {
            bail!("storage {key} is of no tensor");
        };
        let (len, after) = rest.split_first_chunk().with_context(truncated)?;
        let len = usize::try_from(u64::from_le_bytes(*len)).ok();
        let len = len.and_then(|len| len.checked_mul(kind.size()));
        let data = len.and_then(|len| after.split_at_checked(len));
        let (data, after) = data.with_context(truncated)?;
        storages.insert(key.to_owned(), data);
        rest = after;
    }
    Ok((object, storages))
}

/// What each storage is made of.
fn kinds(object: &Pickle) -> BTreeMap<&str, Kind> {
    let storages = object.values.iter().filter_map(|value| match value {
        Value::Storage(storage) => Some((storage.key.as_str(), storage.kind)),
        _ => None,
    });
    storages.collect()
}
