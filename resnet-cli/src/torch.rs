//! PyTorch's checkpoints, read without running anything in them.
//!
//! A `.pth` or `.pt` file is a zip archive of a pickle and of the tensors'
//! bytes (older ones are several pickles and the bytes, one after the other).
//! A pickle is a program; [`pickle`] runs the few of its instructions that make
//! dicts, lists, numbers, texts and tensors, and refuses everything that it
//! would have to call.

mod legacy;
mod pickle;
mod program;
mod state_dict;
mod tensor;
#[cfg(test)]
mod tests;
mod zip;

use anyhow::{Context, Result, ensure};
use safetensors::tensor::TensorView;

use pickle::Pickle;
use tensor::Bytes;

/// First bytes of either kind of file.
const ZIP: &[u8] = b"PK\x03\x04";
const PICKLE: &[u8] = b"\x80\x02";

/// True if these are the first bytes of a PyTorch checkpoint.
pub(crate) fn is_checkpoint(bytes: &[u8]) -> bool {
    bytes.starts_with(ZIP) || bytes.starts_with(PICKLE)
}

/// The tensors of a checkpoint as a safetensors file, by their names: those of
/// the dict itself, or of the one in it that holds a model's state.
pub(crate) fn to_safetensors(bytes: &[u8]) -> Result<Vec<u8>> {
    let (pickle, storages) = match bytes.starts_with(ZIP) {
        true => zipped(bytes)?,
        false => legacy::read(bytes)?,
    };
    let tensors = state_dict::find(&pickle)?;
    let mut values = Vec::with_capacity(tensors.len());
    for (name, tensor) in &tensors {
        let bytes = tensor.bytes(&storages);
        values.push(bytes.with_context(|| format!("tensor `{name}`"))?);
    }
    let views = tensors.iter().zip(&values).map(|((name, tensor), bytes)| {
        let view = TensorView::new(tensor.kind.dtype(), tensor.shape.clone(), bytes);
        Ok((*name, view.with_context(|| format!("tensor `{name}`"))?))
    });
    let views = views.collect::<Result<Vec<_>>>()?;
    Ok(safetensors::serialize(views, None)?)
}

/// The pickle of a zip archive, and where its storages' bytes are.
fn zipped(bytes: &[u8]) -> Result<(Pickle, Bytes<'_>)> {
    let archive = zip::Archive::open(bytes)?;
    let pickle = archive.find("data.pkl").context(
        "a zip archive, but no PyTorch checkpoint: it has no `data.pkl`; \
         TorchScript and other archives are not read",
    )?;
    if let Some(order) = archive.find("byteorder") {
        ensure!(order == b"little", "big-endian tensors are not read");
    }
    let mut storages = Bytes::new();
    for (name, data) in archive.files() {
        if let Some((_, key)) = name.rsplit_once("/data/") {
            storages.insert(key.to_owned(), data);
        }
    }
    Ok((Pickle::read(pickle)?.0, storages))
}
