//! Expands the family form (stem, stages of blocks, head) to layers.
//!
//! Layers carry torchvision's names (`conv1`, `layer1.0.bn2`, `fc`), and timm's for what
//! torchvision doesn't have; see `names.rs`. One part of a network a file.

mod block;
mod branch;
pub(crate) mod convert;
mod head;
mod names;
mod shortcut;
mod stages;
mod stem;
mod unused;
mod written;

use std::collections::BTreeMap;

use resnet_geometry::Activation;

use crate::diagnostics::{Diagnostic, Diagnostics, Located, Place};
use crate::graph::Shape;
use crate::layers::{Conv, Layer, LayerKind, Layers, Norm, Source, check, outputs};
use crate::parameter::Init;
use crate::spec::{Family, Order};
use convert::{activation, norm, scheme};
use names::Names;

/// The layers of a spec in the family form.
pub fn expand(spec: Family<'_>) -> Result<Layers, Diagnostics> {
    let mut expansion = Expansion::new(spec);
    let images = Features {
        source: Source::Input,
        channels: spec.input.channels.value,
    };
    let stem = expansion.stem(spec, images);
    let features = expansion.stages(spec, stem)?;
    let head = spec.head.as_ref();
    let logits = head.map(|head| expansion.head(head, features));
    let default = head
        .zip(logits)
        .map(|(head, logits)| outputs::default(logits.source, head.place));
    let mut found = std::mem::take(&mut expansion.found);
    check::names(&expansion.list, &mut found);
    let named = expansion.named.iter();
    let named = named.map(|(name, &source)| (name.as_str(), source));
    let outputs = outputs::resolve(spec.spec, &named.collect(), default, &mut found);
    Diagnostics::check(found)?;
    let unused = unused::parts(&expansion.list, &outputs);
    let input = &spec.input;
    let shape = Shape::new(input.channels.value, input.height.value, input.width.value);
    let layers = Layers {
        input: Located::new(shape, input.place),
        list: expansion.list,
        outputs,
    };
    check::settle(layers, unused)
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
    /// Mistakes in what stages list layer by layer.
    found: Vec<Diagnostic>,
    image_channels: usize,
    /// The channels of the first layers, as many as were asked for.
    made: Vec<usize>,
    /// What can be referred to: layers, blocks, stages, the stem.
    named: BTreeMap<String, Source>,
    place: Place,
    names: Names,
    /// What follows convolutions; they have a bias if it is nothing.
    norm: Option<Norm>,
    /// What follows norms.
    activation: Activation,
    conv_init: Init,
    linear_init: Init,
    /// Whether blocks start as their shortcuts.
    zero_last: bool,
}

impl Expansion {
    fn new(spec: Family<'_>) -> Self {
        let initialization = spec.initialization.as_ref();
        let conv = initialization.and_then(|keys| keys.conv.as_ref());
        let linear = initialization.and_then(|keys| keys.linear.as_ref());
        Self {
            list: Vec::new(),
            found: Vec::new(),
            image_channels: spec.input.channels.value,
            made: Vec::new(),
            named: BTreeMap::new(),
            place: spec.input.place,
            names: match spec.block.order.value {
                Order::PostActivation => Names::Torchvision,
                Order::PreActivation => Names::ResNetV2,
            },
            norm: norm(spec.norm.as_ref().map(|norm| &norm.value)),
            activation: activation(&spec.activation.value),
            conv_init: conv.map_or(Conv::new(1, [1, 1]).init, |conv| scheme(&conv.value)),
            linear_init: linear.map_or(Init::Uniform, |linear| scheme(&linear.value)),
            zero_last: initialization.is_some_and(|keys| keys.zero_last_norm.value),
        }
    }

    /// A convolution, with a bias if no norm is to follow it.
    fn conv(&mut self, name: &str, conv: Conv, input: Features) -> Features {
        let channels = conv.channels;
        let conv = Conv {
            bias: self.norm.is_none(),
            ..conv
        };
        let source = self.push(name, LayerKind::Conv(conv), vec![input.source]);
        Features { source, channels }
    }

    /// The norm, if there is one; its scale starts at `init`.
    fn norm(&mut self, name: &str, init: Init, input: Features) -> Features {
        match self.norm {
            Some(norm) => self.layer(name, LayerKind::Norm(Norm { init, ..norm }), input),
            None => input,
        }
    }

    /// The activation, as `PREFIX` followed by its own name and `n`.
    fn activation(&mut self, prefix: &str, n: &str, input: Features) -> Features {
        let name = format!("{prefix}{}{n}", self.activation.name());
        self.layer(&name, LayerKind::Activation(self.activation), input)
    }

    /// A layer that keeps the number of channels.
    fn layer(&mut self, name: &str, kind: LayerKind, input: Features) -> Features {
        let source = self.push(name, kind, vec![input.source]);
        Features { source, ..input }
    }

    fn push(&mut self, name: &str, kind: LayerKind, inputs: Vec<Source>) -> Source {
        let source = Source::Layer(self.list.len());
        self.list.push(Layer {
            name: name.to_owned(),
            kind,
            inputs,
            place: self.place,
        });
        self.named.insert(name.to_owned(), source);
        source
    }
}
