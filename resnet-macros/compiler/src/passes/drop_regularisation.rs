//! Inference: dropout and stochastic depth do nothing.
//!
//! ```text
//! x -> dropout -> y        x -> y
//! ```

use crate::graph::Graph;
use crate::ops::{DropPath, Dropout};

pub(super) fn drop_regularisation(graph: &mut Graph) {
    for index in graph.indices() {
        let node = graph.node(index);
        if node.op_as::<Dropout>().is_some() || node.op_as::<DropPath>().is_some() {
            graph.bypass(index);
        }
    }
}
