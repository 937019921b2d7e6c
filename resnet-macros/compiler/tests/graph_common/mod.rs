//! Graphs built by hand, and what is emitted for them.

use std::rc::Rc;

use resnet_compiler::backward::derive_backward;
use resnet_compiler::check::check;
use resnet_compiler::diagnostics::Diagnostics;
use resnet_compiler::emit::{Network, Planned, emit, pretty};
use resnet_compiler::graph::{EdgeKind, Graph, Node, Phase, Value};
use resnet_compiler::layout::choose_layouts;
use resnet_compiler::metadata::Metadata;
use resnet_compiler::ops::Op;
use resnet_compiler::plan::plan_memory;
use resnet_compiler::shape::infer_shapes;
use resnet_compiler::storage::Storage;
use resnet_compiler::{Options, passes};

/// Adds a node whose inputs are main edges.
pub(crate) fn add(graph: &mut Graph, name: &str, op: impl Op, inputs: &[Value]) -> Value {
    let node = Node {
        name: name.to_owned(),
        op: Rc::new(op),
        outputs: Vec::new(),
        phase: Phase::Forward,
        place: None,
    };
    let edges: Vec<_> = inputs
        .iter()
        .map(|&value| (value, EdgeKind::Main))
        .collect();
    graph.add(node, &edges)
}

/// Takes a graph through every stage.
pub(crate) fn compile(name: &str, mut graph: Graph) -> Result<Network, Diagnostics> {
    infer_shapes(&mut graph)?;
    check(&graph, "building").unwrap();

    let mut inference = graph.clone();
    passes::run_watched(&mut inference, passes::INFERENCE, |_, _| {}).unwrap();
    let mut training = graph;
    passes::run_watched(&mut training, passes::TRAINING, |_, _| {}).unwrap();
    derive_backward(&mut training);
    check(&training, "derive_backward").unwrap();

    let storage = Storage::new(&inference, &training);
    let planned = |graph: Graph, training| {
        let plan = plan_memory(&graph, &choose_layouts(&graph));
        Planned {
            graph,
            plan,
            training,
        }
    };
    Ok(Network {
        name: name.to_owned(),
        hash: String::new(),
        metadata: Metadata::default(),
        inference: planned(inference, false),
        training: planned(training, true),
        storage,
    })
}

/// The emitted module as text.
pub(crate) fn text(network: &Network) -> String {
    pretty(emit(network, &Options::default())).unwrap()
}
