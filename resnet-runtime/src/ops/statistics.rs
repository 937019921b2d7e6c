//! Statistics of a map, block by block of its rows: in a sweep of their own,
//! or behind a convolution, by the thread that has just written a block. Both
//! come to the same bits.

use core::ops::Range;

use super::rows::{Sweep, block_rows, elements, extent, pixels, pixels_mut};
use crate::Element;
use crate::geometry::Map;
use crate::kernels::sweep::moments::{MergeMomentsArgs, MomentsArgs, Partials};
use crate::kernels::sweep::pixels::Pixels;
use crate::seam::{Scratch, Source, Target};

/// Blocks that each thread should have, so that shares are even.
const EVEN: usize = 4;

/// The statistics of a batch of maps, and where those of its blocks go.
#[derive(Clone, Copy)]
pub(crate) struct Statistics<'a, E: 'static> {
    sweep: Sweep<E>,
    map: Map,
    batch: usize,
    scratch: Scratch<'a, E>,
}

impl<'a, E: Element> Statistics<'a, E> {
    /// `scratch` holds the map's `reduction_scratch`.
    pub(crate) fn new(sweep: Sweep<E>, map: Map, batch: usize, scratch: Scratch<'a, E>) -> Self {
        assert!(batch > 0, "no statistics without images");
        assert_scratch(&scratch, &map);
        Self {
            sweep,
            map,
            batch,
            scratch,
        }
    }

    /// Of every block, sharing them among the sweep's threads.
    pub(crate) fn of_all(&self, input: Source<'_, E>) {
        self.sweep
            .for_blocks(self.batch, &self.map, &|image, block, rows| {
                let from = pixels(&input, image, rows.start);
                // SAFETY: the rows are in the map; each block has one thread.
                unsafe { self.of_block(image, block, &rows, from) };
            });
    }

    /// Whether so many threads share the blocks out about evenly.
    pub(crate) fn are_even(&self, shares: usize) -> bool {
        shares == 1 || self.blocks() >= EVEN * shares
    }

    /// Blocks of the batch.
    pub(crate) fn blocks(&self) -> usize {
        self.batch * self.map.reduction_blocks()
    }

    /// Image and rows of a block of the batch.
    pub(crate) fn rows(&self, block: usize) -> (usize, Range<usize>) {
        block_rows(&self.map, block)
    }

    /// Of one block of the batch, which has been written.
    ///
    /// # Safety
    ///
    /// The output is this map; nobody writes the block or its statistics
    /// meanwhile.
    pub(crate) unsafe fn behind(&self, output: &Target<'_, E>, block: usize) {
        let (image, rows) = self.rows(block);
        let from = pixels_mut(output, image, rows.start).as_read();
        let place = block % self.map.reduction_blocks();
        // SAFETY: the caller's promise.
        unsafe { self.of_block(image, place, &rows, from) };
    }

    /// # Safety
    ///
    /// The rows can be read; nobody else has this block.
    unsafe fn of_block(&self, image: usize, block: usize, rows: &Range<usize>, input: Pixels<E>) {
        let [mean, m2] = partial(&self.scratch, &self.map, image, block);
        let args = MomentsArgs {
            extent: extent(&self.map, rows),
            input,
            mean,
            m2,
        };
        // SAFETY: the caller's promise; the partial results are inside the
        // scratch, where each block has its own.
        unsafe { (self.sweep.kernels.training().moments)(&args) }
    }

    /// Writes the batch's mean and `1 / sqrt(variance + epsilon)` of each
    /// channel, whole channel blocks each, once all blocks are there.
    pub(crate) fn merge(&self, epsilon: f64, mean: &mut [E], inv_std: &mut [E]) {
        let map = &self.map;
        assert_eq!(mean.len(), elements(map), "means of another size");
        assert_eq!(inv_std.len(), elements(map), "deviations of another size");
        let args = MergeMomentsArgs {
            partials: partials(&self.scratch, map, self.batch),
            block_pixels: map.reduction_rows() * map.width,
            image_pixels: map.height * map.width,
            channels: map.channels,
            epsilon,
            mean: mean.as_mut_ptr(),
            inv_std: inv_std.as_mut_ptr(),
        };
        // SAFETY: every block has written its partial results; the vectors
        // have whole channel blocks.
        unsafe { (self.sweep.kernels.training().merge_moments)(&args) }
    }
}

/// Where a block's two vectors of partial results go.
pub(super) fn partial<E: Element>(
    scratch: &Scratch<'_, E>,
    map: &Map,
    image: usize,
    block: usize,
) -> [*mut E; 2] {
    let first = scratch.image(image).wrapping_add(2 * block * elements(map));
    [first, first.wrapping_add(elements(map))]
}

/// All of them: those of an image are followed by those of the next.
pub(super) fn partials<E: Element>(
    scratch: &Scratch<'_, E>,
    map: &Map,
    images: usize,
) -> Partials<E> {
    Partials {
        base: scratch.image(0),
        images,
        blocks: map.reduction_blocks(),
        channels: elements(map),
    }
}

#[track_caller]
pub(super) fn assert_scratch<E>(scratch: &Scratch<'_, E>, map: &Map) {
    assert_eq!(
        scratch.per_image(),
        map.reduction_scratch(),
        "scratch of another size"
    );
}
