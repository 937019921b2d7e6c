//! Inference: a batch norm with fixed statistics is a scale and a shift of each
//! channel, so it moves into the weights and the bias of the convolution.
//!
//! ```text
//! x -> conv2d -> batch_norm -> y        x -> conv2d(folded) -> y
//! ```
//!
//! Refuses when something else reads the convolution's output.

use crate::graph::Graph;
use crate::ops::{BatchNorm, Conv2d};

pub(super) fn fold_batch_norm(graph: &mut Graph) {
    for norm_node in graph.indices() {
        let Some(norm) = graph.node(norm_node).op_as::<BatchNorm>() else {
            continue;
        };
        let norm = norm.norm;
        let inputs = graph.edges_into(norm_node);
        let conv_value = inputs[0].0;
        let Some(conv) = graph.node(conv_value.node).op_as::<Conv2d>() else {
            continue;
        };
        if graph.only_reader(conv_value).is_none() || conv.folded.is_some() {
            continue;
        }
        let folded = Conv2d {
            folded: Some(norm),
            ..conv.clone()
        };
        graph.absorb_producer(norm_node, 0, folded);
    }
}
