//! Values of weights, out of safetensors files.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use resnet_compiler::parameter::Parameter;
use resnet_compiler::weights::check;
use safetensors::{Dtype, SafeTensors};

/// Values of parameters, by their names.
pub(crate) type Weights = BTreeMap<String, Vec<f32>>;

/// Reads the file of a network's weights; it must have every parameter.
pub(crate) fn read(path: &Path, parameters: &[Parameter]) -> Result<Weights> {
    let shown = path.display().to_string();
    check(path, &shown, parameters).map_err(|found| anyhow!(found))?;
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    let file = SafeTensors::deserialize(&bytes).with_context(|| shown.clone())?;
    let mut weights = Weights::new();
    for (name, tensor) in file.iter() {
        let name = name.strip_prefix("module.").unwrap_or(name);
        let data = tensor.data();
        let values = match tensor.dtype() {
            Dtype::F32 => numbers(data, f32::from_le_bytes),
            Dtype::F64 => numbers(data, |bytes| f64::from_le_bytes(bytes) as f32),
            Dtype::F16 | Dtype::BF16 => bail!(
                "{shown}: `{name}` has {:?} elements, expected F32 or F64; \
                 write them with `convert --dtype f32` of the network's binary",
                tensor.dtype()
            ),
            // Counters of batches.
            _ => continue,
        };
        weights.insert(name.to_owned(), values);
    }
    Ok(weights)
}

fn numbers<const N: usize>(data: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (chunks, _) = data.as_chunks::<N>();
    chunks.iter().map(|bytes| number(*bytes)).collect()
}
