//! safetensors files with torchvision's names and shapes.

#[cfg(feature = "std")]
mod atomic;
mod bytes;
mod decode;
mod diagnose;
mod half;
mod header;
mod json;
mod unpacked;
mod write;

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use crate::{Element, Error, Mismatch, ModelInfo, ParameterInfo, Role};

#[cfg(feature = "std")]
pub use atomic::write_atomically;
pub(crate) use bytes::Bytes;
#[cfg(feature = "std")]
pub(crate) use bytes::open;
pub(crate) use diagnose::head_of;
use diagnose::{DOWNLOAD, Fault};
use header::Tensors;
pub(crate) use unpacked::{InFile, Unpacked};
pub use write::Precision;
pub(crate) use write::encode;

/// What wrappers for training in parallel put before each name.
const PREFIX: &str = "module.";

/// PyTorch's counter of training batches, one for each batch norm.
const COUNTER: &str = "num_batches_tracked";

/// A file that has every tensor of a model, and none that it doesn't know.
pub(crate) struct Checkpoint<'a> {
    file: &'a dyn Bytes,
    tensors: Tensors,
    /// Where the tensors' data begins.
    data: usize,
}

impl<'a> Checkpoint<'a> {
    /// Reads the header and compares it with the model's table.
    ///
    /// Nothing of the size of what a header promises is allocated.
    /// What belongs to `head` may be there or not, in any shape.
    pub(crate) fn parse(
        info: &ModelInfo,
        file: &'a dyn Bytes,
        head: Option<&str>,
    ) -> Result<Self, Error> {
        let (all, data) = header(file)?;
        let mut tensors = Tensors::new();
        let mut twice = Vec::new();
        for (name, tensor) in all {
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
            return Ok(Self {
                file,
                tensors,
                data,
            });
        }
        Err(Error::Tensors {
            path: None,
            model: info.name,
            hint: diagnose::hint(info, &mismatches),
            mismatches,
        })
    }

    /// Puts the values of one of the model's tensors where memory for them
    /// begins.
    pub(crate) fn read<E: Element>(
        &self,
        parameter: &ParameterInfo,
        memory: &mut [E],
    ) -> Result<(), Error> {
        let tensor = &self.tensors[parameter.name];
        let at = self.data + tensor.offsets[0];
        decode::read(tensor.dtype, self.file, at, parameter, memory)
    }

    /// Training batches that the first batch norm has seen; zero if the file
    /// doesn't say.
    pub(crate) fn batches_tracked(&self) -> Result<u64, Error> {
        let mut bytes = [0; 8];
        let counter = self.tensors.iter().find(|(name, tensor)| {
            let [from, to] = tensor.offsets;
            is_counter(name) && tensor.dtype == "I64" && to - from == bytes.len()
        });
        if let Some((_, tensor)) = counter {
            self.file.read(self.data + tensor.offsets[0], &mut bytes)?;
        }
        Ok(u64::from_le_bytes(bytes))
    }
}

/// A file's tensors, and where their data begins.
fn header(file: &dyn Bytes) -> Result<(Tensors, usize), Error> {
    let mut start = [0; diagnose::START];
    let start = &mut start[..file.len().min(diagnose::START)];
    file.read(0, start)?;
    let length = diagnose::header_len(start)?;
    let rest = file.len() - size_of_val(&length);
    let Some(len) = usize::try_from(length).ok().filter(|&len| len <= rest) else {
        let found = format!("truncated: the header should have {length} bytes, {rest} are there");
        return Err(Fault::new(found, DOWNLOAD).into());
    };
    let mut header = vec![0; len];
    file.read(size_of_val(&length), &mut header)?;
    let tensors = header::read(&header, rest - len)?;
    Ok((tensors, file.len() - (rest - len)))
}

/// Every difference between a file's tensors and a model's.
fn compare(info: &ModelInfo, tensors: &Tensors) -> Vec<Mismatch> {
    let mut mismatches = Vec::new();
    for parameter in info.parameters {
        let name = parameter.name.to_owned();
        let expected = parameter.shape;
        let Some(tensor) = tensors.get(parameter.name) else {
            let expected = expected.to_vec();
            mismatches.push(Mismatch::Missing { name, expected });
            continue;
        };
        if tensor.shape != expected {
            mismatches.push(Mismatch::Shape {
                name,
                found: tensor.shape.clone(),
                expected: expected.to_vec(),
            });
        } else if !decode::is_float(tensor.dtype) {
            let found = tensor.dtype.to_owned();
            mismatches.push(Mismatch::Dtype { name, found });
        }
    }
    for (name, tensor) in tensors {
        if !is_counter(name) && !info.parameters.iter().any(|known| known.name == name) {
            mismatches.push(Mismatch::Extra {
                name: name.clone(),
                found: tensor.shape.clone(),
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
