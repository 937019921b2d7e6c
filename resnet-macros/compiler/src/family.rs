//! Expands the family form (stem, stages of blocks, head) to layers.
//!
//! Layers carry torchvision's names: `conv1`, `layer1.0.bn2`, `fc`.

use resnet_geometry::{Activation, Pool2d as PoolSizes};

use crate::diagnostics::{Located, Place};
use crate::graph::Shape;
use crate::layers::{Conv, Layer, LayerKind, Layers, Linear, Norm, Output, Source};
use crate::ops::PoolKind;
use crate::parameter::Init;
use crate::spec::{self, BlockKind, Shortcut, Spec};

/// What a bottleneck's last convolution multiplies its channels by.
const BOTTLENECK_EXPANSION: usize = 4;
/// torch's defaults.
const NORM: Norm = Norm {
    epsilon: 1e-5,
    momentum: 0.1,
    init: Init::ONE,
};

/// The layers of a spec in the family form.
pub fn expand(spec: &Spec) -> Layers {
    let spec::Input {
        channels,
        height,
        width,
        place,
    } = spec.input;
    let mut expansion = Expansion {
        list: Vec::new(),
        place,
    };
    let input = Features {
        source: Source::Input,
        channels: channels.value,
    };
    let stem = expansion.stem(&spec.stem, input);
    let features = expansion.stages(spec, stem);
    let logits = expansion.head(&spec.head, features);
    Layers {
        input: Located::new(Shape::new(channels.value, height.value, width.value), place),
        list: expansion.list,
        outputs: vec![Output {
            name: "logits".to_owned(),
            source: logits.source,
            place: spec.head.place,
        }],
    }
}

/// A value with its channels, which later layers depend on.
#[derive(Clone, Copy)]
struct Features {
    source: Source,
    channels: usize,
}

/// Adds layers, on behalf of some place in the spec.
struct Expansion {
    list: Vec<Layer>,
    place: Place,
}

impl Expansion {
    fn stem(&mut self, stem: &spec::Stem, input: Features) -> Features {
        self.place = stem.place;
        let conv = Conv {
            stride: [stem.stride.value; 2],
            padding: [stem.padding.value; 2],
            ..Conv::new(stem.channels.value, [stem.kernel.value; 2])
        };
        let norm = self.conv_norm("conv1", "bn1", input, conv);
        let relu = self.relu("relu", norm);
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
        self.layer("maxpool", LayerKind::Pool(kind, sizes), relu)
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
                let skip = self.shortcut(shortcut, name, input, main.channels, stride);
                let inputs = vec![main.source, skip.source];
                let source = self.push(&format!("{name}.add"), LayerKind::Add, inputs);
                Features { source, ..main }
            }
        };
        self.relu(&format!("{name}.relu"), sum)
    }

    fn basic(&mut self, name: &str, input: Features, channels: usize, stride: usize) -> Features {
        let strided = Conv {
            stride: [stride; 2],
            ..Conv::new(channels, [3, 3])
        };
        self.main_branch(name, input, [strided, Conv::new(channels, [3, 3])])
    }

    fn bottleneck(
        &mut self,
        name: &str,
        input: Features,
        channels: usize,
        stride: usize,
    ) -> Features {
        let strided = Conv {
            stride: [stride; 2],
            ..Conv::new(channels, [3, 3])
        };
        let widening = Conv::new(channels * BOTTLENECK_EXPANSION, [1, 1]);
        self.main_branch(
            name,
            input,
            [Conv::new(channels, [1, 1]), strided, widening],
        )
    }

    /// Convolutions with their norms, and activations between them.
    fn main_branch<const N: usize>(
        &mut self,
        name: &str,
        input: Features,
        convs: [Conv; N],
    ) -> Features {
        let mut features = input;
        for (i, conv) in convs.into_iter().enumerate() {
            let n = i + 1;
            if i > 0 {
                features = self.relu(&format!("{name}.relu{i}"), features);
            }
            let (conv_name, norm) = (format!("{name}.conv{n}"), format!("{name}.bn{n}"));
            features = self.conv_norm(&conv_name, &norm, features, conv);
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
        let stride = [stride; 2];
        if shortcut == Shortcut::Projection {
            let [conv, norm] = [0, 1].map(|i| format!("{name}.downsample.{i}"));
            let projection = Conv {
                stride,
                ..Conv::new(channels, [1, 1])
            };
            return self.conv_norm(&conv, &norm, input, projection);
        }
        let kind = LayerKind::Subsample { stride, channels };
        let source = self.push(&format!("{name}.shortcut"), kind, vec![input.source]);
        Features { source, channels }
    }

    fn head(&mut self, head: &spec::Head, features: Features) -> Features {
        self.place = head.place;
        let pooled = self.layer("avgpool", LayerKind::GlobalPool, features);
        let linear = Linear {
            features: head.classes.value,
            bias: true,
            init: Init::Uniform,
        };
        self.layer("fc", LayerKind::Linear(linear), pooled)
    }

    /// A convolution without bias and its batch norm.
    fn conv_norm(&mut self, conv: &str, norm: &str, input: Features, sizes: Conv) -> Features {
        let channels = sizes.channels;
        let source = self.push(conv, LayerKind::Conv(sizes), vec![input.source]);
        self.layer(norm, LayerKind::Norm(NORM), Features { source, channels })
    }

    fn relu(&mut self, name: &str, input: Features) -> Features {
        self.layer(name, LayerKind::Activation(Activation::Relu), input)
    }

    /// A layer that keeps the number of channels, or is the last one.
    fn layer(&mut self, name: &str, kind: LayerKind, input: Features) -> Features {
        let source = self.push(name, kind, vec![input.source]);
        Features { source, ..input }
    }

    fn push(&mut self, name: &str, kind: LayerKind, inputs: Vec<Source>) -> Source {
        self.list.push(Layer {
            name: name.to_owned(),
            kind,
            inputs,
            place: self.place,
        });
        Source::Layer(self.list.len() - 1)
    }
}
