//! A batch norm that the batch has no say in normalises by its running
//! statistics: in training where its parameters are frozen, in inference where
//! no convolution before it could take it (before a block, for example, in
//! networks of pre-activation).
//!
//! ```text
//! x -> batch_norm -> y        x -> fixed_norm -> y
//! ```

use crate::graph::Graph;
use crate::ops::{BatchNorm, FixedNorm, Norm};

/// Inference: all that are left.
pub(super) fn fix_norms(graph: &mut Graph) {
    fix(graph, |_, _| true);
}

/// Training: those that are frozen.
pub(super) fn fix_frozen_norms(graph: &mut Graph) {
    fix(graph, |graph, norm| !graph.trains(norm.weight));
}

fn fix(graph: &mut Graph, is_fixed: impl Fn(&Graph, &Norm) -> bool) {
    for index in graph.indices() {
        let Some(norm) = graph.node(index).op_as::<BatchNorm>() else {
            continue;
        };
        let norm = norm.norm;
        if is_fixed(graph, &norm) {
            graph.set_op(index, FixedNorm::new(norm));
        }
    }
}
