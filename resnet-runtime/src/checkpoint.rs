//! safetensors files with torchvision's names and shapes.

mod decode;
mod diagnose;
mod half;
mod write;

use std::collections::BTreeMap;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use crate::{Element, Error, Mismatch, ModelInfo, ParameterInfo, Role};

pub(crate) use diagnose::head_of;
pub(crate) use write::encode;
pub use write::{Precision, write_atomically};

/// What wrappers for training in parallel put before each name.
const PREFIX: &str = "module.";

/// PyTorch's counter of training batches, one for each batch norm.
const COUNTER: &str = "num_batches_tracked";

/// A file that has every tensor of a model, and none that it doesn't know.
#[derive(Debug)]
pub(crate) struct Checkpoint<'a> {
    tensors: BTreeMap<String, TensorView<'a>>,
}

impl<'a> Checkpoint<'a> {
    /// Reads the header and compares it with the model's table.
    ///
    /// Nothing of the size of what a header promises is allocated.
    /// What belongs to `head` may be there or not, in any shape.
    pub(crate) fn parse(
        info: &ModelInfo,
        bytes: &'a [u8],
        head: Option<&str>,
    ) -> Result<Self, Error> {
        let file = SafeTensors::deserialize(bytes).map_err(|e| diagnose::format(bytes, &e))?;
        let mut tensors = BTreeMap::new();
        let mut twice = Vec::new();
        for (name, tensor) in file.tensors() {
            let name = name.strip_prefix(PREFIX).unwrap_or(&name).to_owned();
            if tensors.insert(name.clone(), tensor).is_some() {
                twice.push(Mismatch::Twice { name });
            }
        }
        let mut mismatches = compare(info, &tensors);
        mismatches.extend(twice);
        if let Some(head) = head {
            mismatches.retain(|mismatch| !mismatch.name().starts_with(head));
        }
        if mismatches.is_empty() {
            return Ok(Self { tensors });
        }
        Err(Error::Tensors {
            path: None,
            model: info.name,
            hint: diagnose::hint(info, &mismatches),
            mismatches,
        })
    }

    /// Puts the values of one of the model's tensors into its region of memory.
    pub(crate) fn read<E: Element>(&self, parameter: &ParameterInfo, region: &mut [E]) {
        let tensor = &self.tensors[parameter.name];
        let known = decode::read(tensor.dtype(), tensor.data(), parameter, region);
        assert!(known, "`parse` checked the element type");
    }

    /// Training batches that the first batch norm has seen; zero if the file
    /// doesn't say.
    pub(crate) fn batches_tracked(&self) -> u64 {
        let counter = self.tensors.iter().find(|(name, tensor)| {
            is_counter(name) && tensor.dtype() == Dtype::I64 && tensor.data().len() == 8
        });
        let bytes = counter.and_then(|(_, tensor)| tensor.data().try_into().ok());
        bytes.map_or(0, u64::from_le_bytes)
    }
}

/// Every difference between a file's tensors and a model's.
fn compare(info: &ModelInfo, tensors: &BTreeMap<String, TensorView<'_>>) -> Vec<Mismatch> {
    let mut mismatches = Vec::new();
    for parameter in info.parameters {
        let name = parameter.name.to_owned();
        let expected = parameter.shape;
        let Some(tensor) = tensors.get(parameter.name) else {
            let expected = expected.to_vec();
            mismatches.push(Mismatch::Missing { name, expected });
            continue;
        };
        if tensor.shape() != expected {
            mismatches.push(Mismatch::Shape {
                name,
                found: tensor.shape().to_vec(),
                expected: expected.to_vec(),
            });
        } else if !decode::is_float(tensor.dtype()) {
            let found = tensor.dtype().to_string();
            mismatches.push(Mismatch::Dtype { name, found });
        }
    }
    for (name, tensor) in tensors {
        if !is_counter(name) && !info.parameters.iter().any(|known| known.name == name) {
            mismatches.push(Mismatch::Extra {
                name: name.clone(),
                found: tensor.shape().to_vec(),
            });
        }
    }
    mismatches
}

fn is_counter(name: &str) -> bool {
    name.strip_suffix(COUNTER)
        .is_some_and(|layer| layer.ends_with('.'))
}

/// The name of the counter beside a running variance.
fn counter_beside(name: &str, role: Role) -> Option<String> {
    let layer = name.strip_suffix("running_var")?;
    (role == Role::RunningVar).then(|| format!("{layer}{COUNTER}"))
}
#[cfg(test)]
mod tests;
