//! Layout of activations and gradients in the arena.

use crate::{CHANNEL_BLOCK, round_up};

/// One image of an activation or gradient: `height x width` pixels of
/// `channels`, pixels `channel_stride` elements apart, with `halo` further
/// pixels of zeros on each side (written by whoever writes the map).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Map {
    /// Channels that carry values.
    pub channels: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// Elements from one pixel to the next; at least `channels`, and for a
    /// map written by an operator at least `channels` rounded up to
    /// [`CHANNEL_BLOCK`]. Only the network's input is packed tighter.
    pub channel_stride: usize,
    /// Pixels of zeros around the map, on all four sides.
    pub halo: usize,
}

impl Map {
    /// A map without halo, its channel stride rounded up to whole blocks.
    pub const fn new(channels: usize, height: usize, width: usize) -> Self {
        let channel_stride = round_up(channels, CHANNEL_BLOCK);
        Self {
            channels,
            height,
            width,
            channel_stride,
            halo: 0,
        }
    }

    /// The same map with another channel stride.
    pub const fn channel_stride(self, channel_stride: usize) -> Self {
        Self {
            channel_stride,
            ..self
        }
    }

    /// The same map with a halo.
    pub const fn halo(self, halo: usize) -> Self {
        Self { halo, ..self }
    }

    /// The map at an offset of the arena, in elements per image.
    pub const fn at(self, offset: usize) -> Buffer {
        Buffer { map: self, offset }
    }

    /// Elements from one row of pixels to the next.
    pub const fn row_stride(&self) -> usize {
        (self.width + 2 * self.halo) * self.channel_stride
    }

    /// Elements of one image, halo included.
    pub const fn len(&self) -> usize {
        (self.height + 2 * self.halo) * self.row_stride()
    }

    /// True when the map holds no element.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Elements from the start of an image to its first pixel inside the halo.
    pub const fn origin(&self) -> usize {
        self.halo * (self.row_stride() + self.channel_stride)
    }

    /// Rows in one block of a reduction over pixels: whole tiles of any
    /// convolution. Blocks are fixed by the shape, so that sums never depend on
    /// the number of threads.
    pub const fn reduction_rows(&self) -> usize {
        1024usize.div_ceil(self.width).next_multiple_of(4)
    }

    /// Blocks of a reduction over the pixels of one image.
    pub const fn reduction_blocks(&self) -> usize {
        self.height.div_ceil(self.reduction_rows())
    }

    /// Scratch elements per image of a reduction that yields two sums for
    /// every channel.
    pub const fn reduction_scratch(&self) -> usize {
        2 * self.reduction_blocks() * round_up(self.channels, CHANNEL_BLOCK)
    }
}

/// A map at an offset of the arena. The offset counts elements *per image*:
/// with a batch limit of `B`, image `n` starts at `offset * B + n * map.len()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Buffer {
    /// Layout of one image.
    pub map: Map,
    /// Elements per image.
    pub offset: usize,
}
