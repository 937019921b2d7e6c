//! What an explanation of an answer needs: the last map and its gradient.

use super::{Mistake, Op};
use crate::emit::{Arg, Call, Site};
use crate::graph::{Graph, Shape};

/// Shows the last map and its gradient to whoever asked for them, and ends the
/// backward pass for them; see [`derive_backward`](crate::backward::derive_backward).
/// In training nobody has asked.
#[derive(Debug)]
pub struct Explain;

impl Op for Explain {
    fn name(&self) -> &'static str {
        "explain"
    }

    fn infer(&self, _: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(Vec::new())
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        let args = [Arg::buffer(site.input(0)), Arg::buffer(site.input(1))];
        vec![Call::new("explain", args).that_may_end_it()]
    }
}

/// Shape of the map that a training step can explain its first output by.
pub(crate) fn explained(graph: &Graph) -> Option<Shape> {
    let mut nodes = graph.indices().into_iter();
    let node = nodes.find(|&node| graph.node(node).op_as::<Explain>().is_some())?;
    Some(graph.shape(graph.inputs(node)[0]))
}
