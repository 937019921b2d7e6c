//! Programs that the tool `resnet` builds to measure a network compiled in
//! several ways, beside one another.
//!
//! They are called by the tool alone, with the options that it was given.

mod algorithms;
mod errors;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::Parser;
use resnet_runtime::{DynNetwork, Network};

use algorithms::AlgorithmsArgs;
use errors::ErrorsArgs;

/// One network by several algorithms, each with the word that a tuning file has
/// for it: prints the fastest of each shape, as a tuning file.
pub fn measure_algorithms(networks: &[(&'static str, &'static dyn DynNetwork)]) -> ExitCode {
    start(std::env::args_os(), |args: &AlgorithmsArgs| {
        algorithms::run(networks, args, &mut io::stdout().lock())
    })
}

/// One network by several algorithms, by name, and in double precision: prints
/// how much every output differs.
pub fn measure_errors<N: Network<Element = f64>>(
    networks: &[(&'static str, &'static dyn DynNetwork)],
    _exact: N,
) -> ExitCode {
    start(std::env::args_os(), |args: &ErrorsArgs| {
        errors::run::<N>(networks, args, &mut io::stdout().lock())
    })
}

fn start<A: Parser>(
    arguments: impl IntoIterator<Item = OsString>,
    run: impl FnOnce(&A) -> anyhow::Result<()>,
) -> ExitCode {
    let done = A::try_parse_from(arguments)
        .map_err(anyhow::Error::from)
        .and_then(|args| run(&args));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => crate::report(&error),
    }
}
