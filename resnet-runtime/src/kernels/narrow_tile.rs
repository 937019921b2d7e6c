//! The tiles of convolutions in narrow groups, depthwise ones among them:
//! a vector holds whole groups, or a group whole vectors, so that each input
//! is spread over its own group's lanes and no product is with zero.

use super::conv_tile::{ConvTile, GROUP, Taps, finish, start};
use super::sliding_tile::slide;
use super::vector::{Kernel, Vector};
use crate::geometry::{CHANNEL_BLOCK, NARROW_GROUP};

/// `MR` pixels by one vector, in groups of `G` channels. Needs a [`ConvTile`]
/// as for a [`ForwardTile`](super::conv_tile::ForwardTile), whose input starts
/// at the first group's first channel and whose runs are of `G` elements.
/// Takes `C` columns of taps at once, one pixel apart unless `C` is 1, and so
/// loads each input once for all pixels that see it.
pub(crate) struct NarrowTile<const G: usize, const C: usize, const MR: usize>;

impl<V: Vector, const G: usize, const C: usize, const MR: usize> Kernel<V>
    for NarrowTile<G, C, MR>
{
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
                columns,
                column_step,
                ..
            } = tile.taps;
            let mut weight = tile.weight;
            for row in 0..rows {
                for column in 0..columns / C {
                    let first = tile.input.add(row * row_step + column * C * column_step);
                    let at = At {
                        first: V::opaque(first),
                        second: V::opaque(first.wrapping_add(tile.input_group)),
                        pixel: tile.input_pixel,
                        weight,
                    };
                    // Lanes are spread by constants alone.
                    at.place::<V, G, C, MR, 0>(&mut sums);
                    at.place::<V, G, C, MR, 1>(&mut sums);
                    at.place::<V, G, C, MR, 2>(&mut sums);
                    at.place::<V, G, C, MR, 3>(&mut sums);
                    at.place::<V, G, C, MR, 4>(&mut sums);
                    at.place::<V, G, C, MR, 5>(&mut sums);
                    at.place::<V, G, C, MR, 6>(&mut sums);
                    at.place::<V, G, C, MR, 7>(&mut sums);
                    weight = weight.add(C * G * 2 * V::LANES);
                }
            }
            finish::<V, MR, 1>(tile, &mut sums);
        }
    }
}

/// Some columns of taps.
struct At<E> {
    /// What the first group of pixels sees of the first column.
    first: *const E,
    /// The same of the second.
    second: *const E,
    /// From one pixel to the next.
    pixel: usize,
    weight: *const E,
}

impl<E> At<E> {
    /// Adds the products of every group's channel at a place, unless groups
    /// end before it.
    ///
    /// # Safety
    ///
    /// The tile's caller's promise.
    #[inline(always)]
    unsafe fn place<V, const G: usize, const C: usize, const MR: usize, const PLACE: usize>(
        &self,
        sums: &mut [[V; 1]; MR],
    ) where
        V: Vector<Element = E>,
    {
        const { assert!(G <= NARROW_GROUP && GROUP * 2 >= MR) };
        if PLACE >= G {
            return;
        }
        // SAFETY: the caller's promise.
        unsafe {
            let weights: [V; C] = core::array::from_fn(|tap| {
                V::load(self.weight.add((tap * G + PLACE) * 2 * V::LANES))
            });
            let (near, far) = sums.split_at_mut(MR - MR / 2);
            // The two groups take turns, so that sums rest between additions.
            for seen in 0..near.len() + C - 1 {
                let offset = seen * self.pixel;
                if PLACE == 0 {
                    // Pixels are too far apart for processors to foresee what
                    // the next block of channels reads of them.
                    V::prefetch(self.first.wrapping_add(offset + CHANNEL_BLOCK));
                    V::prefetch(self.second.wrapping_add(offset + CHANNEL_BLOCK));
                }
                slide(near, seen, &weights, || {
                    V::spread::<G, PLACE>(self.first.add(offset))
                });
                slide(far, seen, &weights, || {
                    V::spread::<G, PLACE>(self.second.add(offset))
                });
            }
        }
    }
}
