//! What each step of a pass costs at least: multiply-adds beside bytes of maps
//! that are read and written.

use petgraph::stable_graph::NodeIndex;
use resnet_figures::format::{bytes, grouped};
use resnet_figures::table::{Align, Table};
use resnet_geometry::Map;

use crate::emit::Planned;
use crate::graph::{Graph, Shape, Value};
use crate::plan::Plan;

/// What a machine does in a second.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// Billions of floating point operations.
    pub gflops: f64,
    /// Billions of bytes from and to memory.
    pub gigabytes: f64,
}

/// One step, for one image.
#[derive(Clone, Debug)]
pub struct Cost {
    /// Name of the node.
    pub name: String,
    /// What it computes.
    pub title: String,
    /// Multiply-adds, of a convolution as if it were direct.
    pub macs: u64,
    /// Bytes of maps read, as often as they are walked.
    pub read: u64,
    /// Bytes of maps written.
    pub written: u64,
}

impl Cost {
    /// Seconds that its arithmetic, and that its memory traffic takes at least.
    pub fn seconds(&self, machine: Machine) -> [f64; 2] {
        [
            2e-9 * self.macs as f64 / machine.gflops,
            1e-9 * (self.read + self.written) as f64 / machine.gigabytes,
        ]
    }
}

/// The costs of every step of a pass, in order.
pub fn costs(planned: &Planned) -> Vec<Cost> {
    let Planned { graph, plan, .. } = planned;
    let steps = plan.order.iter().map(|&node| {
        let inputs = graph.inputs(node);
        let outputs = (0..graph.node(node).outputs.len()).map(|port| Value { node, port });
        let [inputs, outputs] = [inputs, outputs.collect()].map(|values| maps(plan, values));
        let op = &graph.node(node).op;
        let written: usize = outputs.iter().map(Map::len).sum();
        Cost {
            name: graph.node(node).name.clone(),
            title: op.title(),
            macs: op.macs(shape(graph, node)),
            read: ELEMENT * op.reads(&inputs, &outputs) as u64,
            written: ELEMENT * written as u64,
        }
    });
    steps.collect()
}

/// Bytes of an element.
const ELEMENT: u64 = size_of::<f32>() as u64;

fn maps(plan: &Plan, values: Vec<Value>) -> Vec<Map> {
    values.into_iter().map(|v| plan.buffer(v).map).collect()
}

/// What a node's multiply-adds are counted by: its output, or of a gradient the
/// gradient that it reads.
fn shape(graph: &Graph, node: NodeIndex) -> Shape {
    let outputs = &graph.node(node).outputs;
    let read = graph.inputs(node).last().map(|&value| graph.shape(value));
    outputs
        .first()
        .copied()
        .or(read)
        .unwrap_or(Shape::vector(0))
}

/// The costs as a table, with the roofline that they come from.
pub fn text(planned: &Planned, machine: Machine) -> String {
    let mut table = Table::new([
        ("step", Align::Left),
        ("operator", Align::Left),
        ("multiply-adds", Align::Right),
        ("read", Align::Right),
        ("written", Align::Right),
        ("at least us", Align::Right),
        ("bound by", Align::Left),
    ]);
    let costs = costs(planned);
    let mut total = [0.0; 3];
    for cost in &costs {
        let [arithmetic, memory] = cost.seconds(machine);
        let bound = if arithmetic > memory {
            "arithmetic"
        } else {
            "memory"
        };
        total[0] += arithmetic;
        total[1] += memory;
        total[2] += arithmetic.max(memory);
        table.row([
            cost.name.clone(),
            cost.title.clone(),
            grouped(cost.macs),
            grouped(cost.read),
            grouped(cost.written),
            format!("{:.1}", 1e6 * arithmetic.max(memory)),
            bound.to_owned(),
        ]);
    }
    let sum = |of: fn(&Cost) -> u64| costs.iter().map(of).sum::<u64>();
    let [arithmetic, memory, both] = total.map(|seconds| 1e6 * seconds);
    format!(
        "{table}\n\
         an image   {} multiply-adds, {} read, {} written\n\
         at {} GFLOP/s and {} GB/s   arithmetic {arithmetic:.0} us, memory {memory:.0} us, \
         the longer of both step by step {both:.0} us\n",
        grouped(sum(|cost| cost.macs)),
        bytes(sum(|cost| cost.read)),
        bytes(sum(|cost| cost.written)),
        machine.gflops,
        machine.gigabytes,
    )
}
