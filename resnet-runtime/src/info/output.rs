//! What a network gives.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

/// One output of a network.
#[derive(Clone, Copy, Debug)]
pub struct OutputInfo {
    /// Name in the spec, such as `logits`.
    pub name: &'static str,
    /// Channels, height and width for one image; a vector has a single pixel.
    pub shape: [usize; 3],
    /// Elements for one image of the outputs before it.
    pub offset: usize,
}

impl OutputInfo {
    /// An output, its fields in order: one line of the emitted table.
    pub const fn new(name: &'static str, shape: [usize; 3], offset: usize) -> Self {
        Self {
            name,
            shape,
            offset,
        }
    }

    /// Elements for one image.
    pub const fn elements(&self) -> usize {
        let [channels, height, width] = self.shape;
        channels * height * width
    }

    /// True for a vector, `[channels]`; false for a map, `[channels, height, width]`.
    pub const fn is_vector(&self) -> bool {
        matches!(self.shape, [_, 1, 1])
    }

    /// The shape of a batch: `[n, channels]` of a vector, `[n, channels,
    /// height, width]` of a map.
    pub fn batch_shape(&self, batch: usize) -> Vec<usize> {
        let shape = if self.is_vector() {
            &self.shape[..1]
        } else {
            &self.shape[..]
        };
        [&[batch], shape].concat()
    }
}
