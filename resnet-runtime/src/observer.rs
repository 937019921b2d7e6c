//! Watching a pass layer by layer: what profiles are made from.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use crate::geometry::{Conv2d, Map};

/// One call of a pass, such as a layer of inference or one of its gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LayerCall {
    /// What is computed, such as `conv2d` or `batch_norm_backward`.
    pub operation: &'static str,
    /// Channels, height and width read.
    pub input: [usize; 3],
    /// Channels, height and width written; of an update those of the parameter.
    pub output: [usize; 3],
    /// Of a convolution and its gradients, what the convolution gives before a
    /// pool that is computed with it; else as `output`.
    pub convolved: [usize; 3],
    /// Height and width of a convolution's kernel.
    pub kernel: Option<[usize; 2]>,
    /// Multiply-adds of a convolution for one image, as computed directly.
    pub macs: u64,
    /// Elements of a convolution's weight.
    pub weights: u64,
}

impl LayerCall {
    /// A call that sweeps over a map.
    pub const fn sweep(operation: &'static str, input: [usize; 3], output: [usize; 3]) -> Self {
        Self {
            operation,
            input,
            output,
            convolved: output,
            kernel: None,
            macs: 0,
            weights: 0,
        }
    }

    /// A convolution, or one of its gradients, whose output is (or was) `output`.
    pub(crate) const fn convolution(self, conv: &Conv2d, output: &Map) -> Self {
        let pixels = (output.height * output.width) as u64;
        let weights = (conv.taps() * conv.out_channels) as u64;
        Self {
            convolved: [output.channels, output.height, output.width],
            kernel: Some(conv.kernel),
            macs: pixels * weights,
            weights,
            ..self
        }
    }
}

/// What is told of every call of a pass as it begins; a call ends where the
/// next one begins, the last one with its pass.
///
/// A layer may make more than one call in training (a convolution, and the
/// statistics of its output) and makes one in inference.
pub type Observer = Box<dyn FnMut(LayerCall) + Send + Sync>;
