//! The tool `resnet`: what is wrong with a spec, what the compiler makes of a
//! right one, and a binary of it, for people without a Rust project.
//!
//! Results go to standard output or the file of `-o`, messages to standard
//! error. The exit code is 0 for success, 1 for failures and 2 for mistakes in
//! the arguments.
//!
//! Reading order: `args` (what can be asked), `specs` (files to networks),
//! `commands` (one file each), `build` (what `resnet build` stands on).

#![forbid(unsafe_code)]

mod args;
mod build;
mod commands;
mod new;
mod onnx;
mod output;
mod specs;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use specs::Rejected;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(usage) => usage.exit(),
    };
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

fn run(args: &Args) -> anyhow::Result<()> {
    let colour = args.colour;
    match &args.command {
        Command::Build(args) => commands::build::run(args, colour),
        Command::Check(args) => commands::check::run(args, colour),
        Command::Errors(args) => commands::errors::run(args, colour),
        Command::Expand(args) => commands::expand::run(args, colour),
        Command::ExpandSpec(args) => commands::expand_spec::run(args, colour),
        Command::Graph(args) => commands::graph::run(args, colour),
        Command::Plan(args) => commands::plan::run(args, colour),
        Command::Info(args) => commands::info::run(args, colour),
        Command::Import(args) => commands::import::run(args, colour),
        Command::New(args) => commands::new::run(args),
        Command::Completions(args) => commands::shell::completions(args),
        Command::Man(args) => commands::shell::man(args),
        Command::Explain(args) => commands::explain::run(args),
        Command::Schema(args) => commands::schema::run(args),
        Command::Tune(args) => commands::tune::run(args, colour),
    }
}

/// Tells what went wrong, unless it was told already, and chooses the exit code.
fn report(error: &anyhow::Error) -> ExitCode {
    if let Some(usage) = error.downcast_ref::<clap::Error>() {
        usage.exit();
    }
    if error.is::<Rejected>() {
        return ExitCode::FAILURE;
    }
    let reader_left = error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
    if reader_left {
        // `resnet graph SPEC | head` is no failure.
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}
