//! The tiles of the gradients of depthwise convolutions' weights, where each
//! channel is convolved with itself alone: vectors of inputs times vectors of
//! gradients, nothing is broadcast.

use super::vector::{Kernel, Vector};
use super::weight_tile::{WeightTile, accumulate, store};

/// The gradients of `MR` taps' weights by `NV` vectors of channels. Needs a
/// [`WeightTile`] as for a
/// [`GradientTile`](super::weight_tile::GradientTile), with whole vectors of
/// input at `MR` taps.
pub(crate) struct DepthwiseGradientTile<const MR: usize, const NV: usize>;

impl<V: Vector, const MR: usize, const NV: usize> Kernel<V> for DepthwiseGradientTile<MR, NV> {
    type Args = WeightTile<V::Element>;

    #[inline(always)]
    unsafe fn run(tile: &Self::Args) {
        // SAFETY: the caller vouches for the instructions and for all
        // addresses, which advance by the strides that `tile` states.
        unsafe {
            let mut sums = accumulate::<V, MR, NV>(tile);
            tile.pixels(|input, d_output, _| {
                let vectors: [V; NV] =
                    core::array::from_fn(|v| V::load(d_output.add(v * V::LANES)));
                for (m, sum) in sums.iter_mut().enumerate() {
                    let input = input.add(m * tile.input_step);
                    for (v, sum) in sum.iter_mut().enumerate() {
                        *sum = V::load(input.add(v * V::LANES)).mul_add(vectors[v], *sum);
                    }
                }
            });
            store(tile, &sums);
        }
    }
}
