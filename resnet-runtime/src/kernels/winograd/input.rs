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
    /// Phases of rows and columns, of which each is a tile of its own: that of
    /// row 1 has rows 1, 3, 5 where there are two.
    pub(crate) phases: [usize; 2],
    /// From one phase's values to the next one's, channels of a phase.
    pub(crate) values_phase: usize,
    /// From one tile to the next.
    pub(crate) input_tile: usize,
    /// Tiles.
    pub(crate) tiles: usize,
    /// Channels of a phase, whole vectors; the next phase's values replace
    /// what they have too much.
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
                let mut values = tiles.values.add(tile * tiles.values_tile);
                let [down, across] = tiles.phases;
                for first_row in 0..down {
                    let rows = core::array::from_fn(|i| tiles.rows[first_row + i * down]);
                    for first_column in 0..across {
                        let columns =
                            core::array::from_fn(|i| tiles.columns[first_column + i * across]);
                        phase::<V, A>(tiles, input, rows, columns, values);
                        values = values.wrapping_add(tiles.values_phase);
                    }
                }
            }
        }
    }
}

/// One phase of a tile.
///
/// # Safety
///
/// The caller's promise: the pixels are there, and their frequencies.
#[inline(always)]
unsafe fn phase<V: Vector, const A: usize>(
    tiles: &InputTiles<V::Element>,
    input: *const V::Element,
    rows: [usize; A],
    columns: [usize; A],
    values: *mut V::Element,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for channel in (0..tiles.channels).step_by(V::LANES) {
            let mut half = [[V::zero(); A]; A];
            for (column, offset) in columns.iter().enumerate() {
                // Else every pixel of the tile would have an address of its
                // own, more than there are registers.
                let top = V::opaque(input.add(offset + channel));
                let pixels: [V; A] = core::array::from_fn(|row| V::load(top.add(rows[row])));
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
        } else if A == 5 {
            let (four, minus_four, minus_five) = (constant(4.0), constant(-4.0), constant(-5.0));
            let (two, minus_two) = (constant(2.0), constant(-2.0));
            let even = minus_four.mul_add(d[0], d[2]);
            let odd = minus_four.mul_add(d[1], d[3]);
            t[0] = odd.add(even);
            t[1] = odd.sub(even);
            let even = d[2].sub(d[0]);
            let odd = d[3].sub(d[1]);
            t[2] = two.mul_add(even, odd);
            t[3] = minus_two.mul_add(even, odd);
            t[4] = four.mul_add(d[0], minus_five.mul_add(d[2], d[4]));
        } else if A == 7 {
            // Of x^4 + b x^2 + c, which is zero at two of the three pairs of
            // points, at odd and even places.
            let pair = |b: f64, c: f64| {
                let (b, c) = (constant(b), constant(c));
                let even = c.mul_add(d[0], b.mul_add(d[2], d[4]));
                let odd = c.mul_add(d[1], b.mul_add(d[3], d[5]));
                [even, odd]
            };
            let [even, odd] = pair(-4.25, 1.0);
            t[0] = odd.add(even);
            t[1] = odd.sub(even);
            let [even, odd] = pair(-1.25, 0.25);
            t[2] = constant(2.0).mul_add(even, odd);
            t[3] = constant(-2.0).mul_add(even, odd);
            let [even, odd] = pair(-5.0, 4.0);
            t[4] = constant(0.5).mul_add(even, odd);
            t[5] = constant(-0.5).mul_add(even, odd);
            t[6] = constant(5.25).mul_add(d[2].sub(d[4]), d[6].sub(d[0]));
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
