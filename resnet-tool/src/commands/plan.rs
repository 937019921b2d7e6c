//! `plan`: what lies where in the arena, and for how long.

use resnet_compiler::{analyse, draw};

use crate::args::{Colour, PlanArgs, PlanFormat};
use crate::output::{self, ending};
use crate::specs::through;

pub(crate) fn run(args: &PlanArgs, colour: Colour) -> anyhow::Result<()> {
    let output = args.output.as_deref();
    let network = through(&args.file, colour, analyse)?;
    let (planned, what) = match args.training {
        true => (&network.training, "a training step"),
        false => (&network.inference, "inference"),
    };
    let text = match (args.format, ending(output)) {
        (Some(PlanFormat::Svg), _) | (None, "svg") => {
            draw::arena(&format!("{}: the arena of {what}", network.name), planned)
        }
        _ => draw::arena_text(planned),
    };
    output::write(output, &text)
}
