//! Lowers layers to a graph, one node a layer, with the parameters that each has.

use std::rc::Rc;

use resnet_geometry::{Activation, Conv2d as ConvSizes, Linear as LinearSizes};

use crate::diagnostics::Place;
use crate::graph::{EdgeKind, Graph, Node, Phase, Value};
use crate::layers::{self, Layer, LayerKind, Layers, Source};
use crate::ops::{
    Activate, Add, BatchNorm, BlurPool, Concat, Conv2d, DropPath, Dropout, GlobalAveragePool,
    Input, Linear, Norm, Op, Output, Pool2d, Scale, Subsample,
};
use crate::parameter::{Init, Parameter, ParameterId, Role};

/// The graph of a network, without shapes.
pub fn lower(layers: &Layers) -> Graph {
    let mut graph = Graph::default();
    let shape = layers.input.value;
    let input = node("input", Rc::new(Input { shape }), layers.input.place);
    let input = Features {
        value: graph.add(input, &[]),
        channels: shape.channels,
    };
    let skips = on_skip_connections(layers);
    let mut features: Vec<Features> = Vec::with_capacity(layers.list.len());
    let of = |features: &[Features], source| match source {
        Source::Input => input,
        Source::Layer(position) => features[position],
    };
    let mut stream = 0;
    for (layer, &skip) in layers.list.iter().zip(&skips) {
        let inputs = layer.inputs.iter().map(|&source| of(&features, source));
        let inputs: Vec<_> = inputs.collect();
        let lowered = lower_layer(&mut graph, layer, stream, skip, &inputs);
        features.push(lowered);
        stream += usize::from(layer.kind.draws());
    }
    for output in &layers.outputs {
        let value = of(&features, output.source).value;
        let name = match layers.outputs.len() {
            1 => "output".to_owned(),
            _ => format!("output.{}", output.name),
        };
        let op = Output::new(&output.name);
        let output = node(&name, Rc::new(op), output.place);
        graph.add(output, &[(value, EdgeKind::Main)]);
    }
    graph
}

/// A value with its channels, which later layers need before shapes are inferred.
#[derive(Clone, Copy)]
struct Features {
    value: Value,
    channels: usize,
}

/// For each layer: whether everything that it makes flows into skip connections.
fn on_skip_connections(layers: &Layers) -> Vec<bool> {
    let len = layers.list.len();
    let (mut read, mut read_by_main) = (vec![false; len], vec![false; len]);
    for output in &layers.outputs {
        if let Source::Layer(position) = output.source {
            read_by_main[position] = true;
        }
    }
    for (reader, layer) in layers.list.iter().enumerate().rev() {
        let on_skip = read[reader] && !read_by_main[reader];
        for (port, source) in layer.inputs.iter().enumerate() {
            if let Source::Layer(position) = *source {
                read[position] = true;
                read_by_main[position] |= edge_kind(layer, port, on_skip) == EdgeKind::Main;
            }
        }
    }
    let on_skip = read.iter().zip(&read_by_main);
    on_skip.map(|(&read, &main)| read && !main).collect()
}

/// What the edge into a layer's port is for, if the layer is or isn't on a skip connection.
fn edge_kind(layer: &Layer, port: usize, on_skip: bool) -> EdgeKind {
    let joins = matches!(layer.kind, LayerKind::Add | LayerKind::Concat);
    match on_skip || (joins && port > 0) {
        true => EdgeKind::Skip,
        false => EdgeKind::Main,
    }
}

/// Adds a layer's nodes and parameters.
fn lower_layer(
    graph: &mut Graph,
    layer: &Layer,
    stream: usize,
    on_skip: bool,
    inputs: &[Features],
) -> Features {
    let edges: Vec<_> = inputs
        .iter()
        .enumerate()
        .map(|(port, input)| (input.value, edge_kind(layer, port, on_skip)))
        .collect();
    let channels = inputs[0].channels;
    let Layer { name, kind, .. } = layer;
    let (op, channels): (Rc<dyn Op>, usize) = match kind {
        LayerKind::Conv(conv) => (Rc::new(conv2d(graph, name, conv, channels)), conv.channels),
        LayerKind::Norm(norm) => (Rc::new(batch_norm(graph, name, norm, channels)), channels),
        LayerKind::Linear(linear) => (
            Rc::new(self::linear(graph, name, linear, channels)),
            linear.features,
        ),
        &LayerKind::Activation(activation) => (Rc::new(Activate { activation }), channels),
        &LayerKind::Pool(kind, sizes) => (Rc::new(Pool2d { kind, sizes }), channels),
        LayerKind::GlobalPool => (Rc::new(GlobalAveragePool), channels),
        LayerKind::Add => {
            let value = add(graph, layer, &edges);
            return Features { value, channels };
        }
        LayerKind::Concat => {
            let all = inputs.iter().map(|input| input.channels);
            // More than any machine holds is for shape inference to refuse.
            let sum = all.fold(0, usize::saturating_add);
            (Rc::new(Concat), sum)
        }
        LayerKind::Scale => (Rc::new(Scale), channels),
        &LayerKind::BlurPool { kernel, stride } => (Rc::new(BlurPool { kernel, stride }), channels),
        &LayerKind::Dropout { rate } => (Rc::new(Dropout { rate, stream }), channels),
        &LayerKind::DropPath { rate } => (Rc::new(DropPath { rate, stream }), channels),
        &LayerKind::Subsample {
            stride,
            channels: out_channels,
        } => (
            Rc::new(Subsample {
                stride,
                out_channels,
            }),
            out_channels,
        ),
    };
    Features {
        value: graph.add(node(name, op, layer.place), &edges),
        channels,
    }
}

/// Adds a chain of additions, of two values each; gives the sum of all.
fn add(graph: &mut Graph, layer: &Layer, edges: &[(Value, EdgeKind)]) -> Value {
    let (&(first, kind), others) = edges.split_first().expect("a layer reads something");
    let mut sum = first;
    for (n, &other) in others.iter().enumerate() {
        let name = layers::added_name(&layer.name, n);
        let op = Rc::new(Add {
            activation: Activation::Identity,
        });
        sum = graph.add(node(&name, op, layer.place), &[(sum, kind), other]);
    }
    sum
}

fn conv2d(graph: &mut Graph, name: &str, conv: &layers::Conv, in_channels: usize) -> Conv2d {
    let layers::Conv {
        channels,
        kernel,
        stride,
        padding,
        dilation,
        groups,
        bias,
        init,
    } = *conv;
    let sizes = ConvSizes::new(in_channels, channels)
        .kernel(kernel)
        .stride(stride)
        .padding(padding)
        .dilation(dilation)
        .groups(groups);
    let shape = vec![channels, in_channels / groups, kernel[0], kernel[1]];
    let weight = weight(graph, name, shape, Role::ConvWeight, init);
    let bias = bias.then(|| parameter(graph, name, "bias", vec![channels], Role::Bias));
    Conv2d {
        bias,
        ..Conv2d::new(sizes, weight)
    }
}

fn batch_norm(graph: &mut Graph, name: &str, norm: &layers::Norm, channels: usize) -> BatchNorm {
    let weight = weight(graph, name, vec![channels], Role::NormWeight, norm.init);
    let mut vector = |suffix, role| parameter(graph, name, suffix, vec![channels], role);
    BatchNorm::new(Norm {
        weight,
        bias: vector("bias", Role::NormBias),
        running_mean: vector("running_mean", Role::RunningMean),
        running_var: vector("running_var", Role::RunningVar),
        epsilon: norm.epsilon,
        momentum: norm.momentum,
        channels,
    })
}

fn linear(graph: &mut Graph, name: &str, linear: &layers::Linear, in_features: usize) -> Linear {
    let out_features = linear.features;
    let shape = vec![out_features, in_features];
    let weight = weight(graph, name, shape, Role::LinearWeight, linear.init);
    let mut bias = || parameter(graph, name, "bias", vec![out_features], Role::Bias);
    Linear {
        sizes: LinearSizes {
            in_features,
            out_features,
        },
        weight,
        bias: linear.bias.then(&mut bias),
    }
}

/// A layer's weight.
fn weight(
    graph: &mut Graph,
    layer: &str,
    shape: Vec<usize>,
    role: Role,
    init: Init,
) -> ParameterId {
    let parameter = Parameter::new(format!("{layer}.weight"), shape, role);
    graph.add_parameter(parameter.init(init))
}

/// Another parameter, initialised as all of its role.
fn parameter(
    graph: &mut Graph,
    layer: &str,
    suffix: &str,
    shape: Vec<usize>,
    role: Role,
) -> ParameterId {
    let name = format!("{layer}.{suffix}");
    graph.add_parameter(Parameter::new(name, shape, role))
}

fn node(name: &str, op: Rc<dyn Op>, place: Place) -> Node {
    Node {
        name: name.to_owned(),
        op,
        outputs: Vec::new(),
        phase: Phase::Forward,
        place: Some(place),
    }
}
