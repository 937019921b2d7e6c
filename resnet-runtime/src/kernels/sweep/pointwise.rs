//! Sweeps that compute each value from those at its own place.

use core::ops::Range;

use super::chunks::{by_chunks, by_strips};
use super::pixels::{Extent, Pixels, PixelsMut};
use crate::kernels::vector::{Kernel, Vector};

/// The vectors of a batch norm, one element for each channel; zero for the
/// padding channels, so that these stay zero.
#[derive(Clone, Copy)]
pub(crate) struct NormVectors<E> {
    pub(crate) weight: *const E,
    pub(crate) bias: *const E,
    pub(crate) mean: *const E,
    pub(crate) inv_std: *const E,
}

/// `output = max(norm(input) + residual, floor)`.
pub(crate) struct CombineArgs<E> {
    pub(crate) extent: Extent,
    pub(crate) input: Pixels<E>,
    pub(crate) norm: Option<NormVectors<E>>,
    pub(crate) residual: Option<Pixels<E>>,
    /// Minus infinity where there is no activation.
    pub(crate) floor: E,
    /// May be the input or the residual.
    pub(crate) output: PixelsMut<E>,
}

/// The kernel of [`CombineArgs`].
pub(crate) struct Combine;

impl<V: Vector> Kernel<V> for Combine {
    type Args = CombineArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        // SAFETY: the caller's promise.
        unsafe {
            match (args.norm.is_some(), args.residual.is_some()) {
                (false, false) => combine::<V, false, false>(args),
                (false, true) => combine::<V, false, true>(args),
                (true, false) => combine::<V, true, false>(args),
                (true, true) => combine::<V, true, true>(args),
            }
        }
    }
}

#[inline(always)]
unsafe fn combine<V: Vector, const NORM: bool, const RESIDUAL: bool>(
    args: &CombineArgs<V::Element>,
) {
    for row in 0..args.extent.rows {
        by_strips!(args.extent, columns => by_chunks!(args.extent.channels / V::LANES, first, N => {
            let first = first * V::LANES;
            // SAFETY: the caller's promise; the chunks lie inside the pixel.
            unsafe { combine_strip::<V, NORM, RESIDUAL, N>(args, row, columns.clone(), first) }
        }));
    }
}

/// A strip of `N` vectors from channel `first` on.
#[inline(always)]
unsafe fn combine_strip<V: Vector, const NORM: bool, const RESIDUAL: bool, const N: usize>(
    args: &CombineArgs<V::Element>,
    row: usize,
    columns: Range<usize>,
    first: usize,
) {
    // SAFETY: the caller's promise: rows, pixels and channels lie inside the
    // maps, and the vectors of the norm have as many channels.
    unsafe {
        let floor = V::splat(args.floor);
        let mut mean = [V::zero(); N];
        let mut scale = [V::zero(); N];
        let mut shift = [V::zero(); N];
        if NORM && let Some(norm) = args.norm {
            for i in 0..N {
                let at = first + i * V::LANES;
                mean[i] = V::load(norm.mean.add(at));
                scale[i] = V::load(norm.weight.add(at)).mul(V::load(norm.inv_std.add(at)));
                shift[i] = V::load(norm.bias.add(at));
            }
        }
        let residual = args.residual.unwrap_or(args.input);
        for column in columns {
            let input = args.input.at(row, column).add(first);
            let residual = residual.at(row, column).add(first);
            let output = args.output.at(row, column).add(first);
            for i in 0..N {
                let mut value = V::load(input.add(i * V::LANES));
                if NORM {
                    value = value.sub(mean[i]).mul_add(scale[i], shift[i]);
                }
                if RESIDUAL {
                    value = value.add(V::load(residual.add(i * V::LANES)));
                }
                // In this order NaN passes through.
                floor.max(value).store(output.add(i * V::LANES));
            }
        }
    }
}
