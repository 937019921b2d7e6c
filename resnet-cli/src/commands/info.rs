//! `info`: what the compiler made of the spec.

use std::io::Write;

use anyhow::Result;
use resnet_runtime::{DynNetwork, ModelInfo, PlanInfo};
use serde::Serialize;

use super::print_json;
use crate::args::InfoArgs;
use crate::format::{bytes, grouped, shape};
use crate::table::{Align, Table};

/// Everything that `--json` prints.
#[derive(Serialize)]
struct Report {
    model: &'static str,
    spec_hash: &'static str,
    isa: &'static str,
    input: [usize; 3],
    classes: usize,
    parameters: u64,
    macs: u64,
    layers: Vec<Layer>,
    memory: Memories,
}

#[derive(Serialize)]
struct Layer {
    name: &'static str,
    op: &'static str,
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
    /// Of inference, in bytes of `f32`.
    workspace_per_thread: u64,
}

/// A memory plan in bytes of `f32`.
#[derive(Serialize)]
struct Memory {
    /// Whatever the batch: weights, and for training gradients and momenta.
    fixed: u64,
    /// The arena, for each image of a batch.
    peak_per_image: u64,
    /// What no plan of the same layouts can go below.
    lower_bound_per_image: u64,
    /// The same without padding and halos.
    logical_lower_bound_per_image: u64,
}

pub(crate) fn run(network: &dyn DynNetwork, args: &InfoArgs, out: &mut dyn Write) -> Result<()> {
    let report = report(network.info());
    if args.json {
        print_json(out, &report)
    } else {
        print(out, &report)
    }
}

fn report(info: &ModelInfo) -> Report {
    let layer = |layer: &resnet_runtime::LayerInfo| Layer {
        name: layer.name,
        op: layer.op,
        input: layer.input,
        output: layer.output,
        parameters: layer.parameters,
        macs: layer.macs,
        algorithm: layer.algorithm,
    };
    let sizes = &info.sizes;
    // Parameters, gradients and momenta have one layout.
    let training = 3 * sizes.master
        + sizes.running
        + sizes.saved
        + sizes.packed_forward
        + sizes.packed_backward;
    Report {
        model: info.name,
        spec_hash: info.spec_hash,
        isa: resnet_runtime::isa(),
        input: info.input,
        classes: info.classes,
        parameters: info.parameter_count,
        macs: info.macs,
        layers: info.layers.iter().map(layer).collect(),
        memory: Memories {
            inference: memory(sizes.packed, &info.inference_plan),
            training: memory(training, &info.training_plan),
            workspace_per_thread: (sizes.workspace * size_of::<f32>()) as u64,
        },
    }
}

fn memory(fixed: usize, plan: &PlanInfo) -> Memory {
    let bytes = |elements: usize| (elements * size_of::<f32>()) as u64;
    Memory {
        fixed: bytes(fixed),
        peak_per_image: bytes(plan.peak),
        lower_bound_per_image: bytes(plan.lower_bound),
        logical_lower_bound_per_image: bytes(plan.logical_lower_bound),
    }
}

fn print(out: &mut dyn Write, report: &Report) -> Result<()> {
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
            layer.name.to_owned(),
            layer.op.to_owned(),
            shape(layer.input),
            shape(layer.output),
            grouped(layer.parameters),
            grouped(layer.macs),
            layer.algorithm.to_owned(),
        ]);
    }
    writeln!(out, "{layers}")?;
    writeln!(out, "model        {}", report.model)?;
    writeln!(out, "input        {}", shape(report.input))?;
    writeln!(out, "classes      {}", report.classes)?;
    writeln!(out, "parameters   {}", grouped(report.parameters))?;
    writeln!(out, "MACs         {} an image", grouped(report.macs))?;
    writeln!(out, "isa          {}", report.isa)?;
    writeln!(out, "spec hash    {}", report.spec_hash)?;
    writeln!(out)?;

    let mut memory = Table::new([
        ("memory", Align::Left),
        ("fixed", Align::Right),
        ("peak an image", Align::Right),
        ("lower bound", Align::Right),
        ("logical lower bound", Align::Right),
    ]);
    let plans = [
        ("inference", &report.memory.inference),
        ("training", &report.memory.training),
    ];
    for (name, plan) in plans {
        memory.row([
            name.to_owned(),
            exact(plan.fixed),
            exact(plan.peak_per_image),
            exact(plan.lower_bound_per_image),
            exact(plan.logical_lower_bound_per_image),
        ]);
    }
    write!(out, "{memory}")?;
    let workspace = report.memory.workspace_per_thread;
    if workspace > 0 {
        let workspace = exact(workspace);
        writeln!(out, "\nworkspace    {workspace} a thread, for inference")?;
    }
    Ok(())
}

/// Bytes to the last one, and readable.
fn exact(number: u64) -> String {
    if number < 1024 {
        bytes(number)
    } else {
        format!("{} B ({})", grouped(number), bytes(number))
    }
}
