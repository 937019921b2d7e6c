//! How parameters are initialised before training.

/// How a parameter's first values are drawn; names and formulas are those of
/// `torch.nn.init`.
///
/// The fans of a weight `[out, in, kernel_h, kernel_w]` are `in` and `out`
/// times the kernel's area, as PyTorch counts them (`in` is that of one
/// group). A bias has the fans of its layer's weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Normal with the variance `2 / fan` (He et al. 2015).
    KaimingNormal(Fan),
    /// Uniform with the variance `2 / fan`: within `sqrt(6 / fan)` of zero.
    KaimingUniform(Fan),
    /// Normal with the variance `2 / (fan_in + fan_out)` (Glorot and Bengio 2010).
    XavierNormal,
    /// Uniform with the same variance: within `sqrt(6 / (fan_in + fan_out))`
    /// of zero.
    XavierUniform,
    /// Uniform within `1 / sqrt(fan_in)` of zero: what PyTorch's layers do
    /// themselves.
    Uniform,
    /// Normal with the mean 0.
    Normal {
        /// Standard deviation.
        std: f64,
    },
    /// All the same.
    Constant(f64),
}

impl Init {
    /// All 0, as the last norm of a block may start, so that the block starts
    /// as its shortcut.
    pub const ZERO: Self = Self::Constant(0.0);
    /// All 1.
    pub const ONE: Self = Self::Constant(1.0);
}

/// Which fan keeps its variance: that of activations or that of gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fan {
    /// Values that one output sums.
    In,
    /// Values that one input goes into.
    Out,
}
