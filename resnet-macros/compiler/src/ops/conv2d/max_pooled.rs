//! The max pool behind a convolution, where inference computes both together.

use resnet_geometry::{Algorithm, Pool2d};

use crate::graph::Shape;
use crate::ops::pool2d::{Pool2d as MaxPool, PoolKind};

/// A max pool of a convolution's output, which nothing else reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxPooled {
    /// Sizes of the window.
    pub sizes: Pool2d,
    /// What the convolution gives.
    pub from: Shape,
}

impl MaxPooled {
    /// The pool on its own.
    pub(super) fn op(&self) -> MaxPool {
        MaxPool {
            kind: PoolKind::Max,
            sizes: self.sizes,
        }
    }

    /// The seam's function that runs a convolution with it.
    pub(super) fn method(algorithm: Algorithm) -> &'static str {
        match algorithm {
            Algorithm::Direct => "conv2d_max_pool",
            Algorithm::Winograd2 => "conv2d_winograd2_max_pool",
            Algorithm::Winograd4 => "conv2d_winograd4_max_pool",
        }
    }
}
