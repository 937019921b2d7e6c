//! The batch's mean and variance. Deviations from the mean are summed strip by
//! strip while a strip is in the cache, strips merged to blocks and blocks to
//! the batch in their order.

use core::ops::Range;

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use super::chunks::{by_chunks, by_strips};
use super::pixels::{Extent, Pixels};
use crate::Element;
use crate::geometry::CHANNEL_BLOCK;
use crate::kernels::vector::{Kernel, Vector};

/// A block of rows, and where its statistics go.
pub(crate) struct MomentsArgs<E> {
    pub(crate) extent: Extent,
    pub(crate) input: Pixels<E>,
    /// The mean of each channel.
    pub(crate) mean: *mut E,
    /// The sum of squared deviations from that mean.
    pub(crate) m2: *mut E,
}

/// The kernel of [`MomentsArgs`].
pub(crate) struct Moments;

impl<V: Vector> Kernel<V> for Moments {
    type Args = MomentsArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        for channel in (0..args.extent.channels).step_by(V::LANES) {
            // SAFETY: the caller's promise: both have whole channel blocks.
            unsafe {
                V::zero().store(args.mean.add(channel));
                V::zero().store(args.m2.add(channel));
            }
        }
        let mut before = 0;
        for row in 0..args.extent.rows {
            by_strips!(args.extent, columns => {
                by_chunks!(args.extent.channels / V::LANES, first, N => {
                    let strip = Strip { row, columns: columns.clone(), first: first * V::LANES };
                    // SAFETY: the caller's promise; the chunks lie inside the
                    // pixel.
                    unsafe { merge_strip::<V, N, { sums_at_once(N) }>(args, &strip, before) }
                });
                before += columns.len();
            });
        }
    }
}

/// Pixels of a row, from a channel on.
struct Strip {
    row: usize,
    columns: Range<usize>,
    first: usize,
}

/// Pixels whose sums run side by side, to hide the latency of additions.
const fn sums_at_once(vectors: usize) -> usize {
    if vectors == 1 { 4 } else { 2 }
}

/// Merges the statistics of `N` vectors of a strip into those of the `before`
/// pixels so far, by Chan's formula.
#[inline(always)]
unsafe fn merge_strip<V: Vector, const N: usize, const P: usize>(
    args: &MomentsArgs<V::Element>,
    strip: &Strip,
    before: usize,
) {
    // SAFETY: the caller's promise: the strip lies inside the map, and the
    // statistics have as many channels as its pixels.
    unsafe {
        let (before, count) = (before as f64, strip.columns.len() as f64);
        let average = V::splat(V::Element::from_f64(1.0 / count));
        let share = count / (before + count);
        let weight = V::splat(V::Element::from_f64(before * share));
        let share = V::splat(V::Element::from_f64(share));
        let mut mean = sum::<V, N, P, false>(args, strip, [V::zero(); N]);
        for value in &mut mean {
            *value = value.mul(average);
        }
        let m2 = sum::<V, N, P, true>(args, strip, mean);
        for i in 0..N {
            let at = strip.first + i * V::LANES;
            let (mean_so_far, m2_so_far) = (V::load(args.mean.add(at)), V::load(args.m2.add(at)));
            let delta = mean[i].sub(mean_so_far);
            delta.mul_add(share, mean_so_far).store(args.mean.add(at));
            let m2 = m2[i].add(m2_so_far);
            delta.mul(delta).mul_add(weight, m2).store(args.m2.add(at));
        }
    }
}

/// Sums of values, or of their squared deviations.
#[inline(always)]
unsafe fn sum<V: Vector, const N: usize, const P: usize, const SQUARED: bool>(
    args: &MomentsArgs<V::Element>,
    strip: &Strip,
    mean: [V; N],
) -> [V; N] {
    // SAFETY: as for `merge_strip`.
    unsafe {
        let mut sums = [[V::zero(); N]; P];
        let mut column = strip.columns.start;
        while column + P <= strip.columns.end {
            for (p, sums) in sums.iter_mut().enumerate() {
                let pixel = args.input.at(strip.row, column + p).add(strip.first);
                add_pixel::<V, N, SQUARED>(pixel, &mean, sums);
            }
            column += P;
        }
        while column < strip.columns.end {
            let pixel = args.input.at(strip.row, column).add(strip.first);
            add_pixel::<V, N, SQUARED>(pixel, &mean, &mut sums[0]);
            column += 1;
        }
        let mut total = sums[0];
        for sums in &sums[1..] {
            for i in 0..N {
                total[i] = total[i].add(sums[i]);
            }
        }
        total
    }
}

#[inline(always)]
unsafe fn add_pixel<V: Vector, const N: usize, const SQUARED: bool>(
    pixel: *const V::Element,
    mean: &[V; N],
    sums: &mut [V; N],
) {
    for i in 0..N {
        // SAFETY: as for `merge_strip`.
        unsafe {
            let value = V::load(pixel.add(i * V::LANES));
            sums[i] = if SQUARED {
                let deviation = value.sub(mean[i]);
                deviation.mul_add(deviation, sums[i])
            } else {
                sums[i].add(value)
            };
        }
    }
}

/// How the partial results of a reduction lie in memory: for each image and
/// block two vectors of as many elements as a pixel has.
#[derive(Clone, Copy)]
pub(crate) struct Partials<E> {
    /// The first image's.
    pub(crate) base: *const E,
    /// Images.
    pub(crate) images: usize,
    /// Blocks of an image; its partial results are one after another.
    pub(crate) blocks: usize,
    /// Elements of a pixel, whole channel blocks.
    pub(crate) channels: usize,
}

impl<E> Partials<E> {
    /// Both vectors of a block, from a channel on.
    #[inline(always)]
    pub(super) fn at(&self, block: usize, channel: usize) -> [*const E; 2] {
        let first = self.base.wrapping_add(2 * block * self.channels + channel);
        [first, first.wrapping_add(self.channels)]
    }
}

/// Blocks' statistics, and where the batch's go.
pub(crate) struct MergeMomentsArgs<E> {
    pub(crate) partials: Partials<E>,
    /// Pixels in each block of an image, but the last.
    pub(crate) block_pixels: usize,
    /// Pixels in an image.
    pub(crate) image_pixels: usize,
    /// Channels that carry values.
    pub(crate) channels: usize,
    pub(crate) epsilon: f64,
    pub(crate) mean: *mut E,
    /// `1 / sqrt(variance + epsilon)`; zero for padding channels.
    pub(crate) inv_std: *mut E,
}

/// The kernel of [`MergeMomentsArgs`].
pub(crate) struct MergeMoments;

impl<V: Vector> Kernel<V> for MergeMoments {
    type Args = MergeMomentsArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        for first in (0..args.partials.channels).step_by(CHANNEL_BLOCK) {
            // SAFETY: the caller's promise; `first` starts a channel block.
            unsafe { merge_block(args, first) }
        }
    }
}

/// Chan's formula in `f64`, for a block of channels.
#[inline(always)]
unsafe fn merge_block<E: Element>(args: &MergeMomentsArgs<E>, first: usize) {
    let Partials { images, blocks, .. } = args.partials;
    let mut mean = [0.0; CHANNEL_BLOCK];
    let mut m2 = [0.0; CHANNEL_BLOCK];
    let mut count = 0.0;
    for block in 0..images * blocks {
        let start = (block % blocks) * args.block_pixels;
        let pixels = args.block_pixels.min(args.image_pixels - start) as f64;
        let share = pixels / (count + pixels);
        let [block_mean, block_m2] = args.partials.at(block, first);
        for i in 0..CHANNEL_BLOCK {
            // SAFETY: partial results have whole channel blocks.
            let (block_mean, block_m2) = unsafe { (*block_mean.add(i), *block_m2.add(i)) };
            let delta = block_mean.to_f64() - mean[i];
            mean[i] += delta * share;
            m2[i] += block_m2.to_f64() + delta * delta * (count * share);
        }
        count += pixels;
    }
    for i in 0..CHANNEL_BLOCK {
        let inv_std = if first + i < args.channels {
            1.0 / (m2[i] / count + args.epsilon).sqrt()
        } else {
            0.0
        };
        // SAFETY: the caller's vectors have whole channel blocks.
        unsafe {
            *args.mean.add(first + i) = E::from_f64(mean[i]);
            *args.inv_std.add(first + i) = E::from_f64(inv_std);
        }
    }
}
