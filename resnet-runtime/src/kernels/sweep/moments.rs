//! The batch's mean and variance: deviations from the mean are summed block by
//! block while a block is in the cache, and the blocks merged in their order.

use super::by_chunks;
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
        by_chunks!(args.extent.channels / V::LANES, first, N => {
            // SAFETY: the caller's promise; the chunks lie inside the pixel.
            unsafe { moments::<V, N, { sums_at_once(N) }>(args, first * V::LANES) }
        });
    }
}

/// Pixels whose sums run side by side, to hide the latency of additions.
const fn sums_at_once(vectors: usize) -> usize {
    if vectors == 1 { 4 } else { 2 }
}

/// Both passes over `N` vectors from channel `first` on.
#[inline(always)]
unsafe fn moments<V: Vector, const N: usize, const P: usize>(
    args: &MomentsArgs<V::Element>,
    first: usize,
) {
    // SAFETY: the caller's promise: the block lies inside the map, and its
    // statistics have as many channels as its pixels.
    unsafe {
        let count = (args.extent.rows * args.extent.width) as f64;
        let share = V::splat(V::Element::from_f64(1.0 / count));
        let mut mean = sum::<V, N, P, false>(args, first, [V::zero(); N]);
        for value in &mut mean {
            *value = value.mul(share);
        }
        let m2 = sum::<V, N, P, true>(args, first, mean);
        for i in 0..N {
            let at = first + i * V::LANES;
            mean[i].store(args.mean.add(at));
            m2[i].store(args.m2.add(at));
        }
    }
}

/// Sums of values, or of their squared deviations.
#[inline(always)]
unsafe fn sum<V: Vector, const N: usize, const P: usize, const SQUARED: bool>(
    args: &MomentsArgs<V::Element>,
    first: usize,
    mean: [V; N],
) -> [V; N] {
    // SAFETY: as for `moments`.
    unsafe {
        let mut sums = [[V::zero(); N]; P];
        for row in 0..args.extent.rows {
            let mut column = 0;
            while column + P <= args.extent.width {
                for (p, sums) in sums.iter_mut().enumerate() {
                    let pixel = args.input.at(row, column + p).add(first);
                    add_pixel::<V, N, SQUARED>(pixel, &mean, sums);
                }
                column += P;
            }
            while column < args.extent.width {
                let pixel = args.input.at(row, column).add(first);
                add_pixel::<V, N, SQUARED>(pixel, &mean, &mut sums[0]);
                column += 1;
            }
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
        // SAFETY: as for `moments`.
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
