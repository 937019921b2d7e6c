//! Rewrites of the graph, as ordered lists. The graph's invariants are checked
//! after each list, in tests after each pass.

mod drop_regularisation;
mod fix_norms;
mod fold_batch_norm;
mod fuse_activation;
mod fuse_batch_norm_residual;
mod fuse_conv_max_pool;
mod fuse_conv_residual;
mod fuse_conv_statistics;

use crate::check::check;
use crate::graph::Graph;

/// A pass: its name, and what it does to the graph.
pub type Pass = (&'static str, fn(&mut Graph));

/// Inference: everything behind a convolution moves into its weights and epilogue.
pub const INFERENCE: &[Pass] = &[
    (
        "drop_regularisation",
        drop_regularisation::drop_regularisation,
    ),
    ("fold_batch_norm", fold_batch_norm::fold_batch_norm),
    ("fix_norms", fix_norms::fix_norms),
    ("fuse_conv_residual", fuse_conv_residual::fuse_conv_residual),
    ("fuse_activation", fuse_activation::fuse_activation),
    ("fuse_conv_max_pool", fuse_conv_max_pool::fuse_conv_max_pool),
];

/// Training: batch statistics are kept, everything else becomes one sweep.
pub const TRAINING: &[Pass] = &[
    ("fix_frozen_norms", fix_norms::fix_frozen_norms),
    (
        "fuse_conv_statistics",
        fuse_conv_statistics::fuse_conv_statistics,
    ),
    (
        "fuse_batch_norm_residual",
        fuse_batch_norm_residual::fuse_batch_norm_residual,
    ),
    (
        "fuse_batch_norm_activation",
        fuse_activation::fuse_batch_norm_activation,
    ),
];

/// Runs passes in order.
pub fn apply(graph: &mut Graph, passes: &[Pass]) {
    passes.iter().for_each(|(_, pass)| pass(graph));
}

/// Runs passes in order, and shows `watch` the name of each and the graph that it left,
/// which is checked; an error names the pass that broke it.
pub fn run_watched(
    graph: &mut Graph,
    passes: &[Pass],
    mut watch: impl FnMut(&'static str, &Graph),
) -> Result<(), String> {
    for &(name, pass) in passes {
        pass(graph);
        check(graph, name)?;
        watch(name, graph);
    }
    Ok(())
}
