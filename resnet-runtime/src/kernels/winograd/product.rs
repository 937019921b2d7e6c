//! The matrix product of one frequency: a few tiles by one panel of weights.
//!
//! The weights of a layer don't stay in a core's own cache, and each is used
//! for one block of tiles before the next is needed. So the products ask for
//! the next frequency's weights while they use this one's.

use crate::kernels::conv_tile::{GROUP, UNROLL, step};
use crate::kernels::vector::{Kernel, Vector};

/// What a product of a few tiles by `NV` vectors of channels works on.
/// Strides are in elements.
pub(crate) struct Product<E> {
    /// The first tile's first channel.
    pub(crate) values: *const E,
    /// From one tile to the next.
    pub(crate) values_tile: usize,
    /// Runs of channels that are summed.
    pub(crate) runs: usize,
    /// Channels of a run.
    pub(crate) depth: usize,
    /// From one run to the next.
    pub(crate) run_step: usize,
    /// `[channel][2 * LANES]` weights.
    pub(crate) weight: *const E,
    /// Where the sums go, tiles `2 * LANES` apart.
    pub(crate) sums: *mut E,
    /// Weights to ask for meanwhile; need not be valid.
    pub(crate) ahead: *const E,
    /// Of these, vectors for each summed channel: up to 2.
    pub(crate) ahead_vectors: usize,
}

/// `MR` tiles by `NV` vectors. Needs a [`Product`] whose values and weights
/// are there, and whose `NV` vectors of sums can be written for all tiles.
pub(crate) struct ProductTile<const MR: usize, const NV: usize>;

impl<V: Vector, const MR: usize, const NV: usize> Kernel<V> for ProductTile<MR, NV> {
    type Args = Product<V::Element>;

    #[inline(always)]
    unsafe fn run(product: &Self::Args) {
        // SAFETY: the caller vouches for the instructions and all addresses.
        unsafe {
            match product.ahead_vectors {
                0 => run::<V, MR, NV, 0>(product),
                1 => run::<V, MR, NV, 1>(product),
                _ => run::<V, MR, NV, 2>(product),
            }
        }
    }
}

/// The product, asking for `AHEAD` vectors a channel: each costs time where
/// arithmetic is the limit.
///
/// # Safety
///
/// As for [`ProductTile`].
#[inline(always)]
unsafe fn run<V: Vector, const MR: usize, const NV: usize, const AHEAD: usize>(
    product: &Product<V::Element>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[V::zero(); NV]; MR];
        let offsets: [usize; GROUP] = core::array::from_fn(|m| m * product.values_tile);
        let mut ahead = product.ahead;
        for run in 0..product.runs {
            let skipped = run * product.run_step;
            let mut first = product.values.wrapping_add(skipped);
            let mut second = first.wrapping_add((MR - MR / 2) * product.values_tile);
            let mut weight = product.weight.wrapping_add(skipped * 2 * V::LANES);
            for _ in 0..product.depth / UNROLL {
                first = V::opaque(first);
                second = V::opaque(second);
                for k in 0..UNROLL {
                    for vector in 0..AHEAD {
                        V::prefetch_far(ahead.wrapping_add((k * AHEAD + vector) * V::LANES));
                    }
                    step::<V, MR, NV>(
                        &mut sums,
                        first.wrapping_add(k),
                        second.wrapping_add(k),
                        &offsets,
                        weight.wrapping_add(k * 2 * V::LANES),
                    );
                }
                first = first.wrapping_add(UNROLL);
                second = second.wrapping_add(UNROLL);
                weight = weight.wrapping_add(UNROLL * 2 * V::LANES);
                ahead = ahead.wrapping_add(UNROLL * AHEAD * V::LANES);
            }
            for _ in 0..product.depth % UNROLL {
                first = V::opaque(first);
                second = V::opaque(second);
                step::<V, MR, NV>(&mut sums, first, second, &offsets, weight);
                first = first.wrapping_add(1);
                second = second.wrapping_add(1);
                weight = weight.wrapping_add(2 * V::LANES);
            }
        }
        for (m, sums) in sums.iter().enumerate() {
            for (v, sum) in sums.iter().enumerate() {
                sum.store(product.sums.add((m * 2 + v) * V::LANES));
            }
        }
    }
}
