//! Sizes of maps and operators: what the compiler plans and the runtime runs,
//! so that both count the same elements, and the choices that one emits and
//! the other honours.
//!
//! Activations are NHWC. A [`Map`] gives the sizes of one image of a batch; a
//! [`Buffer`] is a map at an offset of the arena.

#![no_std]
#![forbid(unsafe_code)]

mod activation;
mod blur_pool;
mod conv2d;
mod groups;
mod images;
mod init;
mod map;
mod max_pooled;
mod memory;
mod packed;
mod pool2d;
mod role;
mod winograd;
mod winograd_training;

pub use activation::Activation;
pub use blur_pool::BlurPool;
pub use conv2d::{Conv2d, GRADIENT_PIXELS};
pub use groups::{Groups, NARROW_GROUP};
pub use images::{Interpolation, Resize};
pub use init::{Fan, Init};
pub use map::{Buffer, Map};
pub use memory::Sizes;
pub use packed::{PACKED_HASH, PACKED_HEADER, PACKED_MAGIC};
pub use pool2d::Pool2d;
pub use role::Role;
pub use winograd::{Algorithm, FREQUENCY_GAP, MOST_PACKED_CHANNELS};

/// Channels are computed in blocks of this many elements, whatever the
/// instruction set: one AVX-512 vector of `f32`. A map written by an operator
/// has its channels rounded up to whole blocks, and those padding channels
/// always hold zero, so that no kernel needs a channel tail.
pub const CHANNEL_BLOCK: usize = 16;

/// Packed weights hold whole panels of this many output channels. Every
/// instruction set's own panel width divides it, so that one plan of offsets
/// serves all of them.
pub const PANEL: usize = 32;

/// `n` rounded up to a multiple of `to`.
pub const fn round_up(n: usize, to: usize) -> usize {
    n.div_ceil(to) * to
}

/// Sizes of a fully connected layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Linear {
    /// Values read.
    pub in_features: usize,
    /// Values written.
    pub out_features: usize,
}

impl Linear {
    /// A layer from `in_features` to `out_features`.
    pub const fn new(in_features: usize, out_features: usize) -> Self {
        Self {
            in_features,
            out_features,
        }
    }

    /// The 1x1 convolution that computes the same.
    pub const fn as_conv2d(&self) -> Conv2d {
        Conv2d::new(self.in_features, self.out_features)
    }
}

/// Where one batch norm finds its parameters: offsets into the master
/// parameters (`weight`, `bias`) and into the running statistics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNorm {
    /// Offset of the scale in the master parameters.
    pub weight: usize,
    /// Offset of the shift in the master parameters.
    pub bias: usize,
    /// Offset of the mean in the running statistics.
    pub running_mean: usize,
    /// Offset of the variance in the running statistics.
    pub running_var: usize,
    /// Added to the variance before the square root.
    pub epsilon: f64,
    /// Share of the batch's statistics in the new running statistics.
    pub momentum: f64,
}
