//! What `info` says of a network, as a table and as JSON: the same from its
//! own binary and from the tool that reads its spec.

use std::fmt::Write;

use serde::Serialize;

use crate::format::{bytes, grouped, shape};
use crate::table::{Align, Table};

/// A network in figures; serialises to what `info --json` prints.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The spec's `model`.
    pub model: String,
    /// SHA-256 of what the network computes.
    pub spec_hash: String,
    /// The instruction set in use, where the network runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isa: Option<String>,
    /// Channels, height and width of an image.
    pub input: [usize; 3],
    /// What comes out.
    pub outputs: Vec<Output>,
    /// Values of the first output, if it is a vector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<usize>,
    /// Trainable scalars.
    pub parameters: u64,
    /// Multiply-adds for one image.
    pub macs: u64,
    /// The layers of inference, in order.
    pub layers: Vec<Layer>,
    /// What it keeps in memory.
    pub memory: Memory,
}

/// One of the outputs.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Name, such as `logits`.
    pub name: String,
    /// Channels, height and width for an image; a vector has one pixel.
    pub shape: [usize; 3],
}

/// One layer of inference.
#[derive(Debug, Serialize)]
pub struct Layer {
    /// Name, such as `layer1.0.conv1`.
    pub name: String,
    /// What it computes, with what was fused into it.
    pub op: String,
    /// Channels, height and width read.
    pub input: [usize; 3],
    /// Channels, height and width written.
    pub output: [usize; 3],
    /// Trainable scalars.
    pub parameters: u64,
    /// Multiply-adds for one image.
    pub macs: u64,
    /// How it is computed, where there is a choice.
    pub algorithm: String,
}

/// Memory in bytes of `f32`.
#[derive(Debug, Serialize)]
pub struct Memory {
    /// Of inference.
    pub inference: Plan,
    /// Of a training step, unless it is compiled for inference only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training: Option<Plan>,
    /// Of inference, for each thread.
    pub workspace_per_thread: u64,
}

/// The memory of one pass, in bytes of `f32`.
#[derive(Debug, Serialize)]
pub struct Plan {
    /// Whatever the batch: weights, and for training gradients and momenta.
    pub fixed: u64,
    /// The arena, for each image of a batch.
    pub peak_per_image: u64,
    /// What no plan of the same layouts can go below.
    pub lower_bound_per_image: u64,
    /// The same without padding and halos.
    pub logical_lower_bound_per_image: u64,
}

impl Plan {
    /// From numbers of `f32` elements.
    pub fn of_elements(
        fixed: usize,
        peak: usize,
        lower_bound: usize,
        logical_lower_bound: usize,
    ) -> Self {
        Self {
            fixed: bytes_of(fixed),
            peak_per_image: bytes_of(peak),
            lower_bound_per_image: bytes_of(lower_bound),
            logical_lower_bound_per_image: bytes_of(logical_lower_bound),
        }
    }
}

/// Bytes of so many `f32`.
pub fn bytes_of(elements: usize) -> u64 {
    elements as u64 * size_of::<f32>() as u64
}

impl Report {
    /// The report as tables for people.
    pub fn table(&self) -> String {
        let mut text = format!("{}\n", self.layers());
        let mut line = |key: &str, value: String| {
            // Writing to a string can't fail.
            let _ = writeln!(text, "{key:12} {value}");
        };
        line("model", self.model.clone());
        line("input", shape(self.input));
        let outputs = self.outputs.iter();
        let outputs = outputs.map(|output| format!("{} {}", output.name, shape(output.shape)));
        line("outputs", outputs.collect::<Vec<_>>().join(", "));
        if let Some(classes) = self.classes {
            line("classes", grouped(classes as u64));
        }
        line("parameters", grouped(self.parameters));
        line("MACs", format!("{} an image", grouped(self.macs)));
        if let Some(isa) = &self.isa {
            line("isa", isa.clone());
        }
        line("spec hash", self.spec_hash.clone());
        text += &format!("\n{}", self.plans());
        let workspace = self.memory.workspace_per_thread;
        if workspace > 0 {
            text += &format!(
                "\nworkspace    {} a thread, for inference\n",
                exact(workspace)
            );
        }
        text
    }

    fn layers(&self) -> Table {
        let mut table = Table::new([
            ("layer", Align::Left),
            ("op", Align::Left),
            ("input", Align::Right),
            ("output", Align::Right),
            ("parameters", Align::Right),
            ("MACs", Align::Right),
            ("algorithm", Align::Left),
        ]);
        for layer in &self.layers {
            table.row([
                layer.name.clone(),
                layer.op.clone(),
                shape(layer.input),
                shape(layer.output),
                grouped(layer.parameters),
                grouped(layer.macs),
                layer.algorithm.clone(),
            ]);
        }
        table
    }

    fn plans(&self) -> Table {
        let mut table = Table::new([
            ("memory", Align::Left),
            ("fixed", Align::Right),
            ("peak an image", Align::Right),
            ("lower bound", Align::Right),
            ("logical lower bound", Align::Right),
        ]);
        let Memory {
            inference,
            training,
            ..
        } = &self.memory;
        let training = training.iter().map(|plan| ("training", plan));
        for (name, plan) in [("inference", inference)].into_iter().chain(training) {
            table.row([
                name.to_owned(),
                exact(plan.fixed),
                exact(plan.peak_per_image),
                exact(plan.lower_bound_per_image),
                exact(plan.logical_lower_bound_per_image),
            ]);
        }
        table
    }
}

/// Bytes to the last one, and readable.
fn exact(number: u64) -> String {
    if number < 1024 {
        bytes(number)
    } else {
        format!("{} B ({})", grouped(number), bytes(number))
    }
}
