//! Input tiles to frequencies.

use super::MOST_ROWS;
use crate::kernels::vector::{Kernel, Vector};

/// Neighbouring tiles of a row, and where their frequencies go. Strides are
/// in elements.
pub(crate) struct InputTiles<E> {
    /// The first tile's first pixel.
    pub(crate) input: *const E,
    /// From a tile's first row to each of its rows.
    pub(crate) rows: [usize; MOST_ROWS],
    /// From a tile's first column to each of its columns.
    pub(crate) columns: [usize; MOST_ROWS],
    /// From one tile to the next.
    pub(crate) input_tile: usize,
    /// Tiles.
    pub(crate) tiles: usize,
    /// Channels, whole vectors.
    pub(crate) channels: usize,
    /// The first tile's first frequency.
    pub(crate) values: *mut E,
    /// From one tile to the next.
    pub(crate) values_tile: usize,
    /// From one frequency to the next.
    pub(crate) values_frequency: usize,
}

/// `B^T d B` for tiles of `A x A` pixels. Needs [`InputTiles`] whose pixels
/// can be read and whose frequencies can be written.
pub(crate) struct InputTransform<const A: usize>;

impl<V: Vector, const A: usize> Kernel<V> for InputTransform<A> {
    type Args = InputTiles<V::Element>;

    #[inline(always)]
    unsafe fn run(tiles: &Self::Args) {
        // SAFETY: the caller vouches for the instructions and all addresses.
        unsafe {
            for tile in 0..tiles.tiles {
                let input = tiles.input.add(tile * tiles.input_tile);
                let values = tiles.values.add(tile * tiles.values_tile);
                for channel in (0..tiles.channels).step_by(V::LANES) {
                    let mut half = [[V::zero(); A]; A];
                    for (column, offset) in tiles.columns.iter().enumerate().take(A) {
                        // Else every pixel of the tile would have an address
                        // of its own, more than there are registers.
                        let top = V::opaque(input.add(offset + channel));
                        let pixels: [V; A] =
                            core::array::from_fn(|row| V::load(top.add(tiles.rows[row])));
                        for (half, value) in half.iter_mut().zip(transform(pixels)) {
                            half[column] = value;
                        }
                    }
                    let mut to = values.add(channel);
                    for row in half {
                        for value in transform(row) {
                            value.store(to);
                            to = to.wrapping_add(tiles.values_frequency);
                        }
                    }
                }
            }
        }
    }
}

/// `B^T d` of one row or column.
///
/// # Safety
///
/// The processor has the instructions of `V`.
#[inline(always)]
unsafe fn transform<V: Vector, const A: usize>(d: [V; A]) -> [V; A] {
    // SAFETY: the caller's promise.
    unsafe {
        let constant = |value| V::splat(crate::Element::from_f64(value));
        let mut t = d;
        if A == 4 {
            t[0] = d[0].sub(d[2]);
            t[1] = d[1].add(d[2]);
            t[2] = d[2].sub(d[1]);
            t[3] = d[1].sub(d[3]);
        } else {
            let (four, minus_four, minus_five) = (constant(4.0), constant(-4.0), constant(-5.0));
            let (two, minus_two) = (constant(2.0), constant(-2.0));
            t[0] = four.mul_add(d[0], minus_five.mul_add(d[2], d[4]));
            let even = minus_four.mul_add(d[2], d[4]);
            let odd = minus_four.mul_add(d[1], d[3]);
            t[1] = even.add(odd);
            t[2] = even.sub(odd);
            let even = d[4].sub(d[2]);
            let odd = d[3].sub(d[1]);
            t[3] = two.mul_add(odd, even);
            t[4] = minus_two.mul_add(odd, even);
            t[5] = four.mul_add(d[1], minus_five.mul_add(d[3], d[5]));
        }
        t
    }
}
