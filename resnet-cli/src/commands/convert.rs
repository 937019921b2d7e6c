//! `convert`: checkpoints to safetensors, checked against the network.

use std::io::Write;

use anyhow::Result;
use resnet_runtime::{DynNetwork, write_atomically};

use super::{check, read};
use crate::args::ConvertArgs;

pub(crate) fn run(network: &dyn DynNetwork, args: &ConvertArgs, out: &mut dyn Write) -> Result<()> {
    // In double precision, so that nothing is rounded twice.
    let parameters = read::<f64>(network.info(), &args.input)?;
    check(&parameters, &args.input, args.strict)?;
    let bytes = parameters.to_bytes_as(args.dtype.precision());
    write_atomically(&args.output, &bytes)?;
    writeln!(out, "{}", args.output.display())?;
    Ok(())
}
