//! A convolution that a max pool follows, computed some rows at a time: what
//! the pool reads stays in a core's own cache, and no map of it is planned.

use crate::{CHANNEL_BLOCK, Conv2d, Pool2d, round_up};

/// Rows of a direct convolution that a pool reads at once, at least: as many as
/// a line of Winograd's tiles.
const DIRECT_ROWS: usize = 4;

/// Winograd tiles that are computed at once, at least: as many as products take.
const LEAST_TILES: usize = 14;

/// Elements of weights that are read again for every few rows: they have to
/// stay near, beside the rows.
const MOST_WEIGHTS: usize = 128 * 1024;

/// Rows of an output that are worth it: threads share them out a few at a time.
const LEAST_ROWS: usize = 16;

impl Conv2d {
    /// Whether it pays to compute an output of these sizes together with the
    /// max pool behind it; not in narrow groups, whose tiles are others.
    pub const fn suits_max_pool(&self, pool: &Pool2d, [height, _]: [usize; 2]) -> bool {
        let weights = self.taps() * round_up(self.out_channels, CHANNEL_BLOCK);
        weights <= MOST_WEIGHTS
            && height >= LEAST_ROWS
            && pool.kernel[0] <= LEAST_ROWS
            && !self.forward_groups().is_narrow()
    }

    /// Rows of an output so wide that are computed before the pool reads them:
    /// whole lines of tiles (of `tile` rows; of one or two if it is computed
    /// directly), and as many as a window has above its last row.
    pub const fn strip_rows(&self, tile: Option<usize>, pool: &Pool2d, width: usize) -> usize {
        let (line, least) = match tile {
            None => (2, DIRECT_ROWS),
            Some(m) => (m, LEAST_TILES.div_ceil(width.div_ceil(m)) * m),
        };
        let above = rows_above(pool);
        round_up(if least > above { least } else { above }, line)
    }

    /// Elements of workspace that each thread needs for those rows and the ones
    /// above them, and for computing them.
    pub const fn max_pooled_workspace_len(
        &self,
        tile: Option<usize>,
        pool: &Pool2d,
        width: usize,
    ) -> usize {
        let rows = self.strip_rows(tile, pool, width) + rows_above(pool);
        let strip = rows * width * round_up(self.out_channels, CHANNEL_BLOCK);
        match tile {
            None => strip,
            Some(m) => strip + self.winograd_workspace_len(m),
        }
    }
}

/// Rows of a window above its last one.
const fn rows_above(pool: &Pool2d) -> usize {
    pool.kernel[0].saturating_sub(1)
}
