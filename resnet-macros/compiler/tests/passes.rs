//! Fusions: what they join, what they refuse, and that the graph stays sound.

mod common;

use std::rc::Rc;

use resnet_compiler::analyse;
use resnet_compiler::check::check;
use resnet_compiler::graph::{EdgeKind, Graph, Node, Phase, Shape, Value};
use resnet_compiler::ops::{
    Activate, Add, BatchNorm, Conv2d, FixedNorm, GlobalAveragePool, Input, Norm, Op, Output, Pool2d,
};
use resnet_compiler::parameter::{Parameter, Role};
use resnet_compiler::passes::{self, INFERENCE, TRAINING};
use resnet_compiler::shape::infer_shapes;
use resnet_compiler::source::Source;
use resnet_geometry::{Activation, Conv2d as Sizes};

fn count<T: Op>(graph: &Graph) -> usize {
    let indices = graph.indices();
    indices
        .iter()
        .filter(|&&i| graph.node(i).op_as::<T>().is_some())
        .count()
}

#[test]
fn inference_leaves_convolutions_alone() {
    for kind in ["basic", "bottleneck"] {
        for shortcut in ["projection", "none"] {
            let network = analyse(&common::spec(kind, shortcut, true)).unwrap();
            let graph = &network.inference.graph;
            assert_eq!(count::<BatchNorm>(graph), 0);
            assert_eq!(count::<Activate>(graph), 0);
            assert_eq!(count::<Add>(graph), 0);
        }
    }
}

#[test]
fn training_keeps_batch_norms_and_fuses_the_rest() {
    let network = analyse(&common::spec("basic", "identity", false)).unwrap();
    let text = network.training.graph.to_string();
    assert_eq!(count::<Activate>(&network.training.graph), 0);
    assert_eq!(count::<Add>(&network.training.graph), 0);
    assert!(
        text.contains(
            "layer1.0.bn2 = batch_norm(layer1.0.conv2, skip bn1) epsilon=0.00001 momentum=0.1 \
         activation=relu statistics=conv : 8x17x13"
        ),
        "{text}"
    );
    assert!(text.contains("layer1.0.conv2 = conv2d(layer1.0.bn1) channels=8 kernel=3x3 stride=1x1 padding=1x1 statistics=batch"), "{text}");
}

/// A graph of a convolution, a batch norm and an activation, whose `tapped`
/// value is read a second time at the end.
fn tapped(tapped: &str) -> Graph {
    let mut graph = Graph::default();
    let add = |graph: &mut Graph, name: &str, op: Rc<dyn Op>, inputs: &[Value]| {
        let node = Node {
            name: name.to_owned(),
            op,
            outputs: Vec::new(),
            phase: Phase::Forward,
            place: None,
        };
        let edges: Vec<_> = inputs
            .iter()
            .map(|&value| (value, EdgeKind::Main))
            .collect();
        graph.add(node, &edges)
    };
    let parameter = |graph: &mut Graph, name: &str, shape: &[usize], role| {
        graph.add_parameter(Parameter::new(name, shape.to_vec(), role))
    };
    let weight = parameter(&mut graph, "w", &[4, 4, 1, 1], Role::ConvWeight);
    let norm = Norm {
        weight: parameter(&mut graph, "g", &[4], Role::NormWeight),
        bias: parameter(&mut graph, "b", &[4], Role::NormBias),
        running_mean: parameter(&mut graph, "m", &[4], Role::RunningMean),
        running_var: parameter(&mut graph, "v", &[4], Role::RunningVar),
        epsilon: 1e-5,
        momentum: 0.1,
        channels: 4,
    };
    let input = Input {
        shape: Shape::new(4, 3, 3),
    };
    let relu = Activate {
        activation: Activation::Relu,
    };
    let plain_add = Add {
        activation: Activation::Identity,
    };
    let input = add(&mut graph, "input", Rc::new(input), &[]);
    let conv = Conv2d::new(Sizes::new(4, 4), weight);
    let conv = add(&mut graph, "conv", Rc::new(conv), &[input]);
    let norm = add(&mut graph, "norm", Rc::new(BatchNorm::new(norm)), &[conv]);
    let relu = add(&mut graph, "relu", Rc::new(relu), &[norm]);
    let other = match tapped {
        "conv" => conv,
        "norm" => norm,
        _ => relu,
    };
    let sum = add(&mut graph, "sum", Rc::new(plain_add), &[relu, other]);
    let pool = add(&mut graph, "pool", Rc::new(GlobalAveragePool), &[sum]);
    add(
        &mut graph,
        "output",
        Rc::new(Output::new("logits")),
        &[pool],
    );
    infer_shapes(&mut graph).unwrap();
    check(&graph, "building").unwrap();
    graph
}

#[test]
fn fusions_refuse_what_somebody_else_reads() {
    let after = |tap: &str, passes| {
        let mut graph = tapped(tap);
        passes::run_watched(&mut graph, passes, |_, _| {}).unwrap();
        graph
    };
    // A norm that is not folded is fixed, and takes the activation.
    let graph = after("conv", INFERENCE);
    assert_eq!(
        (count::<FixedNorm>(&graph), count::<Activate>(&graph)),
        (1, 0)
    );
    let graph = after("norm", INFERENCE);
    assert_eq!(
        (count::<FixedNorm>(&graph), count::<Activate>(&graph)),
        (0, 1)
    );
    let graph = after("relu", INFERENCE);
    assert_eq!(
        (count::<FixedNorm>(&graph), count::<Activate>(&graph)),
        (0, 0)
    );
    let graph = after("norm", TRAINING);
    assert_eq!(
        (count::<BatchNorm>(&graph), count::<Activate>(&graph)),
        (1, 1)
    );
    let graph = after("relu", TRAINING);
    assert_eq!(
        (count::<BatchNorm>(&graph), count::<Activate>(&graph)),
        (1, 0)
    );
}

#[test]
fn max_pools_join_convolutions_that_nothing_else_reads() {
    let pools = |kind: &str, last: &str, size: usize| {
        let text = format!(
            "model: pooled\n\
             input: {{channels: 3, height: {size}, width: {size}}}\n\
             layers:\n\
             \x20 - {{name: conv, conv: {{channels: 8, kernel: 3, bias: true}}}}\n\
             \x20 - {{name: relu, activation: relu}}\n\
             \x20 - {{name: pool, pool: {{kind: {kind}, kernel: 3, stride: 1}}}}\n\
             \x20 - {{name: last, {last}}}\n"
        );
        let network = analyse(&Source::new("pooled.yaml", &text)).unwrap();
        count::<Pool2d>(&network.inference.graph)
    };
    assert_eq!(pools("max", "activation: silu", 16), 0);
    assert_eq!(pools("average", "activation: silu", 16), 1);
    assert_eq!(pools("max", "add: [pool, relu]", 16), 1);
    // So few rows stay near anyway.
    assert_eq!(pools("max", "activation: silu", 15), 1);
}

#[test]
fn check_finds_what_is_broken() {
    let find = |graph: &Graph, name: &str| {
        let indices = graph.indices();
        indices
            .into_iter()
            .find(|&i| graph.node(i).name == name)
            .unwrap()
    };
    let mut graph = tapped("relu");
    let norm = find(&graph, "norm");
    graph.node_mut(norm).name = "conv".to_owned();
    let error = check(&graph, "renaming").unwrap_err();
    assert_eq!(error, "after renaming: two nodes are named conv");

    let mut graph = tapped("relu");
    let pool = find(&graph, "pool");
    graph.node_mut(pool).outputs = vec![Shape::new(4, 2, 2)];
    let error = check(&graph, "reshaping").unwrap_err();
    assert!(
        error.starts_with("after reshaping: pool has shapes"),
        "{error}"
    );

    let mut graph = tapped("relu");
    graph.add_parameter(Parameter::new("unused", vec![1], Role::Bias));
    let error = check(&graph, "adding").unwrap_err();
    assert_eq!(error, "after adding: parameter unused belongs to 0 nodes");

    let mut graph = tapped("relu");
    let norm = find(&graph, "norm");
    graph.node_mut(norm).phase = Phase::Backward;
    assert!(
        check(&graph, "moving")
            .unwrap_err()
            .contains("across phases")
    );
}
