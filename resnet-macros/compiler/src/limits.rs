//! The limits of a spec: what a network costs, and where most of it is spent.

use resnet_geometry::Sizes;

use crate::diagnostics::{Code, Diagnostic, Diagnostics, Located};
use crate::emit::{Network, Planned};
use crate::graph::{Graph, Node};
use crate::outputs::outputs;
use crate::plan::Content;
use crate::spec::Limits;

/// How many layers a diagnostic names.
const NAMED: usize = 3;
/// Bytes of an element.
const ELEMENT: u64 = 4;

/// What each layer, or each part of the memory, takes.
type Costs<'a> = Vec<(&'a str, u64)>;

/// Reports every limit that a network exceeds.
pub fn check(limits: Option<&Limits>, network: &Network) -> Result<(), Diagnostics> {
    let Some(limits) = limits else {
        return Ok(());
    };
    let Limits {
        parameters,
        macs,
        inference_memory,
        training_memory,
        place: _,
    } = limits;
    let graph = &network.inference.graph;
    let counted = |limit: &Option<Located<u64>>, code, what, cost: fn(&Graph, &Node) -> u64| {
        let exceeds = |limit| {
            let nodes = network.inference.plan.order.iter().map(|&i| graph.node(i));
            let costs = nodes.map(|node| (node.name.as_str(), cost(graph, node)));
            let costs: Costs<'_> = costs.collect();
            let total = costs.iter().map(|cost| cost.1).sum();
            exceeded(code, limit, COUNTED, what, total, costs)
        };
        limit.and_then(exceeds)
    };
    let exceeded = [
        counted(
            parameters,
            Code::TooManyParameters,
            "parameters",
            |graph, node| {
                let parameters = node.op.parameters();
                let parameters = parameters.iter().map(|id| &graph.parameters()[id.0]);
                parameters.map(|parameter| parameter.trainable()).sum()
            },
        ),
        counted(macs, Code::TooManyMacs, "multiply-adds", |_, node| {
            let macs = node.outputs.first().map(|&output| node.op.macs(output));
            macs.unwrap_or(0)
        }),
        inference_memory.and_then(|limit| {
            let what = "for inference";
            let (total, costs) = inference(network);
            exceeded(
                Code::TooMuchInferenceMemory,
                limit,
                BYTES,
                what,
                total,
                costs,
            )
        }),
        training_memory
            .filter(|_| network.trains())
            .and_then(|limit| {
                let what = "for training";
                let (total, costs) = training(network);
                exceeded(
                    Code::TooMuchTrainingMemory,
                    limit,
                    BYTES,
                    what,
                    total,
                    costs,
                )
            }),
    ];
    Diagnostics::check(exceeded.into_iter().flatten().collect())
}

/// Tells by how much a total exceeds its limit, and what takes most of it.
fn exceeded(
    code: Code,
    limit: Located<u64>,
    units: Units,
    what: &str,
    total: u64,
    costs: Costs<'_>,
) -> Option<Diagnostic> {
    let over = total.checked_sub(limit.value).filter(|&over| over > 0)?;
    let most = largest(costs).into_iter();
    let most = most.map(|(name, cost)| format!("`{name}` ({})", short(cost, units)));
    let message = format!(
        "the network takes {} {what}, {} ({:.1}%) more than the limit of {}",
        short(total, units),
        short(over, units),
        over as f64 / limit.value as f64 * 100.0,
        short(limit.value, units),
    );
    let help = format!(
        "most of it is in {}; make them smaller, or raise the limit",
        most.collect::<Vec<_>>().join(", ")
    );
    Some(Diagnostic::new(code, limit.place, message).help(help))
}

/// The largest costs, in order; of equal ones the first layer's comes first.
fn largest(costs: Costs<'_>) -> Costs<'_> {
    let mut most = Costs::new();
    for cost in costs.into_iter().filter(|cost| cost.1 > 0) {
        // Few layers of many get past this.
        if most.len() < NAMED || cost.1 > most[NAMED - 1].1 {
            let at = most.partition_point(|other| other.1 >= cost.1);
            most.insert(at, cost);
            most.truncate(NAMED);
        }
    }
    most
}

/// Units, the largest first, each a thousand or so of the next.
type Units = &'static [(u64, &'static str)];

const COUNTED: Units = &[(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
const BYTES: Units = &[
    (1 << 30, "GiB"),
    (1 << 20, "MiB"),
    (1 << 10, "KiB"),
    (1, "B"),
];

/// A number with at most two decimals and a unit, or as it is if it is small.
fn short(number: u64, units: Units) -> String {
    let unit = units.iter().find(|&&(scale, _)| number >= scale);
    match unit {
        Some(&(scale, name)) => {
            let scaled = format!("{:.2}", number as f64 / scale as f64);
            let scaled = scaled.trim_end_matches('0').trim_end_matches('.');
            format!("{scaled}{name}")
        }
        None => number.to_string(),
    }
}

/// Bytes that inference of one image takes on one thread.
fn inference(network: &Network) -> (u64, Costs<'_>) {
    let planned = &network.inference;
    let image = planned.plan.peak + given(planned);
    let elements = network.sizes().inference(1) + image as u64;
    (elements * ELEMENT, costs(planned, false))
}

/// Bytes that a training step of one image takes on one thread.
fn training(network: &Network) -> (u64, Costs<'_>) {
    let (planned, inference) = (&network.training, &network.inference);
    let arena = Sizes::training_arena(planned.plan.peak, inference.plan.peak);
    let image = arena + given(inference);
    let elements = network.sizes().training(1) + image as u64;
    (elements * ELEMENT, costs(planned, true))
}

/// Elements of everything that the network gives.
fn given(planned: &Planned) -> usize {
    let outputs = outputs(&planned.graph);
    outputs.iter().map(|output| output.shape.len()).sum()
}

/// What each layer keeps: packed weights, in training its parameters, their gradients and
/// momenta, and its values when the arena is fullest.
fn costs(planned: &Planned, training: bool) -> Costs<'_> {
    let (graph, plan) = (&planned.graph, &planned.plan);
    let bound = plan.order.iter().map(|index| index.index() + 1).max();
    let mut alive = vec![0; bound.unwrap_or(0)];
    let fullest = plan.fullest_step();
    for stretch in &plan.stretches {
        if stretch.first <= fullest && fullest <= stretch.last {
            let node = match stretch.contents.first() {
                Some(Content::Value(value)) => value.node,
                Some(&Content::Scratch(node)) => node,
                None => continue,
            };
            alive[node.index()] += stretch.len;
        }
    }
    let costs = plan.order.iter().map(|&index| {
        let node = graph.node(index);
        let regions: usize = node.op.regions().iter().map(|&(_, _, len)| len).sum();
        let parameters = match training {
            true => node.op.parameters(),
            false => Vec::new(),
        };
        let parameters = parameters.iter().map(|&id| match graph.trains(id) {
            true => 3 * graph.parameters()[id.0].laid_out_len(),
            false => graph.parameters()[id.0].laid_out_len(),
        });
        let elements = regions + parameters.sum::<usize>() + alive[index.index()];
        (node.name.as_str(), elements as u64 * ELEMENT)
    });
    costs.collect()
}
