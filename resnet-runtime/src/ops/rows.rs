//! How sweeps split a batch: over rows, or over the fixed blocks of rows that
//! a reduction sums by.

use core::ops::Range;

use crate::Element;
use crate::geometry::{CHANNEL_BLOCK, Map, round_up};
use crate::kernels::sweep::SweepKernels;
use crate::kernels::sweep::pixels::{Extent, Pixels, PixelsMut};
use crate::pool;
use crate::seam::{Source, Target};

/// A sweep over fewer elements than this isn't worth waking another thread:
/// about 20 microseconds of one core.
const WORTH_SHARING: usize = 1 << 16;

/// How a sweep is run: with which kernels, on how many threads.
pub(crate) struct Sweep<E: 'static> {
    pub(super) kernels: &'static SweepKernels<E>,
    threads: usize,
    worth_sharing: usize,
}

impl<E> Clone for Sweep<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Sweep<E> {}

impl<E: Element> Sweep<E> {
    /// With the instruction set in use.
    pub(crate) fn new(threads: usize) -> Self {
        Self {
            kernels: &E::kernels().sweep,
            threads,
            worth_sharing: WORTH_SHARING,
        }
    }

    /// With given kernels, and on all threads however small the maps are.
    #[cfg(test)]
    pub(crate) fn with(kernels: &'static SweepKernels<E>, threads: usize) -> Self {
        Self {
            kernels,
            threads,
            worth_sharing: 0,
        }
    }

    /// Runs `body(image, rows)` so that all rows of all images are covered
    /// once.
    pub(super) fn for_rows(
        &self,
        batch: usize,
        map: &Map,
        body: &(dyn Fn(usize, Range<usize>) + Sync),
    ) {
        let height = map.height;
        self.share(batch, map, height, &|units| {
            let mut unit = units.start;
            while unit < units.end {
                let (image, row) = (unit / height, unit % height);
                let end = height.min(row + units.end - unit);
                body(image, row..end);
                unit += end - row;
            }
        });
    }

    /// The same from the last rows to the first, a few at a time: what was
    /// written or read last, before this sweep, is in the caches still.
    pub(super) fn for_rows_back(
        &self,
        batch: usize,
        map: &Map,
        body: &(dyn Fn(usize, Range<usize>) + Sync),
    ) {
        let (height, most) = (map.height, map.reduction_rows());
        self.share(batch, map, height, &|units| {
            let mut end = units.end;
            while end > units.start {
                let first = (end - 1) / height * height;
                let start = units.start.max(first).max(end.saturating_sub(most));
                body(first / height, start - first..end - first);
                end = start;
            }
        });
    }

    /// Runs `body(image, block, rows)` for all blocks of a reduction.
    pub(super) fn for_blocks(
        &self,
        batch: usize,
        map: &Map,
        body: &(dyn Fn(usize, usize, Range<usize>) + Sync),
    ) {
        let blocks = map.reduction_blocks();
        self.share(batch, map, blocks, &|units| {
            for unit in units {
                let (image, rows) = block_rows(map, unit);
                body(image, unit % blocks, rows);
            }
        });
    }

    /// Runs `body(image, channels)` for all channels of all images, some
    /// channel blocks at a time.
    pub(super) fn for_channels(
        &self,
        batch: usize,
        map: &Map,
        body: &(dyn Fn(usize, Range<usize>) + Sync),
    ) {
        const AT_ONCE: usize = 4 * CHANNEL_BLOCK;
        let channels = elements(map);
        let groups = channels.div_ceil(AT_ONCE);
        self.share(batch, map, groups, &|units| {
            for unit in units {
                let (image, start) = (unit / groups, unit % groups * AT_ONCE);
                body(image, start..channels.min(start + AT_ONCE));
            }
        });
    }

    /// Runs `body` so that all units, so many an image, are covered once.
    fn share(&self, batch: usize, map: &Map, units: usize, body: &(dyn Fn(Range<usize>) + Sync)) {
        let small = batch * map.len() < self.worth_sharing;
        pool::run(if small { 1 } else { self.threads }, batch * units, body);
    }
}

/// Image and rows of a block of a reduction, counted over a batch.
pub(super) fn block_rows(map: &Map, block: usize) -> (usize, Range<usize>) {
    let (blocks, rows) = (map.reduction_blocks(), map.reduction_rows());
    let start = block % blocks * rows;
    (block / blocks, start..map.height.min(start + rows))
}

/// Elements of a pixel in whole channel blocks, which the map must have.
#[track_caller]
pub(super) fn elements(map: &Map) -> usize {
    let elements = round_up(map.channels, CHANNEL_BLOCK);
    assert!(
        map.channel_stride >= elements,
        "whole channel blocks are needed: {map:?}"
    );
    elements
}

/// Asserts that two maps have the same pixels and channels.
#[track_caller]
pub(super) fn assert_same(a: &Map, b: &Map) {
    assert!(
        (a.channels, a.height, a.width) == (b.channels, b.height, b.width),
        "maps differ: {a:?} and {b:?}"
    );
    elements(a);
    elements(b);
}

/// Some rows of a map, whole channel blocks.
pub(super) fn extent(map: &Map, rows: &Range<usize>) -> Extent {
    Extent {
        rows: rows.len(),
        width: map.width,
        channels: elements(map),
    }
}

/// An image's pixels from a row on, to read.
pub(super) fn pixels<E>(source: &Source<'_, E>, image: usize, row: usize) -> Pixels<E> {
    Pixels {
        base: source.pixel(image, row, 0),
        row: source.map.row_stride(),
        pixel: source.map.channel_stride,
    }
}

/// An image's pixels from a row on, to write.
pub(super) fn pixels_mut<E: Element>(
    target: &Target<'_, E>,
    image: usize,
    row: usize,
) -> PixelsMut<E> {
    PixelsMut {
        base: target.pixel(image, row, 0),
        row: target.map.row_stride(),
        pixel: target.map.channel_stride,
    }
}
