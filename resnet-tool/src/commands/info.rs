//! `info`: layers, shapes, parameters, multiply-adds, memory.

use resnet_compiler::analyse;
use resnet_compiler::emit::{self, Network, Planned, Summary, summary};
use resnet_compiler::ops::Region;
use resnet_compiler::outputs::NamedOutput;
use resnet_figures::report::{Layer, Memory, Output, Plan, Report, bytes_of};

use crate::args::{Colour, InfoArgs};
use crate::output;
use crate::specs::through;

pub(crate) fn run(args: &InfoArgs, colour: Colour) -> anyhow::Result<()> {
    let report = report(through(&args.file, colour, analyse)?);
    let text = match args.json {
        true => serde_json::to_string_pretty(&report)? + "\n",
        false => report.table(),
    };
    output::write(args.output.as_deref(), &text)
}

fn report(network: Network) -> Report {
    let Summary {
        input,
        outputs,
        classes,
        parameters,
        macs,
        layers,
    } = summary(&network);
    let storage = &network.storage;
    // Parameters that are trained have gradients and momenta in one layout.
    let training = storage.master
        + 2 * storage.trained
        + storage.running
        + [Region::Saved, Region::PackedForward, Region::PackedBackward]
            .map(|region| storage.region_len(region))
            .iter()
            .sum::<usize>();
    Report {
        memory: Memory {
            inference: plan(storage.region_len(Region::Packed), &network.inference),
            training: Some(plan(training, &network.training)),
            workspace_per_thread: bytes_of(network.inference.plan.workspace),
        },
        model: network.name,
        spec_hash: network.hash,
        isa: None,
        input: input.sizes(),
        outputs: outputs.into_iter().map(output).collect(),
        classes,
        parameters,
        macs,
        layers: layers.into_iter().map(layer).collect(),
    }
}

fn output(output: NamedOutput) -> Output {
    Output {
        name: output.name,
        shape: output.shape.sizes(),
    }
}

fn layer(layer: emit::Layer) -> Layer {
    Layer {
        name: layer.name,
        op: layer.title,
        input: layer.input.sizes(),
        output: layer.output.sizes(),
        parameters: layer.parameters,
        macs: layer.macs,
        algorithm: layer.algorithm.to_owned(),
    }
}

fn plan(fixed: usize, planned: &Planned) -> Plan {
    let plan = &planned.plan;
    Plan::of_elements(fixed, plan.peak, plan.lower_bound, plan.logical_lower_bound)
}
