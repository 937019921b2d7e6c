//! The command line of a compiled network: what every per-model binary does.
//!
//! A binary is a few lines, because everything here takes the network as a
//! trait object and so is compiled once:
//!
//! ```ignore
//! resnet_runtime::resnet!("specs/resnet18.yaml");
//!
//! fn main() -> std::process::ExitCode {
//!     resnet_cli::main(&resnet18::Network)
//! }
//! ```
//!
//! or, with a choice of algorithms, a single one: [`binary!`].
//!
//! Results go to standard output, logs and progress to standard error. The
//! exit code is 0 for success, 1 for failures (with one `error: ...` message)
//! and 2 for mistakes in the arguments.
//!
//! Reading order: `args` (what can be asked), `commands` (one file each),
//! `training` (the loop), then what they stand on: `dataset`, `augment` and
//! `loader` (data in), `run_folder` and the pictures in it (results out).

mod args;
mod augment;
mod batches;
mod binary;
mod checkpoint;
mod commands;
mod confusion;
mod csv;
mod curve;
mod dataset;
mod demo;
mod divergence;
mod evaluation;
mod events;
#[cfg(test)]
mod fake;
mod flags;
mod idx;
mod images;
mod interrupt;
mod loader;
mod mixing;
mod norms;
mod objective;
mod patience;
mod picture;
mod progress;
mod random;
mod recipe;
mod run_folder;
mod schedule;
mod study;
mod teacher;
mod tensors;
#[cfg(test)]
mod tests;
mod timeline;
mod torch;
mod training;
mod tuning;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use resnet_figures::{axis, format, table};
use resnet_runtime::DynNetwork;

pub use binary::Binary;
pub use demo::Demo;
pub use study::{measure_algorithms, measure_errors};

use args::Command;

/// Runs the command that the program's arguments ask for.
pub fn main(network: &'static dyn DynNetwork) -> ExitCode {
    Binary::new(network).main()
}

fn start(binary: &Binary, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut out = io::stdout().lock();
    match run(binary, arguments, &mut out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

/// Everything but the process: parses `arguments` (the program's name first)
/// and writes results to `out`.
fn run(
    binary: &Binary,
    arguments: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let Some(command) = args::parse(binary, arguments)? else {
        return match &binary.demo {
            Some(demo) => demo.run(binary.network, out),
            None => Ok(()),
        };
    };
    let network = &binary.by(command.algorithm());
    match command {
        Command::Info(args) => commands::info::run(network, &args, out),
        Command::Bench(args) => commands::bench::run(network, &args, out),
        Command::Predict(args) => commands::predict::run(network, &args, out),
        Command::Embed(args) => commands::embed::run(network, &args, out),
        Command::Preprocess(args) => commands::preprocess::run(network, &args, out),
        Command::Convert(args) => commands::convert::run(network, &args, out),
        Command::Pack(args) => commands::pack::run(network, &args, out),
        Command::Completions(args) => {
            commands::shell::completions(args::command(binary), &args, out)
        }
        Command::Man(args) => {
            commands::shell::man(args::command(binary), args.command.as_deref(), out)
        }
        Command::Run(args) => commands::run::run(network, &args, out),
        Command::Train(args) => commands::train::run(network, binary.teacher, &args, out),
        Command::Eval(args) => commands::eval::run(network, &args, out),
    }
}

/// Tells the user what went wrong and chooses the exit code.
fn report(error: &anyhow::Error) -> ExitCode {
    if let Some(usage) = error.downcast_ref::<clap::Error>() {
        // Help and version come as errors too: with code 0, to standard output.
        let printed = usage.print();
        return match (printed, u8::try_from(usage.exit_code())) {
            (Ok(()), Ok(code)) => ExitCode::from(code),
            _ => ExitCode::FAILURE,
        };
    }
    let reader_left = error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
    if reader_left {
        // `digits info | head` is no failure.
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {}", message(error));
    ExitCode::FAILURE
}

/// The error and its causes in one text; some errors tell their cause
/// themselves.
fn message(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.ends_with(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}
