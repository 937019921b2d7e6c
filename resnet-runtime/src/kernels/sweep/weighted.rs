//! Weighted sums of pixels, where the weights of rows and columns multiply:
//! averages over windows of unequal sizes, blurs, and the gradients of both.

use core::marker::PhantomData;
use core::ops::Range;

use super::chunks::by_chunks;
use super::pixels::{Pixels, PixelsMut};
use crate::Element;
use crate::kernels::vector::{Kernel, Vector};

/// Along one axis: which places of the input make up a pixel of the output.
pub(crate) trait Weights: Copy + Sync {
    /// Pixels of the output.
    fn pixels(&self) -> usize;
    /// How many taps a pixel of the output has.
    fn taps(&self, pixel: usize) -> usize;
    /// A tap's place and weight; `None` where it falls on no place.
    fn tap(&self, pixel: usize, tap: usize) -> Option<(usize, f64)>;
}

/// Rows of one image: `output = sum(weight * input) + accumulate`.
pub(crate) struct WeightedArgs<E, W> {
    /// Vertical and horizontal weights.
    pub(crate) axes: [W; 2],
    /// Rows of the output.
    pub(crate) rows: Range<usize>,
    /// Elements of a pixel, whole channel blocks.
    pub(crate) channels: usize,
    pub(crate) input: Pixels<E>,
    /// May be the output.
    pub(crate) accumulate: Option<Pixels<E>>,
    pub(crate) output: PixelsMut<E>,
}

/// The kernel of [`WeightedArgs`].
pub(crate) struct Weighted<W>(PhantomData<W>);

impl<V: Vector, W: Weights> Kernel<V> for Weighted<W> {
    type Args = WeightedArgs<V::Element, W>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        for row in args.rows.clone() {
            for column in 0..args.axes[1].pixels() {
                by_chunks!(args.channels / V::LANES, first, N => {
                    let first = first * V::LANES;
                    // SAFETY: the caller's promise: all taps lie inside the
                    // input, the pixel inside the output and what is added.
                    unsafe { sum::<V, W, N>(args, row, column, first) }
                });
            }
        }
    }
}

/// Sums `N` vectors of a pixel, taps in order of rows and columns.
#[inline(always)]
unsafe fn sum<V: Vector, W: Weights, const N: usize>(
    args: &WeightedArgs<V::Element, W>,
    row: usize,
    column: usize,
    first: usize,
) {
    let [vertical, horizontal] = &args.axes;
    // SAFETY: as for `run`.
    unsafe {
        let mut sums = [V::zero(); N];
        for i in 0..vertical.taps(row) {
            let Some((y, row_weight)) = vertical.tap(row, i) else {
                continue;
            };
            for j in 0..horizontal.taps(column) {
                let Some((x, weight)) = horizontal.tap(column, j) else {
                    continue;
                };
                let weight = V::splat(V::Element::from_f64(row_weight * weight));
                let pixel = args.input.at(y, x).add(first);
                for (i, sum) in sums.iter_mut().enumerate() {
                    *sum = V::load(pixel.add(i * V::LANES)).mul_add(weight, *sum);
                }
            }
        }
        let output = args.output.at(row, column).add(first);
        for (i, mut sum) in sums.into_iter().enumerate() {
            if let Some(accumulate) = args.accumulate {
                let more = accumulate.at(row, column).add(first + i * V::LANES);
                sum = sum.add(V::load(more));
            }
            sum.store(output.add(i * V::LANES));
        }
    }
}
