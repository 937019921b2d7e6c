//! The layer form: named layers, each with one operator and the layers that it reads.

use super::common::Scheme;
use super::table::Absent::{Default, Flag, HalfOf, Nothing, Number, OneOf, Word};
use super::table::{Kind, Rule, choice, record, variant};
use super::words::{Activation, PoolKind};
use crate::diagnostics::Located;

/// The most layers that a list holds.
pub(crate) const MOST_LAYERS: usize = 16_384;
/// The most layers that one layer reads.
const MOST_INPUTS: usize = 256;

record! {
    /// A layer: its name, what it reads, and one operator.
    pub struct Layer {
        /// Its name, which no other layer has. Words of letters, digits and `_`, with dots between
        /// them; its parameters are `NAME.weight`, `NAME.bias` and so on.
        name: Located<String> = Rule::layer_name(),
        /// The layer that it reads, before or behind it in the list, or `input` for the images (in a
        /// stage: for what the block reads); the layer before it unless given, and for the first
        /// one `input`.
        input: Option<Located<String>> = Rule::layer_name().or(Nothing),
        /// Operator: a convolution.
        conv: Option<Conv> = Rule::mapping::<Conv>().or(OneOf),
        /// Operator: a norm of each channel; `batch`, or `batch` with its keys.
        norm: Option<Located<Norm>> = Rule::variant::<Norm>().or(OneOf),
        /// Operator: a function that is applied to each value.
        activation: Option<Located<Activation>> = Rule::variant::<Activation>().or(OneOf),
        /// Operator: a pool over windows of the map.
        pool: Option<Pool> = Rule::mapping::<Pool>().or(OneOf),
        /// Operator: a pool over the whole map, which leaves one pixel.
        global_pool: Option<Located<GlobalPool>> = Rule::choice::<GlobalPool>().or(OneOf),
        /// Operator: a fully connected layer, on a map of one pixel.
        linear: Option<Linear> = Rule::mapping::<Linear>().or(OneOf),
        /// Operator: the sum of these layers, which have one shape; skip connections end here.
        add: Option<Vec<Located<String>>> = Rule::values(&Kind::LayerName, 2, MOST_INPUTS).or(OneOf),
        /// Operator: the channels of these layers one after the other; they have one height and
        /// width.
        concat: Option<Vec<Located<String>>> = Rule::values(&Kind::LayerName, 2, MOST_INPUTS).or(OneOf),
        /// Operator: the first of these two layers, each channel times the value that the second, of
        /// one pixel, has for it (squeeze-and-excitation).
        scale: Option<Vec<Located<String>>> = Rule::values(&Kind::LayerName, 2, 2).or(OneOf),
        /// Operator: a binomial blur that keeps every `stride`-th pixel (anti-aliasing).
        blur_pool: Option<BlurPool> = Rule::mapping::<BlurPool>().or(OneOf),
        /// Operator: every `stride`-th pixel, with channels of zeros behind its own (shortcut A).
        subsample: Option<Subsample> = Rule::mapping::<Subsample>().or(OneOf),
        /// Operator: in training, the share of values that is zeroed at random, the others scaled up;
        /// nothing otherwise.
        dropout: Option<Located<f64>> = Rule::real(0.0, 0.999).or(OneOf),
        /// Operator: in training, the share of images whose values are zeroed at random, the others
        /// scaled up; nothing otherwise (stochastic depth).
        drop_path: Option<Located<f64>> = Rule::real(0.0, 0.999).or(OneOf),
    }
}

record! {
    /// A convolution.
    pub struct Conv {
        /// Channels that it makes.
        channels: Located<usize> = Rule::whole(1, 1_048_576),
        /// Rows and columns of its kernel: one number for both, or `[rows, columns]`.
        kernel: Located<[usize; 2]> = Rule::pair(1, 31),
        /// Steps from one of its positions to the next; 1 unless given.
        stride: Located<[usize; 2]> = Rule::pair(1, 16).or(Default(1)),
        /// Zeros around its input, above and below, left and right; half the kernel unless given,
        /// which keeps the map's size. A dilated kernel needs more.
        padding: Located<[usize; 2]> = Rule::pair(0, 240).or(HalfOf("kernel")),
        /// Pixels from one of the kernel's taps to the next; 1 unless given.
        dilation: Located<[usize; 2]> = Rule::pair(1, 16).or(Default(1)),
        /// Groups of channels that don't see each other, a divisor of the channels read and of those
        /// made; 1 unless given.
        groups: Located<usize> = Rule::whole(1, 1_048_576).or(Default(1)),
        /// Whether a bias is added to each channel; `false` unless given.
        bias: Located<bool> = Rule::flag().or(Flag(false)),
        /// How its weight is drawn before training; `kaiming_normal` over the outputs unless given.
        init: Located<Scheme> = Rule::variant::<Scheme>().or(Word("kaiming_normal")),
    }
}

variant! {
    /// A norm of each channel.
    pub enum Norm {
        /// By mean and variance over the batch, or over all training when it is used.
        Batch(BatchNorm) = "batch",
    }
}

record! {
    /// Keys of a batch norm in the layer form.
    pub struct BatchNorm {
        /// Added to the variance before its root is taken; 0.00001 unless given.
        epsilon: Located<f64> = Rule::real(1e-12, 1.0).or(Number(1e-5)),
        /// Share of a batch's statistics in the new running statistics; 0.1 unless given.
        momentum: Located<f64> = Rule::real(0.0, 1.0).or(Number(0.1)),
        /// What its scales are before training: `ones` unless given; `zeros` lets a block begin as its
        /// shortcut.
        init: Located<NormInitial> = Rule::choice::<NormInitial>().or(Word("ones")),
    }
}

choice! {
    /// What the weight of a norm is before training.
    pub enum NormInitial {
        /// All 1.
        Ones = "ones",
        /// All 0.
        Zeros = "zeros",
    }
}

record! {
    /// A pool over windows of the map.
    pub struct Pool {
        /// What it takes of each window.
        kind: Located<PoolKind> = Rule::choice::<PoolKind>(),
        /// Rows and columns of its window: one number for both, or `[rows, columns]`.
        kernel: Located<[usize; 2]> = Rule::pair(1, 31),
        /// Steps from one window to the next.
        stride: Located<[usize; 2]> = Rule::pair(1, 16),
        /// Padding around its input, half the kernel unless given.
        padding: Located<[usize; 2]> = Rule::pair(0, 15).or(HalfOf("kernel")),
        /// Padding that only follows its input, below it and to its right, behind that of `padding`; none
        /// unless given.
        extra_padding: Option<Located<[usize; 2]>> = Rule::pair(0, 15).or(Nothing),
        /// Whether a last window that hangs over the edge is kept (torch's `ceil_mode`); `false` unless
        /// given.
        ceil: Located<bool> = Rule::flag().or(Flag(false)),
        /// Whether an average counts the padding as zeros (torch's `count_include_pad`); `true` unless
        /// given.
        count_padding: Located<bool> = Rule::flag().or(Flag(true)),
    }
}

choice! {
    /// What a pool over the whole map takes.
    pub enum GlobalPool {
        /// The mean of each channel.
        Average = "average",
    }
}

record! {
    /// A fully connected layer.
    pub struct Linear {
        /// Values that it makes.
        features: Located<usize> = Rule::whole(1, 1_000_000),
        /// Whether a bias is added to each value; `true` unless given.
        bias: Located<bool> = Rule::flag().or(Flag(true)),
        /// How its weight is drawn before training; `uniform` unless given.
        init: Located<Scheme> = Rule::variant::<Scheme>().or(Word("uniform")),
    }
}

record! {
    /// A binomial blur that keeps every `stride`-th pixel.
    pub struct BlurPool {
        /// Rows and columns of its kernel; 3, which weighs by 1, 2, 1 along both, unless given.
        kernel: Located<usize> = Rule::whole(2, 15).or(Default(3)),
        /// Steps from one kept pixel to the next; 2 unless given.
        stride: Located<usize> = Rule::whole(1, 16).or(Default(2)),
    }
}

record! {
    /// Every `stride`-th pixel, with channels of zeros behind its own.
    pub struct Subsample {
        /// Channels that it makes, at least as many as it reads.
        channels: Located<usize> = Rule::whole(1, 1_048_576),
        /// Steps from one kept pixel to the next; 1 unless given.
        stride: Located<[usize; 2]> = Rule::pair(1, 16).or(Default(1)),
    }
}
