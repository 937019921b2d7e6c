//! Scaled sums over windows: average pooling and the shortcut that skips
//! pixels. Backward is the same sum, of the windows that cover a pixel.

use core::ops::Range;

use super::chunks::by_chunks;
use super::pixels::{Pixels, PixelsMut};
use super::window::Axis;
use crate::kernels::vector::{Kernel, Vector};

/// Rows of one image: `output = factor * sum(input over a window) + accumulate`.
pub(crate) struct WindowSumArgs<E> {
    /// Vertical and horizontal windows.
    pub(crate) axes: [Axis; 2],
    /// False: an output pixel is a window, and sums the places under it.
    /// True: an output pixel is a place, and sums the windows that cover it.
    pub(crate) backward: bool,
    /// Rows of the output.
    pub(crate) rows: Range<usize>,
    /// Channels that carry values, of the input.
    pub(crate) in_channels: usize,
    /// Channels that carry values, of the output.
    pub(crate) out_channels: usize,
    /// Elements of a pixel that the input has, whole channel blocks.
    pub(crate) in_elements: usize,
    /// Elements of a pixel to write, whole channel blocks.
    pub(crate) out_elements: usize,
    pub(crate) factor: E,
    pub(crate) input: Pixels<E>,
    /// May be the output.
    pub(crate) accumulate: Option<Pixels<E>>,
    pub(crate) output: PixelsMut<E>,
}

/// The kernel of [`WindowSumArgs`].
pub(crate) struct WindowSum;

impl<V: Vector> Kernel<V> for WindowSum {
    type Args = WindowSumArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        let [vertical, horizontal] = args.axes;
        let width = if args.backward {
            horizontal.len
        } else {
            horizontal.windows
        };
        let summed = args.in_elements.min(args.out_elements);
        for row in args.rows.clone() {
            let rows = range(&vertical, row, args.backward);
            for column in 0..width {
                let columns = range(&horizontal, column, args.backward);
                // SAFETY: the caller's promise: the windows lie inside the
                // input, the pixel inside the output.
                unsafe {
                    by_chunks!(summed / V::LANES, first, N => {
                        let first = first * V::LANES;
                        let sums = sum::<V, N>(&args.input, rows.clone(), columns.clone(), first);
                        for (i, sum) in sums.into_iter().enumerate() {
                            let at = first + i * V::LANES;
                            write(args, row, column, at, sum.mul(V::splat(args.factor)));
                        }
                    });
                    for at in (summed..args.out_elements).step_by(V::LANES) {
                        write(args, row, column, at, V::zero());
                    }
                    // Of further input channels nothing may be left behind.
                    if args.in_channels > args.out_channels {
                        let padding = args.out_elements - args.out_channels;
                        args.output
                            .at(row, column)
                            .add(args.out_channels)
                            .write_bytes(0, padding);
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn range(axis: &Axis, at: usize, backward: bool) -> Range<usize> {
    if backward {
        axis.windows(at)
    } else {
        axis.places(at)
    }
}

/// Sums `N` vectors over a rectangle, row by row.
#[inline(always)]
unsafe fn sum<V: Vector, const N: usize>(
    input: &Pixels<V::Element>,
    rows: Range<usize>,
    columns: Range<usize>,
    first: usize,
) -> [V; N] {
    // SAFETY: the caller's promise: the rectangle lies inside the map.
    unsafe {
        let mut sums = [V::zero(); N];
        for row in rows {
            for column in columns.clone() {
                let pixel = input.at(row, column).add(first);
                for (i, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.add(V::load(pixel.add(i * V::LANES)));
                }
            }
        }
        sums
    }
}

/// Writes a vector of the output, after adding what is to be accumulated.
#[inline(always)]
unsafe fn write<V: Vector>(
    args: &WindowSumArgs<V::Element>,
    row: usize,
    column: usize,
    at: usize,
    mut value: V,
) {
    // SAFETY: the caller's promise: the pixel lies inside the output and the
    // accumulated map.
    unsafe {
        if let Some(accumulate) = args.accumulate {
            value = value.add(V::load(accumulate.at(row, column).add(at)));
        }
        value.store(args.output.at(row, column).add(at));
    }
}
