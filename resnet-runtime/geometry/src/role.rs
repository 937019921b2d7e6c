//! Kinds of parameters.

use crate::{Fan, Init};

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `[out, in, kernel_h, kernel_w]`; in memory
    /// `[kernel_h][kernel_w][in][out rounded up]`.
    ConvWeight,
    /// `[out, in]`; in memory `[in][out rounded up]`.
    LinearWeight,
    /// `[out]` of a linear layer or a convolution without norm.
    Bias,
    /// Scale of a batch norm.
    NormWeight,
    /// Shift of a batch norm.
    NormBias,
    /// Running mean of a batch norm, in the running statistics.
    RunningMean,
    /// Running variance of a batch norm, in the running statistics.
    RunningVar,
}

impl Role {
    /// True for running statistics, which are not trained.
    pub const fn is_running(self) -> bool {
        matches!(self, Self::RunningMean | Self::RunningVar)
    }

    /// How such a parameter is initialised unless a spec asks for another way:
    /// as torchvision's ResNets.
    pub const fn init(self) -> Init {
        match self {
            Self::ConvWeight => Init::KaimingNormal(Fan::Out),
            Self::LinearWeight | Self::Bias => Init::Uniform,
            Self::NormWeight | Self::RunningVar => Init::ONE,
            Self::NormBias | Self::RunningMean => Init::ZERO,
        }
    }
}
