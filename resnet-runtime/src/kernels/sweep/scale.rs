//! Maps scaled channel by channel or as a whole, and the gradient of the
//! channels' factors.

use core::ops::Range;

use super::chunks::{by_chunks, by_strips};
use super::pixels::{Extent, Pixels, PixelsMut};
use crate::kernels::vector::{Kernel, Vector};

/// What pixels are multiplied by.
#[derive(Clone, Copy)]
pub(crate) enum Factors<E> {
    /// A factor for each channel, whole channel blocks.
    Channels(*const E),
    /// One factor for all.
    All(E),
}

/// `output = factors * input + accumulate`.
pub(crate) struct ScaleArgs<E> {
    pub(crate) extent: Extent,
    pub(crate) factors: Factors<E>,
    pub(crate) input: Pixels<E>,
    pub(crate) accumulate: Option<Pixels<E>>,
    /// May be any of the maps that are read.
    pub(crate) output: PixelsMut<E>,
}

/// The kernel of [`ScaleArgs`].
pub(crate) struct Scale;

impl<V: Vector> Kernel<V> for Scale {
    type Args = ScaleArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        for row in 0..args.extent.rows {
            by_strips!(args.extent, columns => by_chunks!(args.extent.channels / V::LANES, first, N => {
                let first = first * V::LANES;
                // SAFETY: the caller's promise; the chunks lie inside the pixel.
                unsafe { scale_strip::<V, N>(args, row, columns.clone(), first) }
            }));
        }
    }
}

/// A strip of `N` vectors from channel `first` on.
#[inline(always)]
unsafe fn scale_strip<V: Vector, const N: usize>(
    args: &ScaleArgs<V::Element>,
    row: usize,
    columns: Range<usize>,
    first: usize,
) {
    // SAFETY: the caller's promise: rows, pixels and channels lie inside the
    // maps, and there are as many factors as channels.
    unsafe {
        let mut factors = [V::zero(); N];
        for (i, factor) in factors.iter_mut().enumerate() {
            *factor = match args.factors {
                Factors::Channels(factors) => V::load(factors.add(first + i * V::LANES)),
                Factors::All(factor) => V::splat(factor),
            };
        }
        for column in columns {
            let input = args.input.at(row, column).add(first);
            let output = args.output.at(row, column).add(first);
            for (i, factor) in factors.iter().enumerate() {
                let mut value = V::load(input.add(i * V::LANES)).mul(*factor);
                if let Some(accumulate) = args.accumulate {
                    let more = accumulate.at(row, column).add(first + i * V::LANES);
                    value = value.add(V::load(more));
                }
                value.store(output.add(i * V::LANES));
            }
        }
    }
}

/// Some channels of one image: `sums = sum(a * b) + accumulate` over pixels.
pub(crate) struct ScaleSumsArgs<E> {
    /// Rows and columns; whole channel blocks, those that are summed.
    pub(crate) extent: Extent,
    /// Rows that are summed on their own before their sum is added.
    pub(crate) block_rows: usize,
    pub(crate) a: Pixels<E>,
    pub(crate) b: Pixels<E>,
    /// May be `sums`.
    pub(crate) accumulate: Option<*const E>,
    pub(crate) sums: *mut E,
}

/// The kernel of [`ScaleSumsArgs`].
pub(crate) struct ScaleSums;

impl<V: Vector> Kernel<V> for ScaleSums {
    type Args = ScaleSumsArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        by_chunks!(args.extent.channels / V::LANES, first, N => {
            // SAFETY: the caller's promise; the chunks lie inside the pixel.
            unsafe { sum_chunk::<V, N>(args, first * V::LANES) }
        });
    }
}

/// `N` vectors of sums from channel `first` on, block by block.
#[inline(always)]
unsafe fn sum_chunk<V: Vector, const N: usize>(args: &ScaleSumsArgs<V::Element>, first: usize) {
    let Extent { rows, width, .. } = args.extent;
    // SAFETY: the caller's promise: rows, pixels and channels lie inside the
    // maps and the vectors.
    unsafe {
        let mut sums = [V::zero(); N];
        for start in (0..rows).step_by(args.block_rows) {
            let mut block = [V::zero(); N];
            for row in start..rows.min(start + args.block_rows) {
                for column in 0..width {
                    let a = args.a.at(row, column).add(first);
                    let b = args.b.at(row, column).add(first);
                    for (i, sum) in block.iter_mut().enumerate() {
                        let (a, b) = (V::load(a.add(i * V::LANES)), V::load(b.add(i * V::LANES)));
                        *sum = a.mul_add(b, *sum);
                    }
                }
            }
            for (sum, block) in sums.iter_mut().zip(block) {
                *sum = sum.add(block);
            }
        }
        for (i, mut sum) in sums.into_iter().enumerate() {
            let at = first + i * V::LANES;
            if let Some(accumulate) = args.accumulate {
                sum = sum.add(V::load(accumulate.add(at)));
            }
            sum.store(args.sums.add(at));
        }
    }
}
