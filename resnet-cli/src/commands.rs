//! What each command does, one file each.

pub(crate) mod bench;
pub(crate) mod convert;
pub(crate) mod embed;
pub(crate) mod eval;
pub(crate) mod info;
pub(crate) mod pack;
pub(crate) mod predict;
pub(crate) mod preprocess;
pub(crate) mod run;
pub(crate) mod shell;
pub(crate) mod train;
mod viewing;

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use resnet_runtime::{Element, ModelInfo, PACKED_MAGIC, Parameters};
use serde::Serialize;

use crate::args::Weights;
use crate::torch;

/// Prints a report as one line of JSON.
pub(crate) fn print_json(out: &mut dyn Write, report: &impl Serialize) -> Result<()> {
    writeln!(out, "{}", serde_json::to_string(report)?)?;
    Ok(())
}

/// Loads the parameters that a command is given, and warns of values that no
/// sound training yields, or refuses them.
fn load(info: &'static ModelInfo, weights: &Weights) -> Result<Parameters<f32>> {
    let parameters = read(info, &weights.path)?;
    check(&parameters, &weights.path, weights.strict)?;
    Ok(parameters)
}

/// Tells of values that no sound training yields.
pub(crate) fn check<E: Element>(
    parameters: &Parameters<E>,
    path: &Path,
    strict: bool,
) -> Result<()> {
    let complaints = parameters.suspicious();
    let shown = path.display();
    if strict && !complaints.is_empty() {
        bail!(
            "{shown}: refused, as --strict asks:\n  {}",
            complaints.join("\n  ")
        );
    }
    for complaint in complaints {
        eprintln!("warning: {shown}: {complaint}");
    }
    Ok(())
}

/// Reads parameters from a safetensors file or a PyTorch checkpoint.
pub(crate) fn read<E: Element>(info: &'static ModelInfo, path: &Path) -> Result<Parameters<E>> {
    read_by(path, |bytes| Parameters::from_bytes(info, bytes))
}

/// The same for training, which can do with weights of other classes.
pub(crate) fn read_to_train(info: &'static ModelInfo, path: &Path) -> Result<Parameters<f32>> {
    read(info, path).map_err(|error| match read_with_new_head(info, path, 0) {
        Ok(_) => error.context(
            "only the head differs: --new-head draws it anew and takes the rest of the weights",
        ),
        Err(_) => error,
    })
}

/// The same with a head drawn anew.
pub(crate) fn read_with_new_head(
    info: &'static ModelInfo,
    path: &Path,
    seed: u64,
) -> Result<Parameters<f32>> {
    read_by(path, |bytes| {
        Parameters::from_bytes_with_new_head(info, bytes, seed)
    })
}

fn read_by<E: Element>(
    path: &Path,
    parse: impl FnOnce(&[u8]) -> Result<Parameters<E>, resnet_runtime::Error>,
) -> Result<Parameters<E>> {
    let shown = path.display();
    let mut bytes = fs::read(path).with_context(|| format!("{shown}: cannot read"))?;
    ensure!(
        !bytes.starts_with(&PACKED_MAGIC),
        "{shown}: packed weights, which `predict` and `embed` alone take \
         (without --explain); give the file that they were packed from"
    );
    if torch::is_checkpoint(&bytes) {
        bytes = torch::to_safetensors(&bytes).with_context(|| shown.to_string())?;
    }
    parse(&bytes).with_context(|| shown.to_string())
}
