//! The outputs of a network, in the order in which the spec names them.

use petgraph::stable_graph::NodeIndex;

use crate::graph::{Graph, Shape};
use crate::ops::Output;

/// One output, as the emitted table lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedOutput {
    /// Its name.
    pub name: String,
    /// Its node.
    pub node: NodeIndex,
    /// Its shape; a vector has a single pixel.
    pub shape: Shape,
    /// Elements for one image of the outputs before it.
    pub offset: usize,
}

/// All outputs, in order of addition, which needn't be that of execution:
/// features in the middle of a network are ready before its logits.
pub fn outputs(graph: &Graph) -> Vec<NamedOutput> {
    let mut outputs: Vec<NamedOutput> = Vec::new();
    for node in graph.indices() {
        if let Some(output) = graph.node(node).op_as::<Output>() {
            let end = outputs
                .last()
                .map_or(0, |last| last.offset + last.shape.len());
            outputs.push(NamedOutput {
                name: output.name.clone(),
                node,
                shape: graph.shape(graph.inputs(node)[0]),
                offset: end,
            });
        }
    }
    outputs
}
