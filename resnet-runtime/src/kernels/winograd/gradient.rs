//! The gradient of an output to frequencies, and frequencies of a weight's
//! gradient back to taps: the transposes of the forward transforms.

use crate::kernels::vector::{Kernel, Vector};

/// Neighbouring tiles of a row, and where their frequencies go. Strides are
/// in elements.
pub(crate) struct GradientTiles<E> {
    /// The first tile's first pixel.
    pub(crate) d_output: *const E,
    /// From a tile's first row to each of its rows.
    pub(crate) rows: [usize; 4],
    /// From a tile's first column to each of its columns.
    pub(crate) columns: [usize; 4],
    /// From one tile to the next.
    pub(crate) d_output_tile: usize,
    /// Tiles.
    pub(crate) tiles: usize,
    /// Vectors of channels, of one panel.
    pub(crate) vectors: usize,
    /// The first tile's first frequency; tiles are `2 * LANES` apart.
    pub(crate) values: *mut E,
    /// From one frequency to the next.
    pub(crate) values_frequency: usize,
}

/// `A d A^T` for tiles of `M x M` pixels. Needs [`GradientTiles`] whose pixels
/// can be read and whose frequencies can be written.
pub(crate) struct GradientTransform<const M: usize, const A: usize>;

impl<V: Vector, const M: usize, const A: usize> Kernel<V> for GradientTransform<M, A> {
    type Args = GradientTiles<V::Element>;

    #[inline(always)]
    unsafe fn run(tiles: &Self::Args) {
        // SAFETY: the caller vouches for the instructions and all addresses.
        unsafe {
            for tile in 0..tiles.tiles {
                let from = tiles.d_output.add(tile * tiles.d_output_tile);
                for vector in 0..tiles.vectors {
                    let channel = vector * V::LANES;
                    let mut half = [[V::zero(); M]; A];
                    for (column, offset) in tiles.columns.iter().enumerate().take(M) {
                        // As for the input, of fewer addresses.
                        let top = V::opaque(from.add(offset + channel));
                        let pixels: [V; M] =
                            core::array::from_fn(|row| V::load(top.add(tiles.rows[row])));
                        for (half, value) in half.iter_mut().zip(spread::<V, M, A>(pixels)) {
                            half[column] = value;
                        }
                    }
                    let mut to = tiles.values.add(tile * 2 * V::LANES + channel);
                    for row in half {
                        for value in spread::<V, M, A>(row) {
                            value.store(to);
                            to = to.wrapping_add(tiles.values_frequency);
                        }
                    }
                }
            }
        }
    }
}

/// `A d` of one row or column.
///
/// # Safety
///
/// The processor has the instructions of `V`.
#[inline(always)]
unsafe fn spread<V: Vector, const M: usize, const A: usize>(d: [V; M]) -> [V; A] {
    // SAFETY: the caller's promise.
    unsafe {
        let constant = |value| V::splat(crate::Element::from_f64(value));
        let mut t = [V::zero(); A];
        t[0] = d[0];
        if M == 2 {
            t[1] = d[0].add(d[1]);
            t[2] = d[0].sub(d[1]);
            t[3] = V::zero().sub(d[1]);
        } else {
            let (even, odd) = (d[0].add(d[2]), d[1].add(d[3]));
            t[1] = even.add(odd);
            t[2] = even.sub(odd);
            let even = constant(4.0).mul_add(d[2], d[0]);
            let odd = constant(8.0).mul_add(d[3], constant(2.0).mul(d[1]));
            t[3] = even.add(odd);
            t[4] = even.sub(odd);
            t[5] = d[3];
        }
        t
    }
}

/// Sums of one panel in frequencies, and the gradient that they give. Strides
/// are in elements.
pub(crate) struct GradientPanel<E> {
    /// `[frequency][depth][2 * LANES]`.
    pub(crate) sums: *const E,
    /// From one frequency to the next.
    pub(crate) sums_frequency: usize,
    /// Input channels.
    pub(crate) depth: usize,
    /// Vectors of output channels.
    pub(crate) vectors: usize,
    /// `[tap][depth]`, this panel's channels.
    pub(crate) gradient: *mut E,
    /// From one tap to the next.
    pub(crate) gradient_tap: usize,
    /// From one input channel to the next.
    pub(crate) gradient_row: usize,
}

/// `G^T u G` for tiles of `A - 2` pixels. Needs a [`GradientPanel`] whose sums
/// are there and whose gradient can be written.
pub(crate) struct TapTransform<const A: usize>;

impl<V: Vector, const A: usize> Kernel<V> for TapTransform<A> {
    type Args = GradientPanel<V::Element>;

    #[inline(always)]
    unsafe fn run(panel: &Self::Args) {
        // SAFETY: the caller vouches for the instructions and all addresses.
        unsafe {
            for channel in 0..panel.depth {
                for vector in 0..panel.vectors {
                    let mut place = panel.sums.add((2 * channel + vector) * V::LANES);
                    let mut half = [[V::zero(); A]; 3];
                    for column in 0..A {
                        let frequencies: [V; A] = core::array::from_fn(|row| {
                            V::load(place.add(row * A * panel.sums_frequency))
                        });
                        for (half, value) in half.iter_mut().zip(gather::<V, A>(frequencies)) {
                            half[column] = value;
                        }
                        place = place.wrapping_add(panel.sums_frequency);
                    }
                    let mut to = panel
                        .gradient
                        .add(channel * panel.gradient_row + vector * V::LANES);
                    for row in half {
                        for value in gather::<V, A>(row) {
                            value.store(to);
                            to = to.wrapping_add(panel.gradient_tap);
                        }
                    }
                }
            }
        }
    }
}

/// `G^T u` of one row or column.
///
/// # Safety
///
/// The processor has the instructions of `V`.
#[inline(always)]
unsafe fn gather<V: Vector, const A: usize>(u: [V; A]) -> [V; 3] {
    // SAFETY: the caller's promise.
    unsafe {
        let constant = |value| V::splat(crate::Element::from_f64(value));
        let (sum, difference) = (u[1].add(u[2]), u[1].sub(u[2]));
        if A == 4 {
            let half = constant(0.5);
            return [
                half.mul_add(sum, u[0]),
                half.mul(difference),
                half.mul_add(sum, u[3]),
            ];
        }
        let (far_sum, far_difference) = (u[3].add(u[4]), u[3].sub(u[4]));
        let minus_sixth = constant(-1.0 / 6.0);
        let far = far_sum.mul_add(constant(1.0 / 24.0), sum.mul(minus_sixth));
        [
            constant(1.0 / 4.0).mul_add(u[0], far),
            far_difference.mul_add(constant(1.0 / 12.0), difference.mul(minus_sixth)),
            far_sum.sub(sum).mul_add(constant(1.0 / 6.0), u[5]),
        ]
    }
}
