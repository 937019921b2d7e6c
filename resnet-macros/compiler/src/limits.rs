//! The limits of a spec: what a network costs, and where most of it is spent.

use std::collections::BTreeMap;

use resnet_geometry::Sizes;

use crate::diagnostics::{Code, Diagnostic, Diagnostics, Located};
use crate::emit::{Layer, Network, Planned, summary};
use crate::outputs::outputs;
use crate::plan::Content;
use crate::spec::Limits;

/// How many layers a diagnostic names.
const NAMED: usize = 3;
/// Bytes of an element.
const ELEMENT: u64 = 4;

/// What each layer, or each part of the memory, takes.
type Costs = Vec<(String, u64)>;

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
    let layers = summary(network).layers;
    let of = |cost: fn(&Layer) -> u64| -> Costs {
        let costs = layers.iter().map(|layer| (layer.name.clone(), cost(layer)));
        costs.collect()
    };
    let exceeded = [
        parameters.and_then(|limit| {
            let costs = of(|layer| layer.parameters);
            let total = costs.iter().map(|cost| cost.1).sum();
            exceeded(
                Code::TooManyParameters,
                limit,
                COUNTED,
                "parameters",
                total,
                costs,
            )
        }),
        macs.and_then(|limit| {
            let costs = of(|layer| layer.macs);
            let total = costs.iter().map(|cost| cost.1).sum();
            exceeded(
                Code::TooManyMacs,
                limit,
                COUNTED,
                "multiply-adds",
                total,
                costs,
            )
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
    costs: Costs,
) -> Option<Diagnostic> {
    let over = total.checked_sub(limit.value).filter(|&over| over > 0)?;
    let mut costs = costs;
    // Of equal costs the first layer's comes first.
    costs.sort_by_key(|&(_, cost)| std::cmp::Reverse(cost));
    let most = costs.iter().take(NAMED).filter(|&&(_, cost)| cost > 0);
    let most = most.map(|(name, cost)| format!("`{name}` ({})", short(*cost, units)));
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
fn inference(network: &Network) -> (u64, Costs) {
    let planned = &network.inference;
    let per_image = planned.plan.peak + given(planned);
    let elements = network.sizes().inference(per_image, 1, 1);
    (elements * ELEMENT, costs(planned, false))
}

/// Bytes that a training step of one image takes on one thread.
fn training(network: &Network) -> (u64, Costs) {
    let (planned, inference) = (&network.training, &network.inference);
    let arena = Sizes::training_arena(planned.plan.peak, inference.plan.peak);
    let elements = network.sizes().training(arena + given(inference), 1, 1);
    (elements * ELEMENT, costs(planned, true))
}

/// Elements of everything that the network gives.
fn given(planned: &Planned) -> usize {
    let outputs = outputs(&planned.graph);
    outputs.iter().map(|output| output.shape.len()).sum()
}

/// What each layer keeps: packed weights, in training its parameters, their gradients and
/// momenta, and its values when the arena is fullest.
fn costs(planned: &Planned, training: bool) -> Costs {
    let (graph, plan) = (&planned.graph, &planned.plan);
    let mut costs = BTreeMap::<&str, usize>::new();
    for &index in &plan.order {
        let node = graph.node(index);
        let regions: usize = node.op.regions().iter().map(|&(_, _, len)| len).sum();
        let parameters = node.op.parameters();
        let parameters = parameters.iter().map(|&id| match graph.trains(id) {
            true => 3 * graph.parameters()[id.0].laid_out_len(),
            false => graph.parameters()[id.0].laid_out_len(),
        });
        let parameters = if training { parameters.sum() } else { 0 };
        *costs.entry(&node.name).or_default() += regions + parameters;
    }
    let alive = |step: usize| {
        let stretches = plan.stretches.iter();
        stretches.filter(move |stretch| (stretch.first..=stretch.last).contains(&step))
    };
    let fullest = (0..plan.order.len()).max_by_key(|&step| {
        let lens = alive(step).map(|stretch| stretch.len);
        lens.sum::<usize>()
    });
    for stretch in fullest.into_iter().flat_map(alive) {
        let node = match stretch.contents.first() {
            Some(Content::Value(value)) => value.node,
            Some(&Content::Scratch(node)) => node,
            None => continue,
        };
        *costs.entry(&graph.node(node).name).or_default() += stretch.len;
    }
    let costs = costs.into_iter();
    costs
        .map(|(name, elements)| (name.to_owned(), elements as u64 * ELEMENT))
        .collect()
}
