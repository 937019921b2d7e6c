//! `pack`: weights as this processor's kernels read them.

use std::io::Write;

use anyhow::Result;
use resnet_runtime::{DynNetwork, write_atomically};

use super::load;
use crate::args::PackArgs;

pub(crate) fn run(network: &dyn DynNetwork, args: &PackArgs, out: &mut dyn Write) -> Result<()> {
    let parameters = load(network.info(), &args.weights)?;
    write_atomically(&args.output, &network.packed(&parameters)?)?;
    writeln!(out, "{}", args.output.display())?;
    Ok(())
}
