//! A batch cut into tiles, and the transform of their input.

use core::ops::Range;

use crate::Element;
use crate::geometry::Map;
use crate::kernels::ConvKernels;
use crate::kernels::winograd::{InputTiles, MOST_ROWS};
use crate::seam::Source;

/// Tiles of `m x m` pixels that cover every image of a batch.
#[derive(Clone, Copy)]
pub(super) struct Tiles {
    m: usize,
    batch: usize,
    height: usize,
    width: usize,
}

/// Neighbouring tiles of one row that are alike.
pub(super) struct Run {
    /// Of the block's tiles, the first.
    pub(super) first: usize,
    pub(super) tiles: usize,
    pub(super) image: usize,
    pub(super) row: usize,
    pub(super) column: usize,
    /// Rows and columns of each tile that are inside the map.
    pub(super) inside: [usize; 2],
}

/// How transformed tiles lie in memory: channels, and elements between tiles
/// and between frequencies.
#[derive(Clone, Copy)]
pub(super) struct Transformed {
    /// Whole channel blocks.
    pub(super) channels: usize,
    pub(super) tile: usize,
    pub(super) frequency: usize,
}

impl Tiles {
    /// The tiles of a batch of maps.
    pub(super) fn new(m: usize, map: &Map, batch: usize) -> Self {
        let Map { height, width, .. } = *map;
        Self {
            m,
            batch,
            height,
            width,
        }
    }

    /// Rows and columns of tiles in an image.
    fn grid(&self) -> [usize; 2] {
        [self.height.div_ceil(self.m), self.width.div_ceil(self.m)]
    }

    /// Tiles of the batch.
    pub(super) fn count(&self) -> usize {
        let [rows, columns] = self.grid();
        self.batch * rows * columns
    }

    /// The first tile that starts at a row of an image.
    pub(super) fn at_row(&self, image: usize, row: usize) -> usize {
        let [rows, columns] = self.grid();
        (image * rows + row / self.m) * columns
    }

    /// Frequencies of a tile.
    pub(super) fn frequencies(&self) -> usize {
        (self.m + 2) * (self.m + 2)
    }

    /// The elements of a batch from a block's first line of tiles to its last.
    pub(super) fn stretch(&self, map: &Map, block: Range<usize>) -> Range<usize> {
        let [rows, columns] = self.grid();
        let pixel_row = |line: usize| (line / rows) * self.height + line % rows * self.m;
        let place = |row: usize| {
            let (image, row) = (row / self.height, row % self.height);
            image * map.len() + map.origin() + row * map.row_stride()
        };
        if block.is_empty() {
            return 0..0;
        }
        let [first, last] = [block.start, block.end - 1].map(|tile| pixel_row(tile / columns));
        place(first)..place(last) + self.m * map.row_stride()
    }

    /// Cuts a block of tiles into runs.
    pub(super) fn runs(&self, block: Range<usize>) -> impl Iterator<Item = Run> {
        let Self {
            m, height, width, ..
        } = *self;
        let [rows, columns] = self.grid();
        let start = block.start;
        let mut next = start;
        core::iter::from_fn(move || {
            if next == block.end {
                return None;
            }
            let (line, column) = (next / columns, next % columns);
            let (image, row) = (line / rows, line % rows);
            let whole = width / m;
            // The last tile of a row is a run of its own where it is cut off.
            let end = if column < whole { whole } else { columns };
            let tiles = (end - column).min(block.end - next);
            let run = Run {
                first: next - start,
                tiles,
                image,
                row: row * m,
                column: column * m,
                inside: [m.min(height - row * m), m.min(width - column * m)],
            };
            next += tiles;
            Some(run)
        })
    }

    /// Transforms a block of the input.
    ///
    /// # Safety
    ///
    /// The input has the tiles' pixels and a halo of at least one; the kernels
    /// are of this processor's instructions, `values` holds the block.
    pub(super) unsafe fn transform<E: Element>(
        &self,
        kernels: &ConvKernels<E>,
        input: &Source<'_, E>,
        block: Range<usize>,
        to: Transformed,
        values: &mut [E],
    ) {
        let (row_stride, pixel) = (input.map.row_stride(), input.map.channel_stride);
        debug_assert!(self.frequencies() * to.frequency <= values.len());
        for run in self.runs(block) {
            // The tile starts one pixel before its first output. Beyond the
            // map's last row and column lies the halo, whose zeros stand for
            // everything further.
            let [rows, columns] = run.inside.map(|inside| {
                let last = inside + 1;
                core::array::from_fn::<_, MOST_ROWS, _>(|i| i.min(last))
            });
            let first = input.pixel(run.image, run.row, run.column);
            let tiles = InputTiles {
                input: first.wrapping_sub(row_stride + pixel),
                rows: rows.map(|row| row * row_stride),
                columns: columns.map(|column| column * pixel),
                input_tile: self.m * pixel,
                tiles: run.tiles,
                channels: to.channels,
                values: values[run.first * to.tile..].as_mut_ptr(),
                values_tile: to.tile,
                values_frequency: to.frequency,
            };
            // SAFETY: the pixels are inside the map and its halo; the caller
            // vouches for the rest.
            unsafe { (kernels.winograd.transforms[self.m / 4].input)(&tiles) };
        }
    }
}
