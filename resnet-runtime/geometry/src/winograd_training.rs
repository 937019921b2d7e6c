//! Winograd convolution in training, whose weights change at every step: they
//! are kept as panels of a direct convolution, and every thread transforms
//! what it needs into its workspace.

use crate::winograd::{BLOCK_TILES, frequencies, within};
use crate::{CHANNEL_BLOCK, Conv2d, FREQUENCY_GAP, PANEL, round_up};

/// Elements of transformed weights that a thread keeps for a whole call: what
/// is used by every block of tiles and nearly fits its own cache.
const KEPT_ELEMENTS: usize = 640 * 1024;

/// Elements of all transformed weights that stay near whatever is beside them.
const LIGHT_ELEMENTS: usize = 192 * 1024;

/// Elements of a block beside light weights, which may be read often: so few
/// that transforms and products find them near.
const SMALL_BLOCK_ELEMENTS: usize = 64 * 1024;

/// Elements of transformed input in a block where weights are transformed
/// anew for every block: as many as its own cache holds, so that there are few.
const LARGE_BLOCK_ELEMENTS: usize = 704 * 1024;

/// Sums of weight gradients in frequencies that a thread works on at once.
const GRADIENT_ELEMENTS: usize = 640 * 1024;

/// Tiles of a block of a weight's gradient: enough that loading and storing
/// sums is cheap.
const GRADIENT_TILES: [usize; 2] = [32, 64];

impl Conv2d {
    /// The convolution whose output is the gradient of this one's input, with
    /// weights turned by half a circle and channels swapped; for 3x3, stride
    /// 1 and padding 1.
    pub const fn transposed(&self) -> Self {
        Self {
            in_channels: self.out_channels,
            out_channels: self.in_channels,
            ..*self
        }
    }

    /// Elements of one panel of weights transformed for tiles of `m x m`,
    /// `[frequency][in][panel]` with a gap after each frequency.
    pub const fn winograd_panel_len(&self, m: usize) -> usize {
        frequencies(m) * (self.in_channels * PANEL + FREQUENCY_GAP)
    }

    /// Panels of transformed weights that a thread holds: all of them where
    /// they are few enough, one otherwise.
    pub const fn winograd_kept_panels(&self, m: usize) -> usize {
        let panels = round_up(self.out_channels, PANEL) / PANEL;
        if panels * self.winograd_panel_len(m) <= KEPT_ELEMENTS {
            panels
        } else {
            1
        }
    }

    /// The most tiles that are transformed, multiplied and transformed back
    /// before the next ones, in training.
    pub const fn winograd_training_block(&self, m: usize) -> usize {
        let panels = round_up(self.out_channels, PANEL) / PANEL;
        let block = self.winograd_block(m);
        let tile = frequencies(m) * self.winograd_tile_stride();
        if self.winograd_kept_panels(m) < panels {
            return within([block, usize::MAX], LARGE_BLOCK_ELEMENTS / tile);
        }
        if panels * self.winograd_panel_len(m) > LIGHT_ELEMENTS {
            return block;
        }
        let tile = tile + frequencies(m) * PANEL;
        let least = BLOCK_TILES[0];
        within([least, block], SMALL_BLOCK_ELEMENTS / tile / least * least)
    }

    /// As [`winograd_workspace_len`](Self::winograd_workspace_len), in
    /// training: transformed weights come after the rest.
    pub const fn winograd_training_workspace_len(&self, m: usize) -> usize {
        let tiles = self.winograd_training_block(m);
        let tile = self.winograd_tile_stride() + PANEL;
        let weights = self.winograd_kept_panels(m) * self.winograd_panel_len(m);
        frequencies(m) * (tiles * tile + 2 * FREQUENCY_GAP) + round_up(weights, CHANNEL_BLOCK)
    }

    /// Panels of a weight's gradient that a thread sums in frequencies at once.
    pub const fn winograd_gradient_panels(&self, m: usize) -> usize {
        let all = round_up(self.out_channels, PANEL) / PANEL;
        within([1, all], GRADIENT_ELEMENTS / self.winograd_panel_len(m))
    }

    /// The most tiles whose products are added to a weight's gradient at once.
    pub const fn winograd_gradient_block(&self, m: usize) -> usize {
        let panels = self.winograd_gradient_panels(m);
        let tile = frequencies(m) * (self.winograd_tile_stride() + panels * PANEL);
        within(GRADIENT_TILES, KEPT_ELEMENTS / tile)
    }

    /// Elements of workspace that each thread needs for the weight's gradient:
    /// a block of transformed input, one of the output's gradient, and sums.
    pub const fn winograd_gradient_workspace_len(&self, m: usize) -> usize {
        let panels = self.winograd_gradient_panels(m);
        let tile = self.winograd_tile_stride() + panels * PANEL;
        let values = self.winograd_gradient_block(m) * tile + 2 * FREQUENCY_GAP;
        frequencies(m) * values + panels * self.winograd_panel_len(m)
    }
}
