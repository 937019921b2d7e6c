//! The loops around the tile: any convolution by direct summation, whether
//! it makes a layer's output or the gradient of its input.

use core::ops::Range;

use super::activation::Afterwards;
use super::extent::{Extent, part, pieces};
use crate::Element;
use crate::geometry::Groups;
use crate::kernels::conv_tile::{ConvTile, Taps, UNROLL};
use crate::kernels::narrow::NarrowTiles;
use crate::kernels::sliding_tile::COLUMNS;
use crate::kernels::sweep::pixels::{self, PixelsMut};
use crate::kernels::{ConvKernels, Entry};

/// Bytes of input that one panel after another is applied to: with the panel,
/// they should stay in a core's own cache.
const BLOCK_BYTES: usize = 512 * 1024;

/// Weights of this many bytes stay in a core's own cache, whatever is read
/// beside them.
const LIGHT_WEIGHTS: usize = 512 * 1024;

/// Bytes of all maps that one panel of light weights after another is applied
/// to: so few that the maps are read and written nearly in order.
const LIGHT_BLOCK_BYTES: usize = 64 * 1024;

/// Elements of a panel between the weights in use and those asked for from
/// memory, where one tile reads each panel.
const FAR: usize = 8192;

/// Multiply-adds in the time that a weight comes from memory.
const FAR_WEIGHT: usize = 16;

/// A convolution as addresses and strides.
pub(crate) struct Direct<E: 'static> {
    /// Output pixels, and the strides of input, residual and output.
    pub(crate) extent: Extent<3>,
    /// First tap of the first pixel.
    pub(crate) input: *const E,
    /// What each output value sums.
    pub(crate) taps: Taps,
    /// Which input channels an output channel's runs start at.
    pub(crate) groups: Groups,
    /// The tiles of narrow groups, where they are.
    pub(crate) narrow: Option<&'static NarrowTiles<E>>,
    /// Output channels, whole blocks.
    pub(crate) channels: usize,
    /// Panels of weights.
    pub(crate) weight: *const E,
    /// One for each channel, up to whole blocks, or null.
    pub(crate) bias: *const E,
    /// First pixel, or null.
    pub(crate) residual: *const E,
    /// First pixel.
    pub(crate) output: *mut E,
    /// Whether ReLU is applied last.
    pub(crate) relu: bool,
    /// Another activation, applied to each tile.
    pub(crate) afterwards: Option<Afterwards<E>>,
}

// SAFETY: the pointers are used by unsafe functions alone, whose callers
// vouch for them on every thread.
unsafe impl<E: Sync> Sync for Direct<E> {}

/// How the output is cut into tiles.
#[derive(Clone, Copy)]
struct Tiling {
    /// Rows that one tile spans: 2 where rows are short.
    rows: usize,
    /// Groups of rows in an image.
    lines: usize,
    /// Tiles in a line.
    cuts: usize,
    /// Tiles of the batch.
    tiles: usize,
}

impl<E: Element> Direct<E> {
    /// How much work it is, in multiply-adds: those of its sums, or where
    /// pixels are few, as of a fully connected layer, those that fit into the
    /// time of reading its weights.
    pub(crate) fn work(&self) -> usize {
        let taps = self.taps.rows * self.taps.columns * self.taps.run;
        let pixels: usize = self.extent.count.iter().product();
        let a_weight = if pixels > 0 {
            pixels.max(FAR_WEIGHT)
        } else {
            0
        };
        a_weight.saturating_mul(taps).saturating_mul(self.channels)
    }

    /// Computes one thread's share. Shares cover the output once.
    ///
    /// # Safety
    ///
    /// For every output pixel all taps can be read, and the residual unless
    /// null; whole panels of weights and blocks of biases are there; output
    /// pixels are apart, and nobody else reads or writes them meanwhile.
    pub(crate) unsafe fn share(&self, kernels: &ConvKernels<E>, share: usize, shares: usize) {
        let panels = self.channels.div_ceil(kernels.panel());
        let tiling = self.tiling(kernels);
        let tiles = tiling.tiles;
        if self.prefers_panels(tiles, shares) {
            // Panel by panel, so that a thread reads few weights.
            let units = part(panels * tiles, share, shares);
            let mut next = units.start;
            while next < units.end {
                let (panel, tile) = (next / tiles, next % tiles);
                let whole = (units.end - next) / tiles;
                // SAFETY: the caller's promise.
                unsafe {
                    if tile == 0 && whole > 0 {
                        self.rectangle(kernels, tiling, panel..panel + whole, 0..tiles);
                        next += whole * tiles;
                    } else {
                        let end = tiles.min(tile + units.end - next);
                        self.rectangle(kernels, tiling, panel..panel + 1, tile..end);
                        next += end - tile;
                    }
                }
            }
        } else {
            // SAFETY: the caller's promise.
            unsafe { self.rectangle(kernels, tiling, 0..panels, part(tiles, share, shares)) };
        }
    }

    /// Whether threads had better share out panels than pixels: where tiles
    /// are too few to be even, or weights are more than the input.
    fn prefers_panels(&self, tiles: usize, shares: usize) -> bool {
        let [images, rows, columns] = self.extent.count;
        let taps = self.taps.rows * self.taps.columns * self.taps.run;
        let weights = taps * self.channels;
        let inputs = images * rows * columns * self.extent.strides[0][2];
        tiles < 8 * shares || weights > inputs
    }

    /// Whether threads share out tiles, so that each may take rows.
    pub(crate) fn shares_rows(&self, kernels: &ConvKernels<E>, shares: usize) -> bool {
        !self.prefers_panels(self.tiling(kernels).tiles, shares)
    }

    /// Computes some rows of an image, from an even one on and up to an even
    /// one or the last, where the extent is that of images and rows.
    ///
    /// # Safety
    ///
    /// As for [`share`](Self::share).
    pub(crate) unsafe fn rows(&self, kernels: &ConvKernels<E>, image: usize, rows: &Range<usize>) {
        let tiling = self.tiling(kernels);
        let first = image * tiling.lines;
        let lines = rows.start / tiling.rows..rows.end.div_ceil(tiling.rows);
        let tiles = (first + lines.start) * tiling.cuts..(first + lines.end) * tiling.cuts;
        let panels = self.channels.div_ceil(kernels.panel());
        // SAFETY: the caller's promise.
        unsafe { self.rectangle(kernels, tiling, 0..panels, tiles) };
    }

    /// The tiles of one or two vectors.
    fn table(&self, kernels: &ConvKernels<E>, vectors: usize) -> &'static [Entry<ConvTile<E>>] {
        let [input, ..] = self.extent.strides;
        let slides = self.taps.columns == COLUMNS && input[2] == self.taps.column_step;
        if let Some(narrow) = self.narrow {
            if slides { narrow.sliding } else { narrow.any }
        } else if vectors == 1 && slides && !kernels.sliding.is_empty() {
            kernels.sliding
        } else {
            kernels.forward[vectors - 1]
        }
    }

    fn tiling(&self, kernels: &ConvKernels<E>) -> Tiling {
        let [images, rows, columns] = self.extent.count;
        let most = self.table(kernels, self.vectors(kernels, 0)).len();
        let span = if 2 * columns <= most && rows > 1 {
            2
        } else {
            1
        };
        let cuts = pieces(columns, most);
        let lines = rows.div_ceil(span);
        Tiling {
            rows: span,
            lines,
            cuts,
            tiles: images * lines * cuts,
        }
    }

    /// Pixels of so many tiles: exactly, if they are whole images.
    fn pixels(&self, tiling: Tiling, tiles: usize) -> usize {
        let [_, rows, columns] = self.extent.count;
        let image = tiling.lines * tiling.cuts;
        match tiles % image {
            0 => tiles / image * rows * columns,
            _ => tiles * tiling.rows * columns.div_ceil(tiling.cuts),
        }
    }

    /// Vectors of a panel that hold channels.
    fn vectors(&self, kernels: &ConvKernels<E>, panel: usize) -> usize {
        let left = self.channels - panel * kernels.panel();
        (left / kernels.lanes).min(2)
    }

    /// Some panels by some tiles, in blocks of tiles that stay in the cache.
    ///
    /// # Safety
    ///
    /// As for [`share`](Self::share).
    unsafe fn rectangle(
        &self,
        kernels: &ConvKernels<E>,
        tiling: Tiling,
        panels: Range<usize>,
        tiles: Range<usize>,
    ) {
        let [_, _, columns] = self.extent.count;
        let pixels = tiling.rows * columns.div_ceil(tiling.cuts);
        let [input, residual, output] = self.extent.strides.map(|strides| strides[2]);
        let rows = self.taps.rows * self.taps.columns * self.taps.run;
        let weights = rows * self.channels * size_of::<E>();
        let (elements, most) = if weights <= LIGHT_WEIGHTS {
            (input + residual + output, LIGHT_BLOCK_BYTES)
        } else {
            (input.max(self.taps.run), BLOCK_BYTES)
        };
        let bytes = tiles.len() * pixels * elements * size_of::<E>();
        let blocks = pieces(bytes, most).clamp(1, tiles.len().max(1));
        for block in 0..blocks {
            let block = part(tiles.len(), block, blocks);
            for panel in panels.clone() {
                // SAFETY: the caller's promise.
                unsafe {
                    self.panel(
                        kernels,
                        tiling,
                        panel,
                        tiles.start + block.start,
                        block.len(),
                    )
                };
            }
        }
    }

    /// One panel by `count` tiles.
    ///
    /// # Safety
    ///
    /// As for [`share`](Self::share).
    unsafe fn panel(
        &self,
        kernels: &ConvKernels<E>,
        tiling: Tiling,
        panel: usize,
        first: usize,
        count: usize,
    ) {
        let vectors = self.vectors(kernels, panel);
        let channel = panel * kernels.panel();
        let start = |vector: usize| self.groups.start(channel + vector * kernels.lanes);
        let split = vectors == 2 && (self.narrow.is_some() || start(0) != start(1));
        let (width, strips) = if split { (1, 2) } else { (vectors, 1) };
        for strip in 0..strips {
            // SAFETY: the caller's promise.
            unsafe {
                self.strip(
                    kernels,
                    tiling,
                    channel + strip * kernels.lanes,
                    width,
                    first,
                    count,
                );
            }
        }
    }

    /// One or two vectors of a panel, which see the same input channels, by
    /// `count` tiles.
    ///
    /// # Safety
    ///
    /// As for [`share`](Self::share).
    unsafe fn strip(
        &self,
        kernels: &ConvKernels<E>,
        tiling: Tiling,
        channel: usize,
        vectors: usize,
        first: usize,
        count: usize,
    ) {
        let Extent {
            count: [_, rows, columns],
            strides: [input, residual, output],
        } = self.extent;
        let table = self.table(kernels, vectors);
        let taps = self.taps.rows * self.taps.columns * self.taps.run;
        let light = taps * self.channels * size_of::<E>() <= LIGHT_WEIGHTS;
        let lane = channel % kernels.panel();
        let next_panel = self
            .weight
            .wrapping_add(taps * (channel - lane + kernels.panel()));
        let from = self.input.wrapping_add(self.groups.start(channel));
        let offset = |null: bool| if null { 0 } else { channel };
        let mut tile = ConvTile {
            input: from,
            input_pixel: input[2],
            input_group: 0,
            taps: self.taps,
            weight: self.weight.wrapping_add(taps * (channel - lane) + lane),
            later: core::ptr::null(),
            later_step: 0,
            bias: self.bias.wrapping_add(offset(self.bias.is_null())),
            residual: self.residual,
            residual_pixel: residual[2],
            residual_group: 0,
            output: self.output,
            output_pixel: output[2],
            output_group: 0,
            relu: self.relu,
        };
        let mut cut = first % tiling.cuts;
        let mut line = first / tiling.cuts % tiling.lines;
        let mut image = first / tiling.cuts / tiling.lines;
        let pixels = self.pixels(tiling, count);
        let mut done = 0;
        for _ in 0..count {
            let span = part(columns, cut, tiling.cuts);
            let row = line * tiling.rows;
            let place = |s: &[usize; 3]| image * s[0] + row * s[1] + span.start * s[2];
            tile.input = from.wrapping_add(place(&input));
            tile.output = self.output.wrapping_add(place(&output) + channel);
            if !self.residual.is_null() {
                tile.residual = self.residual.wrapping_add(place(&residual) + channel);
            }
            // Two rows make the two groups of a tile; within one row the
            // second group goes on where the first ends.
            let paired = tiling.rows == 2 && row + 1 < rows;
            let group = |s: &[usize; 3]| {
                if paired {
                    s[1]
                } else {
                    span.len().div_ceil(2) * s[2]
                }
            };
            tile.input_group = group(&input);
            tile.residual_group = group(&residual);
            tile.output_group = group(&output);
            let mr = if paired { 2 * span.len() } else { span.len() };
            (tile.later, tile.later_step) = if light {
                // Weights are near; outputs, all of them, are not.
                let next = tile.output.wrapping_add(mr * tile.output_pixel);
                (next.cast_const(), tile.output_pixel)
            } else if count == 1 {
                // It waits for its own weights.
                (tile.weight.wrapping_add(FAR), UNROLL * kernels.panel())
            } else {
                // All tiles together ask for the panel that comes next, each
                // for as much as it takes time: there is a limit to what can
                // be on its way.
                let fetched = taps * kernels.panel() * done / pixels;
                let step = UNROLL * kernels.panel() * mr / pixels;
                (next_panel.wrapping_add(fetched), step)
            };
            done += mr;
            // SAFETY: the caller's promise, and the table is of this
            // processor's instructions.
            unsafe { table[mr - 1](&tile) };
            if let Some(afterwards) = self.afterwards {
                let extent = pixels::Extent {
                    rows: mr / span.len(),
                    width: span.len(),
                    channels: vectors * kernels.lanes,
                };
                let written = PixelsMut {
                    base: tile.output,
                    row: tile.output_group,
                    pixel: tile.output_pixel,
                };
                // SAFETY: that is what the tile has written.
                unsafe { afterwards.apply(extent, channel, written) };
            }
            cut += 1;
            if cut == tiling.cuts {
                cut = 0;
                line += 1;
                if line == tiling.lines {
                    line = 0;
                    image += 1;
                }
            }
        }
    }
}
