//! Max pooling, and its gradient.

use core::ops::Range;

use super::chunks::by_chunks;
use super::pixels::{Pixels, PixelsMut};
use super::window::Axis;
use crate::Element;
use crate::kernels::vector::{Kernel, Vector};

/// Rows of one image: the maxima of windows.
pub(crate) struct WindowMaxArgs<E> {
    /// Vertical and horizontal windows.
    pub(crate) axes: [Axis; 2],
    /// Rows of the output.
    pub(crate) rows: Range<usize>,
    /// Elements of a pixel, whole channel blocks.
    pub(crate) channels: usize,
    pub(crate) input: Pixels<E>,
    pub(crate) output: PixelsMut<E>,
    /// Whether the output holds the maxima of what windows cover further on.
    pub(crate) merges: bool,
}

/// The kernel of [`WindowMaxArgs`].
pub(crate) struct WindowMax;

impl<V: Vector> Kernel<V> for WindowMax {
    type Args = WindowMaxArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        let [vertical, horizontal] = args.axes;
        for row in args.rows.clone() {
            let rows = vertical.places(row);
            for column in 0..horizontal.windows {
                let columns = horizontal.places(column);
                let output = args.output.at(row, column);
                by_chunks!(args.channels / V::LANES, first, N => {
                    let first = first * V::LANES;
                    // SAFETY: the caller's promise: the windows lie inside the
                    // input, the pixel inside the output.
                    unsafe {
                        let maxima = maxima::<V, N>(&args.input, &rows, &columns, first);
                        for (i, maximum) in maxima.into_iter().enumerate() {
                            let to = output.add(first + i * V::LANES);
                            if args.merges {
                                maximum.maximum(V::load(to)).store(to);
                            } else {
                                maximum.store(to);
                            }
                        }
                    }
                });
            }
        }
    }
}

/// The maxima of `N` vectors over a rectangle.
#[inline(always)]
unsafe fn maxima<V: Vector, const N: usize>(
    input: &Pixels<V::Element>,
    rows: &Range<usize>,
    columns: &Range<usize>,
    first: usize,
) -> [V; N] {
    // SAFETY: the caller's promise: the rectangle lies inside the map.
    unsafe {
        let mut maxima = [V::splat(V::Element::from_f64(f64::NEG_INFINITY)); N];
        for row in rows.clone() {
            for column in columns.clone() {
                let pixel = input.at(row, column).add(first);
                for (i, maximum) in maxima.iter_mut().enumerate() {
                    *maximum = maximum.maximum(V::load(pixel.add(i * V::LANES)));
                }
            }
        }
        maxima
    }
}

/// Rows of one image: each window's gradient goes to its first maximum in
/// scan order. A row's gradients come from all windows that cover it, in scan
/// order too, so that it doesn't matter which other rows are asked for.
pub(crate) struct WindowMaxGradientArgs<E> {
    /// Vertical and horizontal windows.
    pub(crate) axes: [Axis; 2],
    /// Rows of the input's gradient.
    pub(crate) rows: Range<usize>,
    /// Elements of a pixel, whole channel blocks.
    pub(crate) channels: usize,
    pub(crate) input: Pixels<E>,
    pub(crate) d_output: Pixels<E>,
    /// May be `d_input`.
    pub(crate) accumulate: Option<Pixels<E>>,
    pub(crate) d_input: PixelsMut<E>,
}

/// The kernel of [`WindowMaxGradientArgs`].
pub(crate) struct WindowMaxGradient;

impl<V: Vector> Kernel<V> for WindowMaxGradient {
    type Args = WindowMaxGradientArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        let [vertical, horizontal] = args.axes;
        let Range { start, end } = args.rows;
        if start == end {
            return;
        }
        let mut begun = start;
        for window_row in vertical.windows(start).start..vertical.windows(end - 1).end {
            let rows = vertical.places(window_row);
            while begun < rows.end.min(end) {
                // SAFETY: the caller's promise: the row is one of those asked for.
                unsafe { begin_row::<V>(args, begun) };
                begun += 1;
            }
            for window_column in 0..horizontal.windows {
                let columns = horizontal.places(window_column);
                let d_output = args.d_output.at(window_row, window_column);
                by_chunks!(args.channels / V::LANES, first, N => {
                    let first = first * V::LANES;
                    // SAFETY: the caller's promise: the windows lie inside the
                    // input and its gradient.
                    unsafe { give::<V, N>(args, &rows, &columns, d_output.add(first), first) }
                });
            }
        }
        for row in begun..end {
            // SAFETY: as above.
            unsafe { begin_row::<V>(args, row) };
        }
    }
}

/// What a row holds before any window gives to it.
#[inline(always)]
unsafe fn begin_row<V: Vector>(args: &WindowMaxGradientArgs<V::Element>, row: usize) {
    for column in 0..args.axes[1].len {
        let d_input = args.d_input.at(row, column);
        for at in (0..args.channels).step_by(V::LANES) {
            // SAFETY: the caller's promise: the pixel lies inside the maps.
            unsafe {
                let value = match args.accumulate {
                    Some(accumulate) => V::load(accumulate.at(row, column).add(at)),
                    None => V::zero(),
                };
                value.store(d_input.add(at));
            }
        }
    }
}

/// Gives a window's gradient to its first maximum, where that lies in a row
/// that was asked for.
#[inline(always)]
unsafe fn give<V: Vector, const N: usize>(
    args: &WindowMaxGradientArgs<V::Element>,
    rows: &Range<usize>,
    columns: &Range<usize>,
    d_output: *const V::Element,
    first: usize,
) {
    // SAFETY: the caller's promise: the window lies inside the maps.
    unsafe {
        let maxima = maxima::<V, N>(&args.input, rows, columns, first);
        let mut left = [V::zero(); N];
        for (i, left) in left.iter_mut().enumerate() {
            *left = V::load(d_output.add(i * V::LANES));
        }
        for row in rows.clone() {
            let asked = args.rows.contains(&row);
            for column in columns.clone() {
                let pixel = args.input.at(row, column).add(first);
                let d_pixel = args.d_input.at(row, column).wrapping_add(first);
                for i in 0..N {
                    let value = V::load(pixel.add(i * V::LANES));
                    // NaN isn't below anything: a maximum of NaN gives its
                    // gradient to the first pixel rather than to none.
                    let (further, given) = left[i].split_below(value, maxima[i]);
                    left[i] = further;
                    if asked {
                        let d_pixel = d_pixel.add(i * V::LANES);
                        V::load(d_pixel).add(given).store(d_pixel);
                    }
                }
            }
        }
    }
}
