//! Inference: a residual add becomes the epilogue of the convolution that ends
//! the main branch.
//!
//! ```text
//! x -> conv2d -> add -> y        x -> conv2d(+ skip) -> y
//!       skip ----^                     skip ---^
//! ```
//!
//! Refuses when something else reads the convolution's output, or when an
//! activation already stands between the two.

use resnet_geometry::Activation;

use crate::graph::Graph;
use crate::ops::{Add, Conv2d};

pub(super) fn fuse_conv_residual(graph: &mut Graph) {
    for add_node in graph.indices() {
        let Some(add) = graph.node(add_node).op_as::<Add>() else {
            continue;
        };
        let activation = add.activation;
        let main = graph.inputs(add_node)[0];
        let Some(conv) = graph.node(main.node).op_as::<Conv2d>() else {
            continue;
        };
        let plain = !conv.residual && conv.activation == Activation::Identity;
        if !plain || graph.only_reader(main).is_none() {
            continue;
        }
        let fused = Conv2d {
            residual: true,
            activation,
            ..conv.clone()
        };
        graph.absorb_producer(add_node, 0, fused);
    }
}
