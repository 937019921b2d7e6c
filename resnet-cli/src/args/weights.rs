//! What can be asked of commands that read weights.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use resnet_runtime::Precision;

use super::Algorithm;

/// The weights to run with.
#[derive(Args, Debug)]
pub(crate) struct Weights {
    /// Parameters: safetensors or a PyTorch checkpoint (.pth), with torchvision's names
    #[arg(short = 'w', long = "weights", value_name = "FILE")]
    pub(crate) path: PathBuf,
    /// Refuse weights that are not finite and variances that are negative, instead of warning
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ConvertArgs {
    /// Parameters: safetensors or a PyTorch checkpoint (.pth), with torchvision's names
    pub(crate) input: PathBuf,
    /// The safetensors file to write
    pub(crate) output: PathBuf,
    /// What its numbers are
    #[arg(long, default_value = "f32")]
    pub(crate) dtype: Dtype,
    /// Refuse weights that are not finite and variances that are negative, instead of warning
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PackArgs {
    #[command(flatten)]
    pub(crate) weights: Weights,
    /// Where to write the packed weights
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) algorithm: Algorithm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dtype {
    F16,
    Bf16,
    F32,
    F64,
}

impl Dtype {
    pub(crate) fn precision(self) -> Precision {
        match self {
            Self::F16 => Precision::F16,
            Self::Bf16 => Precision::Bf16,
            Self::F32 => Precision::F32,
            Self::F64 => Precision::F64,
        }
    }
}
