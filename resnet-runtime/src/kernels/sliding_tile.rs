//! The tile of a convolution with rows of three taps and a stride of one
//! pixel, where output channels fill one vector alone.
//!
//! There every product would need a load of its own, more than processors
//! can do beside their multiply-adds. Here each input is loaded once and
//! serves the three pixels that see it.

use super::conv_tile::{ConvTile, GROUP, Taps, finish, start};
use super::vector::{Kernel, Vector};

/// Taps in a row.
pub(crate) const COLUMNS: usize = 3;

/// `MR` pixels by one vector. Needs a [`ConvTile`] as for a
/// [`ForwardTile`](super::conv_tile::ForwardTile), with [`COLUMNS`] columns of
/// taps that are one pixel apart.
pub(crate) struct SlidingTile<const MR: usize>;

impl<V: Vector, const MR: usize> Kernel<V> for SlidingTile<MR> {
    type Args = ConvTile<V::Element>;

    #[inline(always)]
    unsafe fn run(tile: &Self::Args) {
        // SAFETY: the caller vouches for the instructions, and for all
        // addresses: taps and weights advance by the sizes that `tile` states.
        unsafe {
            let mut sums = start::<V, MR, 1>(tile);
            let Taps {
                rows,
                row_step,
                run,
                ..
            } = tile.taps;
            // A group of pixels, and those beside it that its last pixels see.
            let offsets: [usize; GROUP + COLUMNS - 1] =
                core::array::from_fn(|place| place * tile.input_pixel);
            let column = run * 2 * V::LANES;
            for row in 0..rows {
                let mut first = tile.input.add(row * row_step);
                let mut second = first.wrapping_add(tile.input_group);
                let mut weight = tile.weight.add(row * COLUMNS * column);
                for _ in 0..run {
                    first = V::opaque(first);
                    second = V::opaque(second);
                    let weights: [V; COLUMNS] =
                        core::array::from_fn(|tap| V::load(weight.add(tap * column)));
                    let (near, far) = sums.split_at_mut(MR - MR / 2);
                    // The two groups take turns, so that sums rest between
                    // additions.
                    for (place, offset) in offsets.iter().enumerate() {
                        slide(near, place, &weights, || V::splat(*first.add(*offset)));
                        slide(far, place, &weights, || V::splat(*second.add(*offset)));
                    }
                    first = first.wrapping_add(1);
                    second = second.wrapping_add(1);
                    weight = weight.wrapping_add(2 * V::LANES);
                }
            }
            finish::<V, MR, 1>(tile, &mut sums);
        }
    }
}

/// Adds the products of the input at a place to those of a group's pixels
/// that see it, if any does: `C` columns of weights, one pixel apart.
///
/// # Safety
///
/// The caller's promise of instructions.
#[inline(always)]
pub(super) unsafe fn slide<V: Vector, const C: usize>(
    sums: &mut [[V; 1]],
    place: usize,
    weights: &[V; C],
    input: impl FnOnce() -> V,
) {
    if sums.is_empty() || place >= sums.len() + C - 1 {
        return;
    }
    let input = input();
    for (tap, weight) in weights.iter().enumerate() {
        if place >= tap && place - tap < sums.len() {
            let [sum] = &mut sums[place - tap];
            // SAFETY: the caller's promise.
            *sum = unsafe { input.mul_add(*weight, *sum) };
        }
    }
}
