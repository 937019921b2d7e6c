//! A batch cut into tiles, and the transform of their input.

use core::ops::Range;

use super::packed_input::transform_packed;
use crate::Element;
use crate::geometry::{CHANNEL_BLOCK, Conv2d, Map, round_up};
use crate::kernels::ConvKernels;
use crate::kernels::winograd::InputTiles;
use crate::seam::Source;

/// Tiles of `m x m` pixels that cover every image of a batch.
#[derive(Clone, Copy)]
pub(super) struct Tiles {
    m: usize,
    /// Rows of the input that make a tile, of each phase.
    pub(super) side: usize,
    /// Of the convolution.
    stride: usize,
    padding: usize,
    channels: usize,
    batch: usize,
    /// The input's rows and columns with its padding.
    padded: [usize; 2],
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

/// How transformed tiles lie in memory: elements between tiles and between
/// frequencies.
#[derive(Clone, Copy)]
pub(super) struct Transformed {
    pub(super) tile: usize,
    pub(super) frequency: usize,
}

impl Tiles {
    /// The tiles of a batch of a convolution's output.
    pub(super) fn new(m: usize, conv: &Conv2d, [input, output]: [&Map; 2], batch: usize) -> Self {
        let ([padding, _], [stride, _]) = (conv.padding, conv.stride);
        Self {
            m,
            side: conv.winograd_side(m),
            stride,
            padding,
            channels: conv.in_channels,
            batch,
            padded: [input.height, input.width].map(|size| size + 2 * padding),
            height: output.height,
            width: output.width,
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

    /// The tiles of some rows of an image, whole lines.
    pub(super) fn of_rows(&self, image: usize, rows: Range<usize>) -> Range<usize> {
        let end = rows.end.next_multiple_of(self.m);
        self.at_row(image, rows.start)..self.at_row(image, end)
    }

    /// Frequencies of a tile.
    pub(super) fn frequencies(&self) -> usize {
        self.side * self.side
    }

    /// The elements of a batch of the output from a block's first line of tiles
    /// to its last.
    pub(super) fn outputs(&self, map: &Map, block: Range<usize>) -> Range<usize> {
        self.stretch(map, self.m, block)
    }

    /// The same of the input.
    pub(super) fn inputs(&self, map: &Map, block: Range<usize>) -> Range<usize> {
        self.stretch(map, self.stride * self.m, block)
    }

    /// The same of maps of which a tile takes so many rows.
    fn stretch(&self, map: &Map, tile_rows: usize, block: Range<usize>) -> Range<usize> {
        let [rows, columns] = self.grid();
        let place = |tile: usize| {
            let (image, line) = (tile / columns / rows, tile / columns % rows);
            image * map.len() + map.origin() + line * tile_rows * map.row_stride()
        };
        if block.is_empty() {
            return 0..0;
        }
        place(block.start)..place(block.end - 1) + tile_rows * map.row_stride()
    }

    /// The last row (or column) of a tile's input that is there, counted from
    /// its first, where the tile's output begins at `start`. Beyond the map
    /// lies the halo, whose zeros stand for everything further.
    fn last_input(&self, axis: usize, start: usize) -> usize {
        self.padded[axis] - 1 - self.stride * start
    }

    /// Cuts a block of tiles into runs.
    pub(super) fn runs(&self, block: Range<usize>) -> impl Iterator<Item = Run> {
        let Self {
            m, height, width, ..
        } = *self;
        let [rows, columns] = self.grid();
        let (step, reach) = (self.stride * m, self.stride * self.side);
        let whole = (self.padded[1] + step).saturating_sub(reach) / step;
        let start = block.start;
        let mut next = start;
        core::iter::from_fn(move || {
            if next == block.end {
                return None;
            }
            let (line, column) = (next / columns, next % columns);
            let (image, row) = (line / rows, line % rows);
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
    /// The input has the tiles' pixels and a halo as wide as the padding; the
    /// kernels are of this processor's instructions, `values` holds the block.
    pub(super) unsafe fn transform<E: Element>(
        &self,
        kernels: &ConvKernels<E>,
        input: &Source<'_, E>,
        block: Range<usize>,
        to: Transformed,
        values: &mut [E],
    ) {
        debug_assert!(self.frequencies() * to.frequency <= values.len());
        let (row_stride, pixel) = (input.map.row_stride(), input.map.channel_stride);
        // Where pixels lie side by side, two columns are one of twice the
        // channels.
        let is_packed = pixel < CHANNEL_BLOCK;
        let neighbours = if is_packed { self.stride } else { 1 };
        let before = self.padding * (row_stride + pixel);
        for run in self.runs(block) {
            let first = input.pixel(run.image, self.stride * run.row, self.stride * run.column);
            let last = [0, 1].map(|axis| self.last_input(axis, [run.row, run.column][axis]));
            let tiles = InputTiles {
                input: first.wrapping_sub(before),
                rows: core::array::from_fn(|i| i.min(last[0]) * row_stride),
                columns: core::array::from_fn(|i| (neighbours * i).min(last[1]) * pixel),
                phases: [self.stride, self.stride / neighbours],
                values_phase: neighbours * self.channels,
                input_tile: self.stride * self.m * pixel,
                tiles: run.tiles,
                channels: round_up(neighbours * self.channels, CHANNEL_BLOCK),
                values: values[run.first * to.tile..].as_mut_ptr(),
                values_tile: to.tile,
                values_frequency: to.frequency,
            };
            let transform = kernels.winograd().of_side(self.side).input;
            // SAFETY: the pixels are inside the map and its halo, or copied
            // from there; the caller vouches for the rest.
            unsafe {
                if is_packed {
                    transform_packed(transform, tiles, self.side, (last[1] + 1) * pixel);
                } else {
                    transform(&tiles);
                }
            }
        }
    }
}
