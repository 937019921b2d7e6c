//! `graph`: the network as a stage of the compiler left it.

use resnet_compiler::draw::{self, Format, Subject};
use resnet_compiler::{analyse, stages};

use crate::args::{Colour, GraphArgs, GraphFormat, Stage, usage};
use crate::onnx::{export, weights};
use crate::output::{self, ending};
use crate::specs::through;

pub(crate) fn run(args: &GraphArgs, colour: Colour) -> anyhow::Result<()> {
    let output = args.output.as_deref();
    if args.training && args.stage != Stage::Planned {
        return Err(usage("--training goes with --stage planned"));
    }
    if let (Some(GraphFormat::Onnx), _) | (None, "onnx") = (args.format, ending(output)) {
        return onnx(args, colour);
    }
    if args.weights.is_some() {
        return Err(usage("--weights goes with --format onnx"));
    }
    let format = match (args.format, ending(output)) {
        (Some(GraphFormat::Dot), _) | (None, "dot" | "gv") => Format::Dot,
        (Some(GraphFormat::Svg), _) | (None, "svg") => Format::Svg,
        (Some(GraphFormat::Mermaid), _) | (None, "mmd" | "mermaid") => Format::Mermaid,
        (Some(GraphFormat::Text | GraphFormat::Onnx) | None, _) => Format::Text,
    };
    let text = through(&args.file, colour, |source| {
        let spec = stages::parsed(source)?;
        let name = &spec.model.value;
        let lowered = stages::lowered(&stages::expanded(&spec)?)?;
        let draw = |title: &str, graph, plan| {
            let title = &format!("{name}: {title}");
            let unfold = args.unfold;
            let subject = Subject {
                title,
                graph,
                plan,
                unfold,
            };
            draw::graph(&subject, format)
        };
        Ok(match (args.stage, args.training) {
            (Stage::Lowered, _) => draw("the network as the spec says it", &lowered, None),
            (Stage::Fused, _) => draw("inference, fused", &stages::fused(&lowered)?, None),
            (Stage::Backward, _) => draw("a training step", &stages::backward(&lowered)?, None),
            (Stage::Planned, training) => {
                let network = analyse(source)?;
                let (planned, title) = match training {
                    true => (network.training, "a training step, planned"),
                    false => (network.inference, "inference, planned"),
                };
                draw(title, &planned.graph, Some(&planned.plan))
            }
        })
    })?;
    output::write(output, &text)
}

/// A model with its weights, which no drawing has.
fn onnx(args: &GraphArgs, colour: Colour) -> anyhow::Result<()> {
    let (Some(path), Some(output)) = (&args.weights, &args.output) else {
        return Err(usage("--format onnx goes with --weights and --output"));
    };
    if args.stage != Stage::Lowered {
        return Err(usage(
            "--format onnx goes with --stage lowered; --fold folds batch norms",
        ));
    }
    let (name, graph) = through(&args.file, colour, |source| {
        let spec = stages::parsed(source)?;
        let lowered = stages::lowered(&stages::expanded(&spec)?)?;
        Ok((spec.model.value.clone(), lowered))
    })?;
    let weights = weights::read(path, graph.parameters())?;
    let model = export::export(&name, &graph, &weights, args.fold)?;
    output::write_bytes(output, &model.to_bytes())
}
