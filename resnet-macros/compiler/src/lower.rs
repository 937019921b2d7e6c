//! Lowers a spec to a graph of plain operators, named as torchvision names them.
//!
//! Post-activation residual blocks (He et al. 2015): in a bottleneck the 3x3
//! convolution carries the stride, as in torchvision ("v1.5").

use std::rc::Rc;

use resnet_geometry::{
    Activation, Conv2d as ConvSizes, Linear as LinearSizes, Pool2d as PoolSizes,
};

use crate::diagnostics::Place;
use crate::graph::{EdgeKind, Graph, Node, Phase, Shape, Value};
use crate::ops::{
    Activate, Add, BatchNorm, Conv2d, GlobalAveragePool, Input, Linear, Norm, Op, Output, Pool2d,
    PoolKind, Subsample,
};
use crate::parameter::{Parameter, ParameterId, Role};
use crate::spec::{self, BlockKind, Shortcut, Spec};

/// What a bottleneck's last convolution multiplies its channels by.
const BOTTLENECK_EXPANSION: usize = 4;
/// torch's default.
const EPSILON: f64 = 1e-5;
/// torch's default.
const MOMENTUM: f64 = 0.1;

/// The graph of a spec, without shapes.
pub fn lower(spec: &Spec) -> Graph {
    let mut lowering = Lowering {
        graph: Graph::default(),
        place: spec.input.place,
        kind: EdgeKind::Main,
    };
    let input = lowering.input(spec);
    let stem = lowering.stem(&spec.stem, input);
    let features = lowering.stages(spec, stem);
    lowering.head(spec, features);
    lowering.graph
}

/// A value with its channels, which later layers need before shapes are inferred.
#[derive(Clone, Copy)]
struct Features {
    value: Value,
    channels: usize,
}

/// Adds layers to a graph, on behalf of some place in the spec.
struct Lowering {
    graph: Graph,
    place: Place,
    /// Whether layers are being added to the main path or to a skip connection.
    kind: EdgeKind,
}

impl Lowering {
    fn input(&mut self, spec: &Spec) -> Features {
        let spec::Input {
            channels,
            height,
            width,
            ..
        } = &spec.input;
        let shape = Shape::new(channels.value, height.value, width.value);
        let value = self.node("input", Input { shape }, &[]);
        Features {
            value,
            channels: channels.value,
        }
    }

    fn stem(&mut self, stem: &spec::Stem, input: Features) -> Features {
        self.place = stem.place;
        let window = Window {
            kernel: stem.kernel.value,
            stride: stem.stride.value,
            padding: stem.padding.value,
        };
        let conv = self.conv_norm("conv1", "bn1", input, stem.channels.value, window);
        let relu = self.relu("relu", conv);
        let Some(pool) = &stem.pool else {
            return relu;
        };
        let kind = match pool.kind.value {
            spec::PoolKind::Max => PoolKind::Max,
            spec::PoolKind::Average => PoolKind::Average,
        };
        let sizes = PoolSizes::new([pool.kernel.value; 2])
            .stride([pool.stride.value; 2])
            .padding([pool.padding.value; 2]);
        self.place = pool.place;
        let value = self.node("maxpool", Pool2d { kind, sizes }, &[relu.value]);
        Features { value, ..relu }
    }

    fn stages(&mut self, spec: &Spec, mut features: Features) -> Features {
        for (s, stage) in spec.stages.iter().enumerate() {
            self.place = stage.place;
            for b in 0..stage.blocks.value {
                let stride = if b == 0 { stage.stride.value } else { 1 };
                let name = format!("layer{}.{b}", s + 1);
                features = self.block(&spec.block, &name, features, stage.channels.value, stride);
            }
        }
        features
    }

    fn block(
        &mut self,
        block: &spec::Block,
        name: &str,
        input: Features,
        channels: usize,
        stride: usize,
    ) -> Features {
        let main = match block.kind.value {
            BlockKind::Basic => self.basic(name, input, channels, stride),
            BlockKind::Bottleneck => self.bottleneck(name, input, channels, stride),
        };
        let sum = match block.shortcut.value {
            Shortcut::None => main,
            shortcut => {
                self.kind = EdgeKind::Skip;
                let skip = self.shortcut(shortcut, name, input, main.channels, stride);
                self.kind = EdgeKind::Main;
                let add = Add {
                    activation: Activation::Identity,
                };
                let edges = [(main.value, EdgeKind::Main), (skip.value, EdgeKind::Skip)];
                let value = self.node_with_edges(&format!("{name}.add"), add, &edges);
                Features { value, ..main }
            }
        };
        self.relu(&format!("{name}.relu"), sum)
    }

    fn basic(&mut self, name: &str, input: Features, channels: usize, stride: usize) -> Features {
        let conv = |n| (format!("{name}.conv{n}"), format!("{name}.bn{n}"));
        let (conv1, bn1) = conv(1);
        let first = self.conv_norm(&conv1, &bn1, input, channels, Window::same(3, stride));
        let first = self.relu(&format!("{name}.relu1"), first);
        let (conv2, bn2) = conv(2);
        self.conv_norm(&conv2, &bn2, first, channels, Window::same(3, 1))
    }

    fn bottleneck(
        &mut self,
        name: &str,
        input: Features,
        channels: usize,
        stride: usize,
    ) -> Features {
        let windows = [
            (channels, Window::same(1, 1)),
            (channels, Window::same(3, stride)),
            (channels * BOTTLENECK_EXPANSION, Window::same(1, 1)),
        ];
        let mut features = input;
        for (i, (channels, window)) in windows.into_iter().enumerate() {
            let n = i + 1;
            if i > 0 {
                features = self.relu(&format!("{name}.relu{i}"), features);
            }
            let (conv, bn) = (format!("{name}.conv{n}"), format!("{name}.bn{n}"));
            features = self.conv_norm(&conv, &bn, features, channels, window);
        }
        features
    }

    /// The skip connection of a block that ends in `channels`.
    fn shortcut(
        &mut self,
        shortcut: Shortcut,
        name: &str,
        input: Features,
        channels: usize,
        stride: usize,
    ) -> Features {
        if stride == 1 && input.channels == channels {
            return input;
        }
        if shortcut == Shortcut::Projection {
            let (conv, bn) = (
                format!("{name}.downsample.0"),
                format!("{name}.downsample.1"),
            );
            return self.conv_norm(&conv, &bn, input, channels, Window::same(1, stride));
        }
        let op = Subsample {
            stride: [stride; 2],
            out_channels: channels,
        };
        let value = self.node(&format!("{name}.shortcut"), op, &[input.value]);
        Features { value, channels }
    }

    fn head(&mut self, spec: &Spec, features: Features) {
        self.place = spec.head.place;
        let pooled = self.node("avgpool", GlobalAveragePool, &[features.value]);
        let sizes = LinearSizes {
            in_features: features.channels,
            out_features: spec.head.classes.value,
        };
        let shape = vec![sizes.out_features, sizes.in_features];
        let weight = self.parameter("fc.weight", shape, Role::LinearWeight);
        let bias = self.parameter("fc.bias", vec![sizes.out_features], Role::Bias);
        let linear = Linear {
            sizes,
            weight,
            bias: Some(bias),
        };
        let logits = self.node("fc", linear, &[pooled]);
        self.node("output", Output, &[logits]);
    }

    /// A convolution without bias and its batch norm.
    fn conv_norm(
        &mut self,
        conv: &str,
        norm: &str,
        input: Features,
        channels: usize,
        window: Window,
    ) -> Features {
        let Window {
            kernel,
            stride,
            padding,
        } = window;
        let sizes = ConvSizes::new(input.channels, channels)
            .kernel([kernel; 2])
            .stride([stride; 2])
            .padding([padding; 2]);
        let shape = vec![channels, input.channels, kernel, kernel];
        let weight = self.parameter(&format!("{conv}.weight"), shape, Role::ConvWeight);
        let value = self.node(conv, Conv2d::new(sizes, weight), &[input.value]);
        let mut vector =
            |suffix, role| self.parameter(&format!("{norm}.{suffix}"), vec![channels], role);
        let op = BatchNorm::new(Norm {
            weight: vector("weight", Role::NormWeight),
            bias: vector("bias", Role::NormBias),
            running_mean: vector("running_mean", Role::RunningMean),
            running_var: vector("running_var", Role::RunningVar),
            epsilon: EPSILON,
            momentum: MOMENTUM,
            channels,
        });
        let value = self.node(norm, op, &[value]);
        Features { value, channels }
    }

    fn relu(&mut self, name: &str, input: Features) -> Features {
        let relu = Activate {
            activation: Activation::Relu,
        };
        let value = self.node(name, relu, &[input.value]);
        Features { value, ..input }
    }

    fn parameter(&mut self, name: &str, shape: Vec<usize>, role: Role) -> ParameterId {
        let name = name.to_owned();
        self.graph.add_parameter(Parameter { name, shape, role })
    }

    fn node(&mut self, name: &str, op: impl Op, inputs: &[Value]) -> Value {
        let edges: Vec<_> = inputs.iter().map(|&value| (value, self.kind)).collect();
        self.node_with_edges(name, op, &edges)
    }

    fn node_with_edges(&mut self, name: &str, op: impl Op, edges: &[(Value, EdgeKind)]) -> Value {
        let node = Node {
            name: name.to_owned(),
            op: Rc::new(op),
            outputs: Vec::new(),
            phase: Phase::Forward,
            place: Some(self.place),
        };
        self.graph.add(node, edges)
    }
}

/// A square window.
#[derive(Clone, Copy)]
struct Window {
    kernel: usize,
    stride: usize,
    padding: usize,
}

impl Window {
    /// Padded so that stride 1 keeps the size.
    fn same(kernel: usize, stride: usize) -> Self {
        let padding = kernel / 2;
        Self {
            kernel,
            stride,
            padding,
        }
    }
}
