//! Winograd convolution: which sizes it serves, and what it keeps in memory.
//!
//! `F(m x m, 3x3)` computes tiles of `m x m` pixels from `(m + 2) x (m + 2)`
//! of the input. Both are transformed to `(m + 2)^2` frequencies, at which a
//! convolution is one matrix product each: with `m = 4` that is a fourth of
//! the multiplications.
//!
//! A convolution of stride 2 is a sum of four of stride 1: one for each phase,
//! the pixels of even or odd rows and columns, by every other tap of the
//! kernel. So it is one `F(4x4)` of four times the channels with half as many
//! taps, rounded up: 4x4 of a 7x7 kernel, for a fifth of the multiplications.

use crate::{CHANNEL_BLOCK, Conv2d, PANEL, round_up};

/// How a convolution is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// By summing products, tap by tap.
    #[default]
    Direct,
    /// Winograd's `F(2x2, 3x3)`: 2.25 times fewer multiplications.
    Winograd2,
    /// Winograd's `F(4x4)`: 4 times fewer multiplications of a 3x3 kernel with
    /// stride 1; of larger ones with stride 2, by phases, up to 4.6.
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

/// Channels of an input whose pixels may lie side by side, as images' do, for
/// its phases to be transformed; else they come in whole blocks.
pub const MOST_PACKED_CHANNELS: usize = 4;

impl Conv2d {
    /// Whether Winograd's algorithms compute this convolution as one of stride
    /// 1: 3x3, padding 1, one group, no dilation.
    pub const fn suits_winograd(&self) -> bool {
        let window = matches!(
            (self.kernel, self.stride, self.padding),
            ([3, 3], [1, 1], [1, 1])
        );
        window && self.groups == 1 && matches!(self.dilation, [1, 1])
    }

    /// Whether Winograd's `F(4x4)` computes this convolution by phases: 3x3,
    /// 5x5 or 7x7 with stride 2, padded by half, one group, no dilation, and
    /// with a whole block of channels or few.
    pub const fn suits_winograd_phases(&self) -> bool {
        let window = matches!(
            (self.kernel, self.stride, self.padding),
            ([3, 3], [2, 2], [1, 1]) | ([5, 5], [2, 2], [2, 2]) | ([7, 7], [2, 2], [3, 3])
        );
        let channels = self.has_few_channels() || self.in_channels >= CHANNEL_BLOCK;
        window && channels && self.groups == 1 && matches!(self.dilation, [1, 1])
    }

    /// Whether the same reads an input whose pixels lie side by side.
    pub const fn suits_packed_phases(&self) -> bool {
        self.suits_winograd_phases() && self.has_few_channels()
    }

    const fn has_few_channels(&self) -> bool {
        self.in_channels <= MOST_PACKED_CHANNELS
    }

    /// Whether inference can compute this convolution by an algorithm.
    pub const fn suits(&self, algorithm: Algorithm) -> bool {
        match algorithm {
            Algorithm::Direct => true,
            Algorithm::Winograd2 => self.suits_winograd(),
            Algorithm::Winograd4 => self.suits_winograd() || self.suits_winograd_phases(),
        }
    }

    /// The name in tables of an algorithm by which this is computed.
    pub const fn algorithm_name(&self, algorithm: Algorithm) -> &'static str {
        match (algorithm, self.stride, self.kernel) {
            (Algorithm::Winograd4, [2, 2], [3, 3]) => "winograd F(4x4, 2x2) of phases",
            (Algorithm::Winograd4, [2, 2], [5, 5]) => "winograd F(4x4, 3x3) of phases",
            (Algorithm::Winograd4, [2, 2], [7, 7]) => "winograd F(4x4, 4x4) of phases",
            _ => algorithm.name(),
        }
    }

    /// Rows and columns of the input that make a tile of `m x m`, of each
    /// phase: frequencies along a side.
    pub const fn winograd_side(&self, m: usize) -> usize {
        m + self.kernel[0].div_ceil(self.stride[0]) - 1
    }

    /// Channels that are summed at a frequency: those of all phases.
    pub const fn winograd_depth(&self) -> usize {
        self.stride[0] * self.stride[1] * self.in_channels
    }

    /// Frequencies of a tile.
    const fn winograd_frequencies(&self, m: usize) -> usize {
        self.winograd_side(m) * self.winograd_side(m)
    }

    /// Elements of the weight transformed for tiles of `m x m`,
    /// `[out / panel][frequency][phase][in][panel]`.
    pub const fn winograd_packed_len(&self, m: usize) -> usize {
        let outputs = round_up(self.out_channels, PANEL);
        self.winograd_frequencies(m) * self.winograd_depth() * outputs
    }

    /// Elements between two tiles of the transformed input. Where a power of
    /// two is likely and large, one block more.
    pub const fn winograd_tile_stride(&self) -> usize {
        let channels = round_up(self.winograd_depth(), CHANNEL_BLOCK);
        if channels >= 64 {
            channels + CHANNEL_BLOCK
        } else {
            channels
        }
    }

    /// The most tiles that are transformed, multiplied and transformed back
    /// before the next ones.
    pub const fn winograd_block(&self, m: usize) -> usize {
        let tile = self.winograd_frequencies(m) * (self.winograd_tile_stride() + PANEL);
        within(BLOCK_TILES, BLOCK_ELEMENTS / tile)
    }

    /// Elements of workspace that each thread needs: a block of transformed
    /// input tiles, and their products with one panel of weights.
    pub const fn winograd_workspace_len(&self, m: usize) -> usize {
        let tiles = self.winograd_block(m);
        let tile = self.winograd_tile_stride() + PANEL;
        self.winograd_frequencies(m) * (tiles * tile + 2 * FREQUENCY_GAP)
    }
}

/// Frequencies of a tile of a 3x3 convolution.
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
