//! The layers of a network, by name: what both forms of a spec come down to.
//!
//! The family form [expands](crate::family) to layers, the layer form lists them itself;
//! [lowering](crate::lower) makes a graph of them. A layer reads only layers before it.

pub(crate) mod check;
pub(crate) mod outputs;

use resnet_geometry::{Activation, Pool2d as PoolSizes};

use crate::diagnostics::{Located, Place};
use crate::graph::Shape;
use crate::ops::PoolKind;
use crate::parameter::{Fan, Init};

/// A network, layer by layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Layers {
    /// The images that it takes.
    pub input: Located<Shape>,
    /// Its layers, each after those that it reads.
    pub list: Vec<Layer>,
    /// What it gives, by name; the first is what callers get unasked.
    pub outputs: Vec<Output>,
}

/// A value that a layer can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The images.
    Input,
    /// What the layer of this position makes.
    Layer(usize),
}

/// A layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Its name, with which those of its parameters begin.
    pub name: String,
    /// What it computes.
    pub kind: LayerKind,
    /// What it reads.
    pub inputs: Vec<Source>,
    /// Where the spec asks for it.
    pub place: Place,
}

/// A value that the network gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// What callers call it.
    pub name: String,
    /// The value.
    pub source: Source,
    /// Where the spec asks for it.
    pub place: Place,
}

/// What a layer computes.
#[derive(Clone, Debug, PartialEq)]
pub enum LayerKind {
    /// A convolution.
    Conv(Conv),
    /// A batch norm.
    Norm(Norm),
    /// A function of each value.
    Activation(Activation),
    /// A pool over windows.
    Pool(PoolKind, PoolSizes),
    /// The mean of each channel.
    GlobalPool,
    /// A fully connected layer on one pixel.
    Linear(Linear),
    /// The sum of its inputs, two or more; all but the first are skip connections.
    Add,
    /// The channels of its inputs one after the other, two or more inputs of one height and
    /// width; all but the first are skip connections.
    Concat,
    /// The first input, each channel times the value that the second, of one pixel, has for it.
    Scale,
    /// A binomial blur of `kernel` x `kernel` at every `stride`-th pixel.
    BlurPool {
        /// Rows and columns of the blur.
        kernel: usize,
        /// From one kept pixel to the next.
        stride: usize,
    },
    /// In training, values are zeroed at random and the others scaled up.
    Dropout {
        /// Share of the values that is zeroed.
        rate: f64,
    },
    /// In training, whole images are zeroed at random and the others scaled up
    /// (stochastic depth).
    DropPath {
        /// Share of the images that is zeroed.
        rate: f64,
    },
    /// Every `stride`-th pixel, with channels of zeros up to `channels` (shortcut A).
    Subsample {
        /// From one kept pixel to the next.
        stride: [usize; 2],
        /// Channels that it makes.
        channels: usize,
    },
}

/// Adds to `made` the channels that each layer behind its end makes, of images with `input` of
/// them.
pub(crate) fn count_channels(list: &[Layer], input: usize, made: &mut Vec<usize>) {
    for layer in &list[made.len()..] {
        let read = layer.inputs.iter().map(|source| match *source {
            Source::Input => input,
            Source::Layer(position) => made[position],
        });
        made.push(layer.kind.channels(read));
    }
}

/// Of a chain of additions that sums the inputs of the layer `name`, the name of the `n`-th.
pub(crate) fn added_name(name: &str, n: usize) -> String {
    match n {
        0 => name.to_owned(),
        n => format!("{name}.{n}"),
    }
}

impl LayerKind {
    /// The channels that it makes of inputs with these.
    pub(crate) fn channels(&self, mut inputs: impl Iterator<Item = usize>) -> usize {
        match self {
            Self::Conv(conv) => conv.channels,
            Self::Linear(linear) => linear.features,
            Self::Subsample { channels, .. } => *channels,
            // More than any machine holds is for shape inference to refuse.
            Self::Concat => inputs.fold(0, usize::saturating_add),
            _ => inputs.next().unwrap_or(0),
        }
    }

    /// What its parameters are called behind its name.
    pub(crate) fn parameters(&self) -> &'static [&'static str] {
        match self {
            Self::Conv(Conv { bias, .. }) | Self::Linear(Linear { bias, .. }) => match bias {
                true => &["weight", "bias"],
                false => &["weight"],
            },
            Self::Norm(_) => &["weight", "bias", "running_mean", "running_var"],
            _ => &[],
        }
    }

    /// Whether it draws at random in training.
    pub fn draws(&self) -> bool {
        matches!(self, Self::Dropout { .. } | Self::DropPath { .. })
    }
}

/// A convolution.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// Channels that it makes.
    pub channels: usize,
    /// Rows and columns of its kernel.
    pub kernel: [usize; 2],
    /// Steps from one position to the next.
    pub stride: [usize; 2],
    /// Zeros around its input.
    pub padding: [usize; 2],
    /// Pixels from one of the kernel's taps to the next.
    pub dilation: [usize; 2],
    /// Groups of channels that don't see each other.
    pub groups: usize,
    /// Whether a bias is added.
    pub bias: bool,
    /// How its weight is initialised.
    pub init: Init,
}

impl Conv {
    /// A convolution that keeps the image's size, without bias.
    pub fn new(channels: usize, kernel: [usize; 2]) -> Self {
        Self {
            channels,
            kernel,
            stride: [1, 1],
            padding: kernel.map(|kernel| kernel / 2),
            dilation: [1, 1],
            groups: 1,
            bias: false,
            init: Init::KaimingNormal(Fan::Out),
        }
    }
}

/// A batch norm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Norm {
    /// Added to the variance.
    pub epsilon: f64,
    /// Share of the batch in the new running statistics.
    pub momentum: f64,
    /// How its weight is initialised.
    pub init: Init,
}

/// A fully connected layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Linear {
    /// Values that it makes.
    pub features: usize,
    /// Whether a bias is added.
    pub bias: bool,
    /// How its weight is initialised.
    pub init: Init,
}
