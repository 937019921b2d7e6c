//! Activations through every stage: what they fuse into, what backward keeps,
//! and what is emitted.

mod graph_common;

use graph_common::{add, compile, text};
use resnet_compiler::emit::Network;
use resnet_compiler::graph::{Graph, Shape, Value};
use resnet_compiler::ops::{
    Activate, Add, BatchNorm, Conv2d, GlobalAveragePool, Input, Linear, Norm, Output,
};
use resnet_compiler::parameter::{Parameter, ParameterId, Role};
use resnet_geometry::{Activation, Conv2d as Sizes, Linear as LinearSizes};

const LEAKY: Activation = Activation::LeakyRelu { slope: 0.1 };

fn parameter(graph: &mut Graph, name: &str, shape: &[usize], role: Role) -> ParameterId {
    graph.add_parameter(Parameter::new(name, shape.to_vec(), role))
}

/// A convolution of 4 channels and its batch norm.
fn conv_norm(graph: &mut Graph, name: &str, input: Value) -> Value {
    let weight = parameter(graph, &format!("{name}.w"), &[4, 4, 1, 1], Role::ConvWeight);
    let conv = Conv2d::new(Sizes::new(4, 4), weight);
    let conv = add(graph, name, conv, &[input]);
    let mut vector = |suffix, role| parameter(graph, &format!("{name}.{suffix}"), &[4], role);
    let norm = Norm {
        weight: vector("g", Role::NormWeight),
        bias: vector("b", Role::NormBias),
        running_mean: vector("m", Role::RunningMean),
        running_var: vector("v", Role::RunningVar),
        epsilon: 1e-5,
        momentum: 0.1,
        channels: 4,
    };
    let norm = BatchNorm::new(norm);
    add(graph, &format!("{name}_norm"), norm, &[conv])
}

/// Convolution, batch norm and activation; the same with a skip connection;
/// pool and linear layer, and the activation again.
fn network(activation: Activation) -> Network {
    let mut graph = Graph::default();
    let shape = Shape::new(4, 5, 3);
    let input = add(&mut graph, "input", Input { shape }, &[]);
    let before = conv_norm(&mut graph, "first", input);
    let act = Activate { activation };
    let skip = add(&mut graph, "act1", act, &[before]);
    let main = conv_norm(&mut graph, "second", skip);
    let plain = Add {
        activation: Activation::Identity,
    };
    let sum = add(&mut graph, "sum", plain, &[main, skip]);
    let act = Activate { activation };
    let sum = add(&mut graph, "act2", act, &[sum]);
    let pool = add(&mut graph, "pool", GlobalAveragePool, &[sum]);
    let linear = Linear {
        sizes: LinearSizes::new(4, 7),
        weight: parameter(&mut graph, "fc.w", &[7, 4], Role::LinearWeight),
        bias: None,
    };
    let linear = add(&mut graph, "fc", linear, &[pool]);
    let act = Activate { activation };
    let last = add(&mut graph, "act3", act, &[linear]);
    add(&mut graph, "output", Output::new("logits"), &[last]);
    compile("activated", graph).unwrap()
}

/// All activations but the identity and ReLU, and whether batch norms take them.
const ALL: [(Activation, bool, &str); 9] = [
    (LEAKY, true, "leaky_relu"),
    (Activation::LeakyRelu { slope: -0.5 }, false, "leaky_relu"),
    (Activation::Silu, false, "silu"),
    (Activation::Gelu, false, "gelu"),
    (Activation::Elu { alpha: 1.0 }, true, "elu"),
    (Activation::Elu { alpha: -1.0 }, false, "elu"),
    (Activation::HardSwish, false, "hard_swish"),
    (Activation::Sigmoid, true, "sigmoid"),
    (Activation::Tanh, true, "tanh"),
];

fn titles(graph: &Graph) -> Vec<String> {
    let order = graph.order().into_iter();
    order.map(|index| graph.node(index).op.title()).collect()
}

#[test]
fn inference_fuses_every_activation_into_convolutions() {
    for (activation, _, name) in ALL {
        let titles = titles(&network(activation).inference.graph);
        let first = format!("conv2d 1x1 + batch_norm + {name}");
        let second = format!("conv2d 1x1 + batch_norm + add + {name}");
        assert_eq!(titles[1..3], [first, second]);
        // Linear layers have no epilogue.
        assert_eq!(titles[4..6], ["linear", name]);
    }
}

#[test]
fn training_fuses_where_the_derivative_follows_from_the_output() {
    for (activation, fuses, name) in ALL {
        let network = network(activation);
        let graph = &network.training.graph;
        let text = graph.to_string();
        let alone = graph.indices().into_iter().filter(|&index| {
            let node = graph.node(index);
            node.op_as::<Activate>().is_some()
        });
        assert_eq!(alone.count(), if fuses { 1 } else { 3 }, "{text}");
        let (node, reads) = match fuses {
            true => ("d_second_norm = ", "saved second_norm"),
            false => ("d_act2.input = ", "saved second_norm, "),
        };
        let line = text.lines().find(|line| line.starts_with(node));
        let line = line.unwrap_or_else(|| panic!("{node}: {text}"));
        assert!(line.contains(reads), "{line}");
        assert!(line.contains(&format!(" activation={name}")), "{line}");
    }
}

#[test]
fn texts_tell_parameters() {
    let network = network(LEAKY);
    let inference = network.inference.graph.to_string();
    assert!(
        inference.contains(" activation=leaky_relu(slope=0.1) : 4x5x3"),
        "{inference}"
    );
    assert!(
        inference.contains("act3 = leaky_relu(fc) slope=0.1 : 7x1x1"),
        "{inference}"
    );
    let other = self::network(Activation::LeakyRelu { slope: 0.2 });
    assert_ne!(inference, other.inference.graph.to_string());
}

/// The calls of a function that name an activation, however they are formatted.
fn calls(text: &str, method: &str, activation: Activation) -> usize {
    let constructor = match activation {
        Activation::LeakyRelu { slope } => format!("Activation::LeakyRelu{{slope:{slope:?}}}"),
        Activation::Elu { alpha } => format!("Activation::Elu{{alpha:{alpha:?}}}"),
        activation => format!("Activation::{activation:?}"),
    };
    let text = text.replace(char::is_whitespace, "").replace(",}", "}");
    let method = format!("{method}(");
    let calls = text.split(&method).skip(1);
    let calls = calls.filter(|call| {
        let (arguments, _) = call.split_once(");").unwrap();
        arguments.contains(&constructor)
    });
    calls.count()
}

#[test]
fn activations_are_emitted_as_constructors() {
    for (activation, fuses, _) in ALL {
        let text = text(&network(activation));
        let calls = |method| calls(&text, method, activation);
        assert_eq!(calls("run.conv2d"), 2, "{text}");
        assert_eq!(calls("run.activate"), 1, "{text}");
        let (alone, fused) = if fuses { (1, 2) } else { (3, 0) };
        assert_eq!(calls("step.activate"), alone, "{text}");
        assert_eq!(calls("step.activate_backward"), alone, "{text}");
        assert_eq!(calls("step.batch_norm"), fused, "{text}");
        assert_eq!(calls("step.batch_norm_backward"), fused, "{text}");
    }
}
