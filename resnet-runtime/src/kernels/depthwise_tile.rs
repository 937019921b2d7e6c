//! The tiles of depthwise convolutions, where each channel is convolved with
//! itself alone: vectors of inputs times vectors of weights, nothing is
//! broadcast.

use super::conv_tile::{ConvTile, GROUP, Taps, finish, start};
use super::vector::{Kernel, Vector};
use super::weight_tile::{WeightTile, accumulate, store};

/// `MR` pixels by `NV` vectors of channels. Needs a [`ConvTile`] as for a
/// [`ForwardTile`](super::conv_tile::ForwardTile), whose runs are of one
/// element and stand for `NV` whole vectors of the input.
pub(crate) struct DepthwiseTile<const MR: usize, const NV: usize>;

impl<V: Vector, const MR: usize, const NV: usize> Kernel<V> for DepthwiseTile<MR, NV> {
    type Args = ConvTile<V::Element>;

    #[inline(always)]
    unsafe fn run(tile: &Self::Args) {
        // SAFETY: the caller vouches for the instructions, and for all
        // addresses: taps and weights advance by the sizes that `tile` states.
        unsafe {
            let mut sums = start::<V, MR, NV>(tile);
            let Taps {
                rows,
                row_step,
                columns,
                column_step,
                ..
            } = tile.taps;
            let offsets: [usize; GROUP] = core::array::from_fn(|m| m * tile.input_pixel);
            let mut weight = tile.weight;
            for row in 0..rows {
                for column in 0..columns {
                    let first = tile.input.add(row * row_step + column * column_step);
                    let second = first.wrapping_add(tile.input_group);
                    let weights: [V; NV] =
                        core::array::from_fn(|v| V::load(weight.add(v * V::LANES)));
                    let (near, far) = sums.split_at_mut(MR - MR / 2);
                    group::<V, NV>(near, V::opaque(first), &offsets, weights);
                    group::<V, NV>(far, V::opaque(second), &offsets, weights);
                    weight = weight.wrapping_add(2 * V::LANES);
                }
            }
            finish::<V, MR, NV>(tile, &mut sums);
        }
    }
}

/// One product for each sum of a group of pixels.
///
/// # Safety
///
/// The caller's promise: the group's pixels are there.
#[inline(always)]
unsafe fn group<V: Vector, const NV: usize>(
    sums: &mut [[V; NV]],
    input: *const V::Element,
    offsets: &[usize; GROUP],
    weights: [V; NV],
) {
    for (sum, offset) in sums.iter_mut().zip(offsets) {
        for (v, (sum, weight)) in sum.iter_mut().zip(weights).enumerate() {
            // SAFETY: the caller's promise.
            *sum = unsafe { V::load(input.add(offset + v * V::LANES)).mul_add(weight, *sum) };
        }
    }
}

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
