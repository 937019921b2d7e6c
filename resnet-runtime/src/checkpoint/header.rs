//! What a safetensors file says about its tensors.

use alloc::collections::BTreeMap;

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use super::diagnose::{DOWNLOAD, Fault, SAVE};
use super::json::Json;

/// The types of elements that files know, and the bits of one element.
const DTYPES: [(&str, usize); 22] = [
    ("F32", 32),
    ("F16", 16),
    ("BF16", 16),
    ("F64", 64),
    ("I64", 64),
    ("BOOL", 8),
    ("U8", 8),
    ("I8", 8),
    ("U16", 16),
    ("I16", 16),
    ("U32", 32),
    ("I32", 32),
    ("U64", 64),
    ("F8_E4M3", 8),
    ("F8_E5M2", 8),
    ("F8_E8M0", 8),
    ("F4", 4),
    ("F6_E2M3", 6),
    ("F6_E3M2", 6),
    ("F8_E4M3FNUZ", 8),
    ("F8_E5M2FNUZ", 8),
    ("C64", 64),
];

/// A tensor of a file.
#[derive(Debug)]
pub(super) struct Tensor {
    /// Type of the elements, as files write it.
    pub(super) dtype: &'static str,
    pub(super) shape: Vec<usize>,
    /// Where its data begins and ends, behind the header.
    pub(super) offsets: [usize; 2],
}

/// The tensors of a file by name.
pub(super) type Tensors = BTreeMap<String, Tensor>;

/// The tensors of a header, in front of so many bytes of data: these belong to
/// the tensors, one after the other, to the last.
pub(super) fn read(header: &[u8], data: usize) -> Result<Tensors, Fault> {
    let tensors = parse(header)?;
    let mut in_order: Vec<_> = tensors.iter().collect();
    in_order.sort_unstable_by_key(|(_, tensor)| tensor.offsets);
    let mut end = 0;
    for (name, tensor) in in_order {
        end = follow(name, tensor, end)?;
    }
    let (what, mend) = if data < end {
        ("truncated", DOWNLOAD)
    } else {
        ("too long", SAVE)
    };
    let found = || format!("{what}: the tensors take {end} bytes, {data} are there");
    (data == end)
        .then_some(tensors)
        .ok_or_else(|| Fault::new(found(), mend))
}

/// The end of a tensor, which must begin at the end of the one before it.
fn follow(name: &str, tensor: &Tensor, end: usize) -> Result<usize, Fault> {
    let [from, to] = tensor.offsets;
    let size = size(tensor);
    if size.is_none() || to.checked_sub(from) != size {
        let expected = size.map_or("more than memory can hold".to_owned(), |n| n.to_string());
        let (dtype, shape) = (tensor.dtype, &tensor.shape);
        let found = format!(
            "tensor `{name}`: data_offsets [{from}, {to}], but {dtype} of shape {shape:?} take {expected} bytes"
        );
        return Err(Fault::new(found, SAVE));
    }
    if from != end {
        let what = if from < end {
            "overlaps the tensor before it"
        } else {
            "leaves a hole"
        };
        let found = format!("tensor `{name}` {what}: starts at byte {from}, expected {end}");
        return Err(Fault::new(found, SAVE));
    }
    Ok(to)
}

fn parse(header: &[u8]) -> Result<Tensors, Fault> {
    let invalid = |what: String| Fault::new(format!("invalid JSON in header: {what}"), SAVE);
    let text = str::from_utf8(header).map_err(|error| invalid(error.to_string()))?;
    let mut json = Json::new(text);
    let mut tensors = Tensors::new();
    let entries = json.object(|json, name| {
        if name == "__metadata__" {
            return json.object(|json, _| json.string().map(drop));
        }
        let tensor = tensor(json)?;
        match tensors.insert(name, tensor) {
            None => Ok(()),
            Some(_) => Err("another name: this one is there already"),
        }
    });
    entries
        .and_then(|()| json.end())
        .map_err(|expected| invalid(format!("at byte {}: expected {expected}", json.position())))?;
    Ok(tensors)
}

fn tensor(json: &mut Json<'_>) -> Result<Tensor, &'static str> {
    let (mut dtype, mut shape, mut offsets) = (None, None, None);
    json.object(|json, key| {
        match key.as_str() {
            "dtype" => {
                let name = json.string()?;
                let known = DTYPES.iter().find(|(known, _)| *known == name);
                dtype = Some(known.ok_or("a type of elements that is known")?.0);
            }
            "shape" => shape = Some(json.numbers()?),
            "data_offsets" => {
                let pair = json.numbers()?;
                offsets = Some(pair.try_into().map_err(|_| "two offsets")?);
            }
            _ => return Err("`dtype`, `shape` or `data_offsets`"),
        }
        Ok(())
    })?;
    Ok(Tensor {
        dtype: dtype.ok_or("a `dtype`")?,
        shape: shape.ok_or("a `shape`")?,
        offsets: offsets.ok_or("`data_offsets`")?,
    })
}

/// Bytes that a tensor takes.
fn size(tensor: &Tensor) -> Option<usize> {
    let mut sizes = tensor.shape.iter();
    let elements = sizes.try_fold(1usize, |product, &n| product.checked_mul(n))?;
    let (_, bits) = DTYPES.iter().find(|(name, _)| *name == tensor.dtype)?;
    Some(elements.checked_mul(*bits)? / 8)
}
