//! `preprocess`: pictures to the tensors that `run` reads.

use std::io::Write;

use anyhow::{Result, ensure};
use resnet_runtime::DynNetwork;

use crate::args::PreprocessArgs;
use crate::images::{Transform, in_batches, sources};
use crate::tensors::Output;

pub(crate) fn run(
    network: &dyn DynNetwork,
    args: &PreprocessArgs,
    out: &mut dyn Write,
) -> Result<()> {
    let transform = Transform::of(network.info())?;
    let sources = sources(&args.pictures.pictures)?;
    let (mut x, mut count) = (Vec::new(), 0);
    let sizes = [args.pictures.batch_size, args.pictures.threads.count()];
    let read = in_batches(&sources, &transform, sizes, |seen, values| {
        x.extend_from_slice(values);
        count += seen.len();
        for picture in seen {
            writeln!(out, "{}", picture.name)?;
        }
        Ok(())
    });
    ensure!(count > 0 || read.is_err(), "no pictures");
    if count > 0 {
        let shape: Vec<usize> = [count].into_iter().chain(transform.image).collect();
        let mut output = Output::default();
        output.push("x", &shape, &x);
        output.write(&args.output)?;
    }
    read
}
