//! Training: the convolution before a batch norm computes the batch's mean and
//! variance while its output is still in cache.
//!
//! ```text
//! x -> conv2d -> batch_norm -> y        x -> conv2d(statistics) -> batch_norm(normalise) -> y
//! ```
//!
//! Refuses when the convolution has a bias of its own (its output then is not
//! what the epilogue holds). Other readers of its output do no harm.

use crate::graph::Graph;
use crate::ops::{BatchNorm, Conv2d};

pub(super) fn fuse_conv_statistics(graph: &mut Graph) {
    for norm_node in graph.indices() {
        let Some(norm) = graph.node(norm_node).op_as::<BatchNorm>() else {
            continue;
        };
        let conv_node = graph.inputs(norm_node)[0].node;
        let Some(conv) = graph.node(conv_node).op_as::<Conv2d>() else {
            continue;
        };
        if conv.bias.is_some() || conv.statistics.is_some() {
            continue;
        }
        let conv = Conv2d {
            statistics: Some(norm.norm),
            ..conv.clone()
        };
        let norm = BatchNorm {
            statistics_in_conv: true,
            ..norm.clone()
        };
        graph.set_op(conv_node, conv);
        graph.set_op(norm_node, norm);
    }
}
