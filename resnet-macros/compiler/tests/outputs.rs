//! Networks of several named outputs, vectors and maps, through every stage.
//! The emitted code of one is checked in; `tests/gradients.rs` of the
//! repository runs it.

mod graph_common;

use std::path::Path;

use graph_common::{add, compile, text};
use resnet_compiler::check::check;
use resnet_compiler::emit::{Network, emit, pretty, summary};
use resnet_compiler::graph::{Graph, Shape, Value};
use resnet_compiler::metadata::{ClassNames, Metadata, Preprocessing};
use resnet_compiler::ops::{
    Activate, Add, BatchNorm, Conv2d, GlobalAveragePool, Input, Linear, Norm, Output,
};
use resnet_compiler::outputs::outputs;
use resnet_compiler::parameter::{Init, Parameter, Role};
use resnet_compiler::{Element, Options};
use resnet_geometry::{
    Activation, Conv2d as ConvSizes, Interpolation, Linear as LinearSizes, Resize,
};

const CHANNELS: usize = 6;

/// A 3x3 convolution and its batch norm.
fn conv_norm(graph: &mut Graph, n: usize, from: Value, channels: usize, init: Init) -> Value {
    let sizes = ConvSizes::new(channels, CHANNELS)
        .kernel([3, 3])
        .padding([1, 1]);
    let weight = vec![CHANNELS, channels, 3, 3];
    let weight = Parameter::new(format!("conv{n}.weight"), weight, Role::ConvWeight);
    let weight = graph.add_parameter(weight);
    let conv = add(
        graph,
        &format!("conv{n}"),
        Conv2d::new(sizes, weight),
        &[from],
    );
    let mut vector = |name, role| {
        let parameter = Parameter::new(format!("bn{n}.{name}"), vec![CHANNELS], role);
        graph.add_parameter(match role {
            Role::NormWeight => parameter.init(init),
            _ => parameter,
        })
    };
    let norm = BatchNorm::new(Norm {
        weight: vector("weight", Role::NormWeight),
        bias: vector("bias", Role::NormBias),
        running_mean: vector("running_mean", Role::RunningMean),
        running_var: vector("running_var", Role::RunningVar),
        epsilon: 1e-5,
        momentum: 0.1,
        channels: CHANNELS,
    });
    add(graph, &format!("bn{n}"), norm, &[conv])
}

fn relu(graph: &mut Graph, name: &str, from: Value) -> Value {
    let activation = Activation::Relu;
    add(graph, name, Activate { activation }, &[from])
}

/// A stem, a residual block and a head; everything between them is an output
/// too, the block's sum even twice.
fn several() -> Graph {
    let mut graph = Graph::default();
    let shape = Shape::new(3, 7, 5);
    let input = add(&mut graph, "input", Input { shape }, &[]);
    let norm = conv_norm(&mut graph, 1, input, 3, Init::ONE);
    let stem = relu(&mut graph, "relu1", norm);
    let norm = conv_norm(&mut graph, 2, stem, CHANNELS, Init::ZERO);
    let activation = Activation::Identity;
    let sum = add(&mut graph, "sum", Add { activation }, &[norm, stem]);
    let features = relu(&mut graph, "relu2", sum);
    let pooled = add(&mut graph, "avgpool", GlobalAveragePool, &[features]);
    let weight = Parameter::new("fc.weight", vec![5, CHANNELS], Role::LinearWeight);
    let bias = Parameter::new("fc.bias", vec![5], Role::Bias);
    let linear = Linear {
        sizes: LinearSizes::new(CHANNELS, 5),
        weight: graph.add_parameter(weight),
        bias: Some(graph.add_parameter(bias)),
    };
    let logits = add(&mut graph, "fc", linear, &[pooled]);
    for (name, value) in [
        ("logits", logits),
        ("stem", stem),
        ("features", features),
        ("again", features),
        ("embedding", pooled),
    ] {
        add(
            &mut graph,
            &format!("output.{name}"),
            Output::new(name),
            &[value],
        );
    }
    graph
}

fn network() -> Network {
    let network = compile("several_outputs", several()).unwrap();
    let names = ["cat", "dog", "owl", "fox", "bee"];
    Network {
        metadata: Metadata {
            class_names: ClassNames::List(names.map(str::to_owned).to_vec()),
            preprocessing: Preprocessing {
                resize: Some(Resize::Shorter(8)),
                crop: Some([7, 5]),
                interpolation: Some(Interpolation::Bicubic),
                mean: Some(vec![0.485, 0.456, 0.406]),
                std: Some(vec![0.229, 0.224, 0.225]),
            },
        },
        ..network
    }
}

#[test]
fn the_network_of_several_outputs_is_emitted_as_checked_in() {
    let options = Options {
        element: Element::F64,
        comments: true,
        ..Options::default()
    };
    let text = pretty(emit(&network(), &options)).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/several_outputs.rs");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = text.lines().zip(expected.lines()).position(|(a, b)| a != b);
    assert!(
        text == expected,
        "emitted code differs from {} (first in line {:?}): look at the difference, \
         and accept it with UPDATE_SNAPSHOTS=1",
        path.display(),
        differs.map(|line| line + 1)
    );
}

/// In the spec's order they are listed; in execution each comes right after
/// its value, which then need not stay.
#[test]
fn order_of_outputs() {
    let network = network();
    let graph = &network.inference.graph;
    let named: Vec<_> = outputs(graph)
        .into_iter()
        .map(|output| (output.name, output.shape.sizes(), output.offset))
        .collect();
    let expected = [
        ("logits", [5, 1, 1], 0),
        ("stem", [6, 7, 5], 5),
        ("features", [6, 7, 5], 215),
        ("again", [6, 7, 5], 425),
        ("embedding", [6, 1, 1], 635),
    ];
    assert_eq!(named, expected.map(|(name, s, o)| (name.to_owned(), s, o)));
    assert_eq!(summary(&network).classes, Some(5));
    let order: Vec<_> = graph.order();
    let names: Vec<_> = order.iter().map(|&node| &*graph.node(node).name).collect();
    assert_eq!(
        names,
        [
            "input",
            "conv1",
            "output.stem",
            "conv2",
            "output.features",
            "output.again",
            "avgpool",
            "output.embedding",
            "fc",
            "output.logits"
        ]
    );
}

/// What an output reads can't be fused away, and gradients of one value add
/// up in place.
#[test]
fn gradients_add_up() {
    let network = network();
    let text = network.training.graph.to_string();
    for line in [
        "output.stem = output(bn1) name=stem",
        "d_output.logits.input = d_output() name=logits : 5x1x1",
        "d_output.embedding.input = d_output(d_fc.input) name=embedding : 6x1x1",
        "d_output.again.input = d_output(d_avgpool.input) name=again : 6x7x5",
        "d_output.features.input = d_output(d_output.again.input) name=features : 6x7x5",
        "d_output.stem.input = d_output(d_conv2.input) name=stem : 6x7x5",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}:\n{text}");
    }
    let plan = &network.training.plan;
    let graph = &network.training.graph;
    for &node in &plan.order {
        if graph.node(node).name == "d_output.features.input" {
            let own = plan.buffer(Value { node, port: 0 });
            assert_eq!(plan.buffer(graph.inputs(node)[0]), own);
        }
    }
}

#[test]
fn a_first_output_that_is_a_map_has_no_classes() {
    let mut graph = Graph::default();
    let shape = Shape::new(3, 7, 5);
    let input = add(&mut graph, "input", Input { shape }, &[]);
    let norm = conv_norm(&mut graph, 1, input, 3, Init::ONE);
    let pooled = add(&mut graph, "avgpool", GlobalAveragePool, &[norm]);
    for (name, value) in [("map", norm), ("vector", pooled)] {
        add(
            &mut graph,
            &format!("output.{name}"),
            Output::new(name),
            &[value],
        );
    }
    let network = compile("mapped", graph).unwrap();
    assert_eq!(summary(&network).classes, None);
    let text = text(&network);
    assert!(!text.contains("CLASSES"), "{text}");
    assert!(text.contains("const CLASS_NAMES: &[&str] = &[];"), "{text}");
    assert!(text.contains("PREPROCESSING: Preprocessing = Preprocessing::NONE"));
}

#[test]
fn names_of_outputs_are_unique() {
    let mut graph = several();
    resnet_compiler::shape::infer_shapes(&mut graph).unwrap();
    let second = outputs(&graph)[1].node;
    graph.set_op(second, Output::new("logits"));
    let error = check(&graph, "naming").unwrap_err();
    assert_eq!(error, "after naming: two outputs are named logits");
}
