//! Writing safetensors: the same parameters always give the same bytes.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use super::counter_beside;
use super::half::{to_bf16, to_f16};
use super::json::write_string;
use crate::{Element, Parameters};

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

/// A safetensors file.
///
/// Counters come first, so that everything lies aligned, then the tensors in
/// the model's order.
pub(crate) fn encode<E: Element>(parameters: &Parameters<E>, precision: Precision) -> Vec<u8> {
    let info = parameters.info;
    let mut header = r#"{"__metadata__":{"format":"pt","model":"#.to_owned();
    write_string(&mut header, info.name);
    header.push_str(r#","spec_hash":"#);
    write_string(&mut header, info.spec_hash);
    header.push('}');
    let mut data = Vec::new();
    let mut add = |name: &str, dtype: &str, shape: &[usize], bytes: &[u8]| {
        let start = data.len();
        data.extend_from_slice(bytes);
        let end = data.len();
        let shape: Vec<_> = shape.iter().map(usize::to_string).collect();
        let shape = shape.join(",");
        header.push(',');
        write_string(&mut header, name);
        header.push_str(&format!(
            r#":{{"dtype":"{dtype}","shape":[{shape}],"data_offsets":[{start},{end}]}}"#
        ));
    };
    let batches = parameters.batches_tracked.to_le_bytes();
    for parameter in info.parameters {
        if let Some(name) = counter_beside(parameter.name, parameter.role) {
            add(&name, "I64", &[], &batches);
        }
    }
    for parameter in info.parameters {
        let values = parameters.get(parameter.name).expect("a name of the table");
        let (dtype, bytes) = to_bytes(&values, precision);
        add(parameter.name, dtype, parameter.shape, &bytes);
    }
    header.push('}');
    let mut header = header.into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], &header, &data].concat()
}

/// Elements as they are in files, rounded to the nearest.
fn to_bytes<E: Element>(values: &[E], precision: Precision) -> (&'static str, Vec<u8>) {
    let values = values.iter().map(|value| value.to_f64());
    match precision {
        Precision::F16 => (
            "F16",
            values.flat_map(|x| to_f16(x).to_le_bytes()).collect(),
        ),
        Precision::Bf16 => (
            "BF16",
            values.flat_map(|x| to_bf16(x).to_le_bytes()).collect(),
        ),
        Precision::F32 => (
            "F32",
            values.flat_map(|x| (x as f32).to_le_bytes()).collect(),
        ),
        Precision::F64 => ("F64", values.flat_map(f64::to_le_bytes).collect()),
    }
}
