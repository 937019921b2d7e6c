//! The batch in blocks of pixels that stay in a core's own cache.

use core::ops::Range;

use super::super::extent::{part, pieces};
use super::Gradient;
use crate::Element;
use crate::geometry::{CHANNEL_BLOCK, GRADIENT_PIXELS};
use crate::kernels::ConvKernels;
use crate::kernels::panel_copy::PanelCopy;
use crate::kernels::weight_tile::WeightTile;

/// Pixels that one tile after another sums: few enough for their input and
/// gradient to stay in cache, enough to make loading and storing sums cheap.
const BLOCK_PIXELS: usize = 512;

/// A block of pixels.
#[derive(Clone, Copy)]
pub(super) struct Block<E> {
    pub(super) tile: WeightTile<E>,
    /// From one panel of the output's gradient to the next.
    pub(super) panel: usize,
    /// Where input and output's gradient of the next block start.
    next: Option<(*const E, *const E)>,
}

impl<E: Element> Gradient<E> {
    /// Computes some items, block of pixels by block of pixels.
    ///
    /// # Safety
    ///
    /// All addresses are there, and nobody else touches these items' weights.
    pub(super) unsafe fn items(
        &self,
        kernels: &ConvKernels<E>,
        items: Range<usize>,
        workspace: &mut [E],
    ) {
        let [images, rows, columns] = self.extent.count;
        let most = match workspace.is_empty() {
            true => BLOCK_PIXELS,
            false => GRADIENT_PIXELS,
        };
        // A block is some pixels of a row, some rows or some images.
        let blocks = [
            pieces(images, (most / columns / rows).max(1)),
            pieces(rows, (most / columns).max(1)),
            pieces(columns, most),
        ];
        let ranges = |index: usize| {
            let [_, by_rows, by_columns] = blocks;
            [
                part(images, index / by_columns / by_rows, blocks[0]),
                part(rows, index / by_columns % by_rows, by_rows),
                part(columns, index % by_columns, by_columns),
            ]
        };
        // Where a block starts in both maps.
        let start = |index: usize| {
            let [images, rows, columns] = ranges(index).map(|range| range.start);
            let place = |s: &[usize; 3]| images * s[0] + rows * s[1] + columns * s[2];
            let [input, d_output] = &self.extent.strides;
            (
                self.input.wrapping_add(place(input)),
                self.d_output.wrapping_add(place(d_output)),
            )
        };
        let count = blocks.iter().product();
        for index in 0..count {
            let (input, d_output) = start(index);
            let tile = WeightTile {
                input,
                input_strides: self.extent.strides[0],
                input_step: self.run_step,
                d_output,
                d_output_strides: self.extent.strides[1],
                count: ranges(index).map(|range| range.len()),
                later: core::ptr::null(),
                later_strides: [0; 3],
                gradient: self.weight,
                gradient_stride: self.channels,
                accumulate: index > 0,
            };
            let next = (index + 1 < count).then(|| start(index + 1));
            // SAFETY: the caller's promise.
            unsafe {
                let block = self.gather(kernels, tile, items.clone(), workspace);
                self.block(kernels, Block { next, ..block }, items.clone());
            }
        }
    }

    /// Puts the panels of a block of the output's gradient side by side, those
    /// that some items read, if there is workspace.
    ///
    /// # Safety
    ///
    /// As for [`items`](Self::items).
    unsafe fn gather(
        &self,
        kernels: &ConvKernels<E>,
        tile: WeightTile<E>,
        items: Range<usize>,
        workspace: &mut [E],
    ) -> Block<E> {
        let width = kernels.panel();
        let [_, rows, columns] = tile.count;
        let pixels: usize = tile.count.iter().product();
        if workspace.is_empty() || items.is_empty() {
            return Block {
                tile,
                panel: width,
                next: None,
            };
        }
        let panels = self.channels.div_ceil(width);
        let (first, last) = match items.end > panels * self.tiles_per_panel() {
            // Biases read all panels again.
            true => (0, panels - 1),
            false => (
                items.start / self.tiles_per_panel(),
                (items.end - 1) / self.tiles_per_panel(),
            ),
        };
        let channel = first * width;
        let end = self.channels.min((last + 1) * width);
        let panel = pixels * width;
        let to = &mut workspace[first * panel..(last + 1) * panel];
        let copy = PanelCopy {
            from: tile.d_output.wrapping_add(channel),
            strides: tile.d_output_strides,
            count: tile.count,
            vectors: (end - channel) / kernels.lanes,
            to: to.as_mut_ptr(),
            panel,
        };
        // SAFETY: the pixels are the caller's promise; the panels are inside
        // the workspace.
        unsafe { (kernels.training().panel_copy)(&copy) };
        let tile = WeightTile {
            d_output: workspace.as_ptr(),
            d_output_strides: [rows * columns * width, columns * width, width],
            ..tile
        };
        Block {
            tile,
            panel,
            next: None,
        }
    }

    /// What one of a block's tiles asks for of the next block: of each pixel
    /// one block of channels, first of the output's gradient, then of the input.
    /// Where nothing is left it is what the tile reads: to ask for a page that
    /// isn't there takes some processors as long as several products.
    pub(super) fn later(&self, block: &Block<E>, tile: usize) -> (*const E, [usize; 3]) {
        let nothing = (block.tile.d_output, [0; 3]);
        let Some((input, d_output)) = block.next else {
            return nothing;
        };
        let [input_strides, d_output_strides] = self.extent.strides;
        let channel = tile * CHANNEL_BLOCK;
        if channel < self.channels {
            (d_output.wrapping_add(channel), d_output_strides)
        } else if channel < self.channels + self.taps.run {
            let channel = channel - self.channels;
            (input.wrapping_add(channel), input_strides)
        } else {
            nothing
        }
    }
}
