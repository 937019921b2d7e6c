//! The pipeline's stages one by one, each from value to value, for tools that
//! stop after one of them and look at what it gave.
//!
//! ```
//! use resnet_compiler::{source::Source, stages};
//!
//! let source = Source::new("tiny.yaml", "\
//! model: tiny
//! input: {channels: 3, height: 8, width: 8}
//! stem: {channels: 16, kernel: 3}
//! block: {kind: basic, shortcut: identity}
//! stages: [{blocks: 1, channels: 16}]
//! head: {classes: 10}
//! ");
//! let lowered = stages::lowered(&stages::expanded(&stages::parsed(&source)?)?)?;
//! let fused = stages::fused(&lowered)?;
//! assert!(fused.indices().len() < lowered.indices().len());
//! # Ok::<(), resnet_compiler::diagnostics::Diagnostics>(())
//! ```

use crate::backward::derive_backward;
use crate::check::{check, check_parameters};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::emit::Planned;
use crate::family;
use crate::graph::Graph;
use crate::layer_form;
use crate::layers::Layers;
use crate::layout::choose_layouts;
use crate::lower::lower;
use crate::passes;
use crate::plan::plan_memory;
use crate::recompute::{Recompute, recompute};
use crate::select::{Choice, select_algorithms, select_training_algorithms};
use crate::shape::infer_shapes;
use crate::source::Source;
use crate::spec::{self, Form, Spec};
use crate::tuning::{Tuning, tune};

/// The spec, every value of it checked.
pub fn parsed(source: &Source) -> Result<Spec, Diagnostics> {
    let spec = spec::parse(source)?;
    spec::validate(&spec)?;
    Ok(spec)
}

/// The spec's layers, one by one.
pub fn expanded(spec: &Spec) -> Result<Layers, Diagnostics> {
    match spec.form()? {
        Form::Family(family) => family::expand(family),
        Form::Layers(layers) => layer_form::resolve(spec, layers),
    }
}

/// The graph of the layers, with all shapes.
pub fn lowered(layers: &Layers) -> Result<Graph, Diagnostics> {
    let mut graph = lower(layers);
    infer_shapes(&mut graph)?;
    sound(check_parameters(&graph))?;
    sound(check(&graph, "lowering"))?;
    Ok(graph)
}

/// The graph of inference: batch norms folded, epilogues fused.
pub fn fused(lowered: &Graph) -> Result<Graph, Diagnostics> {
    let mut graph = lowered.clone();
    passes::apply(&mut graph, passes::INFERENCE);
    sound(check(&graph, "the passes of inference"))?;
    Ok(graph)
}

/// The graph of a training step: fused for training, backward derived.
pub fn backward(lowered: &Graph) -> Result<Graph, Diagnostics> {
    let graph = derived(lowered);
    sound(check(&graph, "the passes of training and derive_backward"))?;
    Ok(graph)
}

fn derived(lowered: &Graph) -> Graph {
    let mut graph = lowered.clone();
    passes::apply(&mut graph, passes::TRAINING);
    derive_backward(&mut graph);
    graph
}

/// The graph of a training step, ready to be planned: its backward derived, its
/// algorithms selected, computing again what needn't stay.
pub fn training(lowered: &Graph, choice: Choice, which: Recompute) -> Result<Graph, Diagnostics> {
    let mut graph = selected_training(derived(lowered), choice);
    recompute(&mut graph, which);
    sound(check(
        &graph,
        "the passes of training, derive_backward and recompute",
    ))?;
    Ok(graph)
}

/// The graph of inference with an algorithm for every convolution.
pub fn selected(fused: Graph, choice: Choice) -> Graph {
    let mut graph = fused;
    select_algorithms(&mut graph, choice);
    graph
}

/// The graph of inference with algorithms that were measured, where there are any.
pub fn tuned(selected: Graph, tuning: Option<&Tuning>) -> Graph {
    let mut graph = selected;
    if let Some(tuning) = tuning {
        tune(&mut graph, tuning);
    }
    graph
}

/// The graph of a training step with an algorithm for every convolution.
pub fn selected_training(backward: Graph, choice: Choice) -> Graph {
    let mut graph = backward;
    select_training_algorithms(&mut graph, choice);
    graph
}

/// A graph with a layout and an offset for every value.
pub fn planned(graph: Graph, training: bool) -> Planned {
    let plan = plan_memory(&graph, &choose_layouts(&graph));
    Planned {
        graph,
        plan,
        training,
    }
}

/// A broken invariant is this compiler's fault, and is reported as such.
fn sound(result: Result<(), String>) -> Result<(), Diagnostics> {
    result.map_err(|what| {
        let message = format!("the compiler broke its own rules: {what}");
        let help = "this is a bug in the compiler: please report it with the spec";
        Diagnostics::from(Diagnostic::new(Code::Internal, None, message).help(help))
    })
}
