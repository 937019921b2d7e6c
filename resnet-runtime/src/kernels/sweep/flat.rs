//! Sweeps over memory as it lies, whatever it holds.

use crate::Element;
use crate::kernels::vector::{Kernel, Vector};

/// `to = keep * to + add * from`, a whole number of vectors; each operation
/// rounds.
pub(crate) struct BlendArgs<E> {
    pub(crate) len: usize,
    pub(crate) keep: E,
    pub(crate) add: E,
    pub(crate) from: *const E,
    pub(crate) to: *mut E,
}

/// The kernel of [`BlendArgs`].
pub(crate) struct Blend;

impl<V: Vector> Kernel<V> for Blend {
    type Args = BlendArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        // SAFETY: the caller's promise: both have `len` elements.
        unsafe {
            let (keep, add) = (V::splat(args.keep), V::splat(args.add));
            for at in (0..args.len).step_by(V::LANES) {
                let from = V::load(args.from.add(at)).mul(add);
                let to = V::load(args.to.add(at)).mul(keep).add(from);
                to.store(args.to.add(at));
            }
        }
    }
}

/// The sum of the squares of a whole number of vectors.
pub(crate) struct SquaresArgs<E> {
    pub(crate) len: usize,
    pub(crate) values: *const E,
    pub(crate) sum: *mut f64,
}

/// The kernel of [`SquaresArgs`].
pub(crate) struct Squares;

/// Lanes of the widest vector.
const MOST_LANES: usize = 16;

impl<V: Vector> Kernel<V> for Squares {
    type Args = SquaresArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        // SAFETY: the caller's promise: there are `len` elements, and no
        // vector has more lanes.
        unsafe {
            // As many lanes for every instruction set, so that their sums are
            // the same.
            let mut sums = [V::Element::ZERO; MOST_LANES];
            let per_row = MOST_LANES / V::LANES;
            for vector in 0..per_row {
                let first = vector * V::LANES;
                let mut sum = V::zero();
                for at in (first..args.len).step_by(MOST_LANES) {
                    let value = V::load(args.values.add(at));
                    sum = sum.add(value.mul(value));
                }
                sum.store(sums.as_mut_ptr().add(first));
            }
            *args.sum = sums.iter().map(|sum| sum.to_f64()).sum();
        }
    }
}
