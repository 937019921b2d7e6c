//! Winograd convolution: which sizes it serves, and what it keeps in memory.
//!
//! `F(m x m, 3x3)` computes tiles of `m x m` pixels from `(m + 2) x (m + 2)`
//! of the input. Both are transformed to `(m + 2)^2` frequencies, at which a
//! convolution is one matrix product each: with `m = 4` that is a fourth of
//! the multiplications.

use crate::{CHANNEL_BLOCK, Conv2d, PANEL, round_up};

/// How a convolution is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// By summing products, tap by tap.
    #[default]
    Direct,
    /// Winograd's `F(2x2, 3x3)`: 2.25 times fewer multiplications.
    Winograd2,
    /// Winograd's `F(4x4, 3x3)`: 4 times fewer multiplications.
    Winograd4,
}

impl Algorithm {
    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Winograd2 => "winograd F(2x2, 3x3)",
            Self::Winograd4 => "winograd F(4x4, 3x3)",
        }
    }

    /// Rows and columns of a Winograd tile.
    pub const fn tile(self) -> Option<usize> {
        match self {
            Self::Direct => None,
            Self::Winograd2 => Some(2),
            Self::Winograd4 => Some(4),
        }
    }
}

/// Elements of workspace that a block of tiles should fit in, to stay in a
/// core's own cache with some weights: 1.25 MiB of `f32`.
const BLOCK_ELEMENTS: usize = 320 * 1024;

/// Tiles of a block: few enough that small channels stay nearer still, enough
/// that weights are used often.
pub(crate) const BLOCK_TILES: [usize; 2] = [14, 56];

/// Elements between two frequencies beyond what they hold, so that they don't
/// collide in caches.
pub const FREQUENCY_GAP: usize = CHANNEL_BLOCK;

impl Conv2d {
    /// Whether Winograd's algorithms compute this convolution: 3x3, stride 1,
    /// padding 1, one group, no dilation.
    pub const fn suits_winograd(&self) -> bool {
        let window = matches!(
            (self.kernel, self.stride, self.padding),
            ([3, 3], [1, 1], [1, 1])
        );
        window && self.groups == 1 && matches!(self.dilation, [1, 1])
    }

    /// Elements of the weight transformed for tiles of `m x m`,
    /// `[out / panel][frequency][in][panel]`.
    pub const fn winograd_packed_len(&self, m: usize) -> usize {
        frequencies(m) * self.in_channels * round_up(self.out_channels, PANEL)
    }

    /// Elements between two tiles of the transformed input. Where a power of
    /// two is likely and large, one block more.
    pub const fn winograd_tile_stride(&self) -> usize {
        let channels = round_up(self.in_channels, CHANNEL_BLOCK);
        if channels >= 64 {
            channels + CHANNEL_BLOCK
        } else {
            channels
        }
    }

    /// The most tiles that are transformed, multiplied and transformed back
    /// before the next ones.
    pub const fn winograd_block(&self, m: usize) -> usize {
        let tile = frequencies(m) * (self.winograd_tile_stride() + PANEL);
        within(BLOCK_TILES, BLOCK_ELEMENTS / tile)
    }

    /// Elements of workspace that each thread needs: a block of transformed
    /// input tiles, and their products with one panel of weights.
    pub const fn winograd_workspace_len(&self, m: usize) -> usize {
        let tiles = self.winograd_block(m);
        let tile = self.winograd_tile_stride() + PANEL;
        frequencies(m) * (tiles * tile + 2 * FREQUENCY_GAP)
    }
}

/// Frequencies of a tile.
pub(crate) const fn frequencies(m: usize) -> usize {
    (m + 2) * (m + 2)
}

/// The number nearest to `number` from the least to the most.
pub(crate) const fn within([least, most]: [usize; 2], number: usize) -> usize {
    if number < least {
        least
    } else if number > most {
        most
    } else {
        number
    }
}
