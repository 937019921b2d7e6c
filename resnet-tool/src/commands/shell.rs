//! `completions` and `man`: what shells and `man` know about the tool.

use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_mangen::Man;

use crate::args::{Args, CompletionsArgs, ManArgs};
use crate::output;

/// Prints what a shell completes the tool's arguments with.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "resnet", &mut script);
    output::write(None, &String::from_utf8(script)?)
}

/// Prints the manual: of one command, or of the tool and then of each.
pub(crate) fn man(args: &ManArgs) -> Result<()> {
    let mut command = Args::command();
    // Building gives each its whole name.
    command.build();
    let mut manual = Vec::new();
    if let Some(only) = &args.command {
        let names: Vec<_> = command
            .get_subcommands()
            .map(|sub| sub.get_name())
            .filter(|name| *name != "help")
            .collect();
        let sub = command
            .find_subcommand(only)
            .with_context(|| format!("no command `{only}`, only `{}`", names.join("`, `")))?;
        Man::new(sub.clone()).render(&mut manual)?;
    } else {
        Man::new(command.clone()).render(&mut manual)?;
        for sub in command.get_subcommands() {
            Man::new(sub.clone()).render(&mut manual)?;
        }
    }
    output::write(None, &String::from_utf8(manual)?)
}
