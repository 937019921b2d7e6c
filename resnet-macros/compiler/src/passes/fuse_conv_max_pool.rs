//! Inference: a max pool takes the rows of the convolution before it as they
//! are computed, so that the map between them never leaves the processor.
//!
//! ```text
//! x -> conv2d(relu) -> max_pool -> y        x -> conv2d(relu, max_pool) -> y
//! ```
//!
//! Refuses when something else reads the convolution's output, when a residual
//! is added to it, and where it doesn't pay.

use crate::graph::Graph;
use crate::ops::{Conv2d, MaxPooled, Pool2d, PoolKind};

pub(super) fn fuse_conv_max_pool(graph: &mut Graph) {
    for pool_node in graph.indices() {
        let Some(pool) = graph.node(pool_node).op_as::<Pool2d>() else {
            continue;
        };
        let (kind, sizes) = (pool.kind, pool.sizes);
        let before = graph.inputs(pool_node)[0];
        let Some(conv) = graph.node(before.node).op_as::<Conv2d>() else {
            continue;
        };
        let from = graph.shape(before);
        let plain = kind == PoolKind::Max && !conv.residual && conv.pool.is_none();
        let pays = conv.sizes.suits_max_pool(&sizes, [from.height, from.width]);
        if !plain || !pays || graph.only_reader(before).is_none() {
            continue;
        }
        let fused = Conv2d {
            pool: Some(MaxPooled { sizes, from }),
            ..conv.clone()
        };
        graph.absorb_producer(pool_node, 0, fused);
    }
}
