//! `plan`: what lies where in the arena, and for how long; of a
//! training step also what each part of it moves and computes at least.

use resnet_compiler::budget::{self, Machine};
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
        _ if args.training => {
            let machine = Machine {
                gflops: args.gflops,
                gigabytes: args.gigabytes,
            };
            let budget = budget::text(planned, machine);
            format!("{}\n{budget}", draw::arena_text(planned))
        }
        _ => draw::arena_text(planned),
    };
    output::write(output, &text)
}
