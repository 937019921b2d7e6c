//! `expand-spec`: the layer form of a spec.

use resnet_compiler::expand_spec;

use crate::args::{Colour, ExpandSpecArgs};
use crate::output;
use crate::specs::through;

pub(crate) fn run(args: &ExpandSpecArgs, colour: Colour) -> anyhow::Result<()> {
    let text = through(&args.file, colour, expand_spec)?;
    output::write(args.output.as_deref(), &text)
}
