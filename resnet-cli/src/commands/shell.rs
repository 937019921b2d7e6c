//! `completions` and `man`: what shells and `man` know about the binary.

use std::io::Write;

use anyhow::{Context, Result};
use clap_mangen::Man;

use crate::args::CompletionsArgs;

/// Prints what a shell completes the binary's arguments with.
pub(crate) fn completions(
    mut command: clap::Command,
    args: &CompletionsArgs,
    out: &mut dyn Write,
) -> Result<()> {
    let name = command.get_name().to_owned();
    // Into memory: the generator panics where nobody reads on.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    Ok(out.write_all(&script)?)
}

/// Prints the manual: of one command, or of the binary and then of each.
pub(crate) fn man(
    mut command: clap::Command,
    only: Option<&str>,
    out: &mut dyn Write,
) -> Result<()> {
    // Building gives each its whole name.
    command.build();
    if let Some(only) = only {
        let names: Vec<_> = command
            .get_subcommands()
            .map(|sub| sub.get_name())
            .filter(|name| *name != "help")
            .collect();
        let sub = command
            .find_subcommand(only)
            .with_context(|| format!("no command `{only}`, only `{}`", names.join("`, `")))?;
        return Ok(Man::new(sub.clone()).render(out)?);
    }
    Man::new(command.clone()).render(out)?;
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        Man::new(sub.clone()).render(out)?;
    }
    Ok(())
}
