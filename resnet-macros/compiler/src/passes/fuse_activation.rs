//! An activation becomes the last step of whatever computes its input.
//!
//! ```text
//! x -> conv2d     -> relu -> y        x -> conv2d(relu)     -> y      inference
//! x -> add        -> relu -> y        x -> add(relu)        -> y      inference
//! x -> fixed_norm -> relu -> y        x -> fixed_norm(relu) -> y      inference
//! x -> batch_norm -> relu -> y        x -> batch_norm(relu) -> y      training
//! ```
//!
//! Refuses when something else reads the value before the activation; in
//! training, backward does where the activation's derivative needs it.

use resnet_geometry::Activation;

use crate::graph::{Graph, Node};
use crate::ops::{Activate, Add, BatchNorm, Conv2d, FixedNorm, Op};

/// Into convolutions, adds and norms.
pub(super) fn fuse_activation(graph: &mut Graph) {
    fuse(graph, |node, activation| {
        let add = |add: &Add| (add.activation == IDENTITY).then_some(Add { activation });
        node.op_as().and_then(add)
    });
    fuse(graph, |node, activation| {
        let conv = node.op_as::<Conv2d>()?;
        (conv.activation == IDENTITY).then(|| Conv2d {
            activation,
            ..conv.clone()
        })
    });
    fuse(graph, |node, activation| {
        let norm = node.op_as::<FixedNorm>()?;
        (norm.activation == IDENTITY).then(|| FixedNorm {
            activation,
            ..norm.clone()
        })
    });
}

/// Into batch norms, whose backward sweep then goes back through both.
pub(super) fn fuse_batch_norm_activation(graph: &mut Graph) {
    fuse(graph, |node, activation| {
        let norm = node.op_as::<BatchNorm>()?;
        let fits = norm.activation == IDENTITY && activation.derivative_from_output();
        fits.then(|| BatchNorm {
            activation,
            ..norm.clone()
        })
    });
}

const IDENTITY: Activation = Activation::Identity;

/// Replaces each activation whose producer `with` can take it.
fn fuse<O: Op>(graph: &mut Graph, with: impl Fn(&Node, Activation) -> Option<O>) {
    for index in graph.indices() {
        let Some(activate) = graph.node(index).op_as::<Activate>() else {
            continue;
        };
        let before = graph.inputs(index)[0];
        let fused = with(graph.node(before.node), activate.activation);
        if let (Some(fused), Some(_)) = (fused, graph.only_reader(before)) {
            graph.absorb_producer(index, 0, fused);
        }
    }
}
