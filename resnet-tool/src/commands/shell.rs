//! `completions` and `man`: what shells and `man` know about the tool.

use anyhow::Result;
use clap::CommandFactory;
use clap_mangen::Man;

use crate::args::{Args, CompletionsArgs};
use crate::output;

/// Prints what a shell completes the tool's arguments with.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "resnet", &mut script);
    output::write(None, &String::from_utf8(script)?)
}

/// Prints the manual: of the tool, then of each command.
pub(crate) fn man() -> Result<()> {
    let mut command = Args::command();
    command.build();
    let mut manual = Vec::new();
    Man::new(command.clone()).render(&mut manual)?;
    // Building has given each its whole name.
    for sub in command.get_subcommands() {
        Man::new(sub.clone()).render(&mut manual)?;
    }
    output::write(None, &String::from_utf8(manual)?)
}
