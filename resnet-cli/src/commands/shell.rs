//! `completions` and `man`: what shells and `man` know about the binary.

use std::io::Write;

use anyhow::Result;
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

/// Prints the manual: of the binary, then of each command.
pub(crate) fn man(mut command: clap::Command, out: &mut dyn Write) -> Result<()> {
    command.build();
    Man::new(command.clone()).render(out)?;
    // Building has given each its whole name.
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        Man::new(sub.clone()).render(out)?;
    }
    Ok(())
}
