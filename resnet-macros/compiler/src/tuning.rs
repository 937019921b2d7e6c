//! Algorithms of convolutions as they were measured on some machine, in place of what the
//! cost models of [`select`](crate::select) estimate.
//!
//! A tuning file says nothing about a network, only about shapes: one file may serve many
//! networks, and whatever it doesn't name stays as it was selected. It is part of what makes a
//! result reproducible, and decides about inference alone.

use std::collections::{BTreeMap, BTreeSet};

use resnet_geometry::{Algorithm, Conv2d as Sizes};

use crate::diagnostics::Diagnostics;
use crate::graph::{Graph, Shape};
use crate::ops::Conv2d;
use crate::source::Source;
use crate::spec::{TunedAlgorithm, parse_tuning};

/// The convolutions that have a choice: 3x3 of stride 1, by channels and map.
type Key = (usize, usize, [usize; 2]);

/// What a tuning file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tuning {
    algorithms: BTreeMap<Key, Algorithm>,
}

impl Tuning {
    /// Reads a tuning file. Of a shape that is named twice the last counts.
    pub fn parse(source: &Source) -> Result<Self, Diagnostics> {
        let file = parse_tuning(source)?;
        let algorithms = file.convolutions.iter().map(|measured| {
            let key = (
                measured.in_channels.value,
                measured.out_channels.value,
                measured.output.value,
            );
            (key, algorithm(measured.algorithm.value))
        });
        let algorithms = algorithms.collect();
        Ok(Self { algorithms })
    }

    fn of(&self, sizes: &Sizes, output: Shape) -> Option<Algorithm> {
        let key = (
            sizes.in_channels,
            sizes.out_channels,
            [output.height, output.width],
        );
        let named = || self.algorithms.get(&key).copied();
        sizes.suits_winograd().then(named).flatten()
    }
}

/// Puts the measured algorithms into a graph of inference.
pub fn tune(graph: &mut Graph, tuning: &Tuning) {
    for node in graph.indices() {
        let Some(conv) = graph.node(node).op_as::<Conv2d>() else {
            continue;
        };
        let output = conv.convolved(graph.node(node).outputs[0]);
        if let Some(algorithm) = tuning.of(&conv.sizes, output) {
            let tuned = Conv2d {
                algorithm,
                ..conv.clone()
            };
            graph.set_op(node, tuned);
        }
    }
}

fn algorithm(word: TunedAlgorithm) -> Algorithm {
    match word {
        TunedAlgorithm::Direct => Algorithm::Direct,
        TunedAlgorithm::Winograd2 => Algorithm::Winograd2,
        TunedAlgorithm::Winograd4 => Algorithm::Winograd4,
    }
}

/// A tuning file by which every convolution of a graph that has a choice is computed by one
/// algorithm, by its word in such files.
pub fn everywhere(graph: &Graph, word: &str) -> String {
    let convolutions = graph.indices().into_iter().filter_map(|node| {
        let conv = graph.node(node).op_as::<Conv2d>()?;
        let sizes = &conv.sizes;
        let Shape { height, width, .. } = conv.convolved(graph.node(node).outputs[0]);
        let (inputs, outputs) = (sizes.in_channels, sizes.out_channels);
        sizes.suits_winograd().then(|| {
            format!(
                "  - {{in_channels: {inputs}, out_channels: {outputs}, \
                 output: [{height}, {width}], algorithm: {word}}}\n"
            )
        })
    });
    let lines: BTreeSet<_> = convolutions.collect();
    match lines.is_empty() {
        true => "convolutions: []\n".to_owned(),
        false => format!("convolutions:\n{}", Vec::from_iter(lines).concat()),
    }
}
