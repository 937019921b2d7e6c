//! `info`: layers, shapes, parameters, multiply-adds, memory.

use std::fmt::Write;

use resnet_compiler::analyse;
use resnet_compiler::emit::{Network, Planned, Summary, summary};
use resnet_compiler::ops::Region;
use resnet_figures::format::{bytes, grouped, shape};
use resnet_figures::table::{Align, Table};
use serde::Serialize;

use crate::args::{Colour, InfoArgs};
use crate::output;
use crate::specs::through;

/// Everything that `--json` prints; keys as in the `info` of a network's binary.
#[derive(Serialize)]
struct Report {
    model: String,
    spec_hash: String,
    input: [usize; 3],
    classes: usize,
    parameters: u64,
    macs: u64,
    layers: Vec<Layer>,
    memory: Memories,
}

#[derive(Serialize)]
struct Layer {
    name: String,
    op: String,
    input: [usize; 3],
    output: [usize; 3],
    parameters: u64,
    macs: u64,
    algorithm: &'static str,
}

#[derive(Serialize)]
struct Memories {
    inference: Memory,
    training: Memory,
}

/// A memory plan in bytes of `f32`.
#[derive(Serialize)]
struct Memory {
    /// Whatever the batch: weights, and for training gradients and momenta.
    fixed: u64,
    peak_per_image: u64,
    lower_bound_per_image: u64,
    logical_lower_bound_per_image: u64,
}

pub(crate) fn run(args: &InfoArgs, colour: Colour) -> anyhow::Result<()> {
    let report = report(through(&args.file, colour, analyse)?);
    let text = match args.json {
        true => serde_json::to_string_pretty(&report)? + "\n",
        false => table(&report),
    };
    output::write(args.output.as_deref(), &text)
}

fn report(network: Network) -> Report {
    let Summary {
        input,
        classes,
        parameters,
        macs,
        layers,
    } = summary(&network);
    let layer = |layer: resnet_compiler::emit::Layer| Layer {
        name: layer.name,
        op: layer.title,
        input: layer.input.sizes(),
        output: layer.output.sizes(),
        parameters: layer.parameters,
        macs: layer.macs,
        algorithm: layer.algorithm,
    };
    let storage = &network.storage;
    // Parameters, gradients and momenta have one layout.
    let training = 3 * storage.master
        + storage.running
        + [Region::Saved, Region::PackedForward, Region::PackedBackward]
            .map(|region| storage.region_len(region))
            .iter()
            .sum::<usize>();
    Report {
        memory: Memories {
            inference: memory(storage.region_len(Region::Packed), &network.inference),
            training: memory(training, &network.training),
        },
        model: network.name,
        spec_hash: network.hash,
        input: input.sizes(),
        classes,
        parameters,
        macs,
        layers: layers.into_iter().map(layer).collect(),
    }
}

fn memory(fixed: usize, planned: &Planned) -> Memory {
    let bytes = |elements: usize| (elements * size_of::<f32>()) as u64;
    let plan = &planned.plan;
    Memory {
        fixed: bytes(fixed),
        peak_per_image: bytes(plan.peak),
        lower_bound_per_image: bytes(plan.lower_bound),
        logical_lower_bound_per_image: bytes(plan.logical_lower_bound),
    }
}

fn table(report: &Report) -> String {
    let mut layers = Table::new([
        ("layer", Align::Left),
        ("op", Align::Left),
        ("input", Align::Right),
        ("output", Align::Right),
        ("parameters", Align::Right),
        ("MACs", Align::Right),
        ("algorithm", Align::Left),
    ]);
    for layer in &report.layers {
        layers.row([
            layer.name.clone(),
            layer.op.clone(),
            shape(layer.input),
            shape(layer.output),
            grouped(layer.parameters),
            grouped(layer.macs),
            layer.algorithm.to_owned(),
        ]);
    }
    let mut memory = Table::new([
        ("memory", Align::Left),
        ("fixed", Align::Right),
        ("peak an image", Align::Right),
        ("lower bound", Align::Right),
        ("logical lower bound", Align::Right),
    ]);
    for (name, plan) in [
        ("inference", &report.memory.inference),
        ("training", &report.memory.training),
    ] {
        memory.row([
            name.to_owned(),
            bytes(plan.fixed),
            bytes(plan.peak_per_image),
            bytes(plan.lower_bound_per_image),
            bytes(plan.logical_lower_bound_per_image),
        ]);
    }
    let mut text = format!("{layers}\n");
    for (key, value) in [
        ("model", report.model.clone()),
        ("input", shape(report.input)),
        ("classes", grouped(report.classes as u64)),
        ("parameters", grouped(report.parameters)),
        ("MACs", format!("{} an image", grouped(report.macs))),
        ("spec hash", report.spec_hash.clone()),
    ] {
        let _ = writeln!(text, "{key:12} {value}");
    }
    text + &format!("\n{memory}")
}
