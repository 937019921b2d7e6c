//! Parameters and running statistics of a network, named as torchvision names them.

use resnet_geometry::{CHANNEL_BLOCK, round_up};

/// A parameter of one graph, by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParameterId(pub usize);

/// What a parameter is; the same names as the runtime's `Role`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `[out, in, kernel_h, kernel_w]`.
    ConvWeight,
    /// `[out, in]`.
    LinearWeight,
    /// `[out]`.
    Bias,
    /// Scale of a batch norm.
    NormWeight,
    /// Shift of a batch norm.
    NormBias,
    /// Running mean of a batch norm.
    RunningMean,
    /// Running variance of a batch norm.
    RunningVar,
}

impl Role {
    /// True for running statistics, which are not trained.
    pub fn is_running(self) -> bool {
        matches!(self, Self::RunningMean | Self::RunningVar)
    }

    /// The runtime's variant.
    pub fn variant(self) -> &'static str {
        match self {
            Self::ConvWeight => "ConvWeight",
            Self::LinearWeight => "LinearWeight",
            Self::Bias => "Bias",
            Self::NormWeight => "NormWeight",
            Self::NormBias => "NormBias",
            Self::RunningMean => "RunningMean",
            Self::RunningVar => "RunningVar",
        }
    }
}

/// A parameter or running statistic.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// torchvision's name.
    pub name: String,
    /// Shape in files.
    pub shape: Vec<usize>,
    /// What it is.
    pub role: Role,
}

impl Parameter {
    /// Scalars in files.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// True when it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Elements in memory: output channels (the first size) are rounded up to
    /// whole blocks.
    pub fn laid_out_len(&self) -> usize {
        let rest: usize = self.shape[1..].iter().product();
        rest * round_up(self.shape[0], CHANNEL_BLOCK)
    }
}
