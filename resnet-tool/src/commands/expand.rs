//! `expand`: the emitted code, formatted and commented.

use anyhow::Context;
use resnet_compiler::{Options, compile, emit};

use crate::args::{Colour, ExpandArgs};
use crate::output;
use crate::specs::through;

pub(crate) fn run(args: &ExpandArgs, colour: Colour) -> anyhow::Result<()> {
    let options = Options {
        comments: true,
        ..Options::default()
    };
    let tokens = through(&args.file, colour, |source| compile(source, &options))?;
    let text = emit::pretty(tokens).context("the emitted code is not Rust: this is a bug")?;
    output::write(args.output.as_deref(), &text)
}
