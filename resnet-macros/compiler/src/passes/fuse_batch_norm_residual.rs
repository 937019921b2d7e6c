//! Training: a residual add joins the sweep of the batch norm that ends the
//! main branch.
//!
//! ```text
//! x -> batch_norm -> add -> y        x -> batch_norm(+ skip) -> y
//!           skip ----^                         skip ---^
//! ```
//!
//! Refuses when something else reads the batch norm's output.

use resnet_geometry::Activation;

use crate::graph::Graph;
use crate::ops::{Add, BatchNorm};

pub(super) fn fuse_batch_norm_residual(graph: &mut Graph) {
    for add_node in graph.indices() {
        let Some(add) = graph.node(add_node).op_as::<Add>() else {
            continue;
        };
        let activation = add.activation;
        let main = graph.inputs(add_node)[0];
        let Some(norm) = graph.node(main.node).op_as::<BatchNorm>() else {
            continue;
        };
        let plain = !norm.residual && norm.activation == Activation::Identity;
        if !plain || graph.only_reader(main).is_none() {
            continue;
        }
        let fused = BatchNorm {
            residual: true,
            activation,
            ..norm.clone()
        };
        graph.absorb_producer(add_node, 0, fused);
    }
}
