//! What each command does, one file each.

pub(crate) mod bench;
pub(crate) mod embed;
pub(crate) mod eval;
pub(crate) mod info;
pub(crate) mod predict;
pub(crate) mod preprocess;
pub(crate) mod run;
pub(crate) mod train;

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use resnet_runtime::{ModelInfo, Parameters};
use serde::Serialize;

/// Prints a report as one line of JSON.
fn print_json(out: &mut dyn Write, report: &impl Serialize) -> Result<()> {
    writeln!(out, "{}", serde_json::to_string(report)?)?;
    Ok(())
}

/// Loads parameters, and warns of values that no sound training yields.
pub(crate) fn load(info: &'static ModelInfo, path: &Path) -> Result<Parameters<f32>> {
    let parameters = Parameters::load(info, path)?;
    for complaint in parameters.suspicious() {
        eprintln!("warning: {}: {complaint}", path.display());
    }
    Ok(parameters)
}
