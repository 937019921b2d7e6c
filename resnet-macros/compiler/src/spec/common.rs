//! What both forms of a spec say beside the layers themselves.

use super::table::Absent::{Flag, Nothing, Number, Word};
use super::table::{Kind, Rule, Unit, choice, record, variant};
use crate::diagnostics::Located;

/// Units of counts.
const COUNTS: &[Unit] = &[
    unit("k", 1_000),
    unit("K", 1_000),
    unit("M", 1_000_000),
    unit("G", 1_000_000_000),
    unit("T", 1_000_000_000_000),
];
/// Units of memory.
const BYTES: &[Unit] = &[
    unit("B", 1),
    unit("kB", 1_000),
    unit("MB", 1_000_000),
    unit("GB", 1_000_000_000),
    unit("KiB", 1 << 10),
    unit("MiB", 1 << 20),
    unit("GiB", 1 << 30),
];

const fn unit(name: &'static str, scale: u64) -> Unit {
    Unit { name, scale }
}

variant! {
    /// What follows each convolution, before the activation.
    pub enum NormKind {
        /// Nothing: convolutions add a bias instead.
        None = "none",
        /// A batch norm; convolutions have no bias.
        Batch(BatchNorm) = "batch",
    }
}

record! {
    /// Keys of `batch`.
    pub struct BatchNorm {
        /// Added to the variance before its root is taken; 0.00001 unless given.
        epsilon: Located<f64> = Rule::real(1e-12, 1.0).or(Number(1e-5)),
        /// Share of a batch's statistics in the new running statistics; 0.1 unless given.
        momentum: Located<f64> = Rule::real(0.0, 1.0).or(Number(0.1)),
    }
}

record! {
    /// How parameters are drawn before training. Biases are uniform, as PyTorch's; norms start
    /// with scales of 1 and shifts of 0.
    pub struct Initialization {
        /// Weights of convolutions; `kaiming_normal` over the outputs unless given, as in
        /// torchvision.
        conv: Option<Located<Scheme>> = Rule::variant::<Scheme>().or(Nothing),
        /// Weights of the head; `uniform` unless given, as in torchvision.
        linear: Option<Located<Scheme>> = Rule::variant::<Scheme>().or(Nothing),
        /// Whether the last scale of each block starts at 0, so that the block starts as its
        /// shortcut (with pre-activation: the last convolution); `false` unless given.
        zero_last_norm: Located<bool> = Rule::flag().or(Flag(false)),
    }
}

variant! {
    /// How weights are drawn; the names are those of `torch.nn.init`.
    pub enum Scheme {
        /// Normal, with the variance 2 / fan.
        KaimingNormal(FanKeys) = "kaiming_normal",
        /// Uniform, with the variance 2 / fan.
        KaimingUniform(FanKeys) = "kaiming_uniform",
        /// Normal, with the variance 2 / (inputs + outputs).
        XavierNormal = "xavier_normal",
        /// Uniform, with the variance 2 / (inputs + outputs).
        XavierUniform = "xavier_uniform",
        /// Uniform, within 1 / root of the inputs around 0: what PyTorch's layers do themselves.
        Uniform = "uniform",
        /// Normal, with a standard deviation of your choice.
        Normal(NormalKeys) = "normal",
        /// All 0.
        Zeros = "zeros",
    }
}

record! {
    /// Keys of `kaiming_normal` and `kaiming_uniform`.
    pub struct FanKeys {
        /// Which values are counted; `out` unless given.
        fan: Located<FanKind> = Rule::choice::<FanKind>().or(Word("out")),
    }
}

choice! {
    /// Which values are counted, each as often as the kernel has taps.
    pub enum FanKind {
        /// Those that one output sums, which keeps the variance of activations.
        In = "in",
        /// Those that one input goes into, which keeps the variance of gradients.
        Out = "out",
    }
}

record! {
    /// Keys of `normal`.
    pub struct NormalKeys {
        /// The standard deviation; 0.01 unless given.
        std: Located<f64> = Rule::real(0.0, 100.0).or(Number(0.01)),
    }
}

record! {
    /// What happens to a picture before the network sees it: its shorter side is resized, the
    /// middle cut out, and values from 0 to 1 are normalised.
    pub struct Preprocessing {
        /// Pixels of the shorter side after resizing; the larger side of what is cut out unless
        /// given.
        resize: Option<Located<usize>> = Rule::whole(1, 65_536).or(Nothing),
        /// Rows and columns that are cut out of the middle; the input's unless given, and the
        /// input's it must be.
        crop: Option<Located<[usize; 2]>> = Rule::pair(1, 65_536).or(Nothing),
        /// How pixels between pixels are found; `bilinear` unless given.
        interpolation: Located<Interpolation> =
            Rule::choice::<Interpolation>().or(Word("bilinear")),
        /// What is subtracted from each channel's values, which go from 0 to 1; one number for
        /// all channels, or one for each; 0 unless given.
        mean: Option<Vec<Located<f64>>> =
            Rule::values(&Kind::Real(-1000.0, 1000.0), 1, 4096).or(Nothing),
        /// What each channel's values are divided by then; one number for all channels, or one
        /// for each; 1 unless given.
        std: Option<Vec<Located<f64>>> =
            Rule::values(&Kind::Real(1e-6, 1000.0), 1, 4096).or(Nothing),
    }
}

choice! {
    /// How pixels between pixels are found.
    pub enum Interpolation {
        /// The nearest pixel.
        Nearest = "nearest",
        /// A weighted mean of 2 x 2 pixels.
        Bilinear = "bilinear",
        /// A cubic curve through 4 x 4 pixels.
        Bicubic = "bicubic",
    }
}

record! {
    /// What the network may cost; a build that exceeds a limit fails, and tells where it is
    /// spent. Limits change nothing else.
    pub struct Limits {
        /// Trainable parameters, such as `12M`; no limit unless given.
        parameters: Option<Located<u64>> = Rule::quantity(COUNTS).or(Nothing),
        /// Multiply-adds for one image, such as `2G`; no limit unless given.
        macs: Option<Located<u64>> = Rule::quantity(COUNTS).or(Nothing),
        /// Memory that inference of one image takes on one thread, weights included, such as
        /// `64MiB`; no limit unless given.
        inference_memory: Option<Located<u64>> = Rule::quantity(BYTES).or(Nothing),
        /// Memory that a training step of one image takes on one thread, parameters, gradients
        /// and momenta included, such as `1GiB`; no limit unless given.
        training_memory: Option<Located<u64>> = Rule::quantity(BYTES).or(Nothing),
    }
}

choice! {
    /// What of the forward pass stays in memory until backward reads it.
    pub enum Recompute {
        /// Everything that backward reads: the fastest.
        None = "none",
        /// What blocks read of one another; the rest of a block is computed again.
        Block = "block",
        /// What stages read of one another.
        Stage = "stage",
    }
}

choice! {
    /// How convolutions are computed.
    pub enum Algorithm {
        /// Whatever is expected to be the fastest, shape by shape.
        Auto = "auto",
        /// Directly everywhere: the smallest packed weights and rounding errors.
        Direct = "direct",
        /// By Winograd's transforms wherever they can be used.
        Winograd = "winograd",
    }
}
