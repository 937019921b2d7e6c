//! `check`: every mistake in every file.

use std::fmt::Write;

use resnet_compiler::analyse;

use crate::args::{CheckArgs, Colour};
use crate::output;
use crate::specs::{Rejected, through};

pub(crate) fn run(args: &CheckArgs, colour: Colour) -> anyhow::Result<()> {
    let mut sound = String::new();
    let mut rejected = 0;
    for file in &args.files {
        match through(file, colour, analyse) {
            Ok(network) => {
                let _ = writeln!(sound, "{}: ok ({})", file.display(), network.name);
            }
            Err(Rejected) => rejected += 1,
        }
    }
    output::write(None, &sound)?;
    if rejected > 0 {
        if args.files.len() > 1 {
            eprintln!("{rejected} of {} specs have mistakes", args.files.len());
        }
        return Err(Rejected.into());
    }
    Ok(())
}
