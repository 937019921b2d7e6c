//! Training: a batch norm whose parameters are frozen normalises by its
//! running statistics, and leaves them alone.
//!
//! ```text
//! x -> batch_norm (frozen) -> y        x -> fixed_norm -> y
//! ```

use crate::graph::Graph;
use crate::ops::{BatchNorm, FixedNorm};

pub(super) fn fix_frozen_norms(graph: &mut Graph) {
    for index in graph.indices() {
        let Some(norm) = graph.node(index).op_as::<BatchNorm>() else {
            continue;
        };
        let norm = norm.norm;
        if !graph.trains(norm.weight) {
            graph.set_op(index, FixedNorm { norm });
        }
    }
}
