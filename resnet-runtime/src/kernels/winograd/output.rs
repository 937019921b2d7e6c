//! Frequencies to output tiles, with the epilogue.

use crate::kernels::vector::{Kernel, Vector};

/// Neighbouring tiles of a row, of which as many rows and columns are written
/// as the map has. Strides are in elements.
pub(crate) struct OutputTiles<E> {
    /// The first tile's first frequency.
    pub(crate) sums: *const E,
    /// From one frequency to the next; tiles are `2 * LANES` apart.
    pub(crate) sums_frequency: usize,
    /// Tiles.
    pub(crate) tiles: usize,
    /// Rows of the tiles that are inside the map.
    pub(crate) rows: usize,
    /// Columns of the tiles that are inside the map.
    pub(crate) columns: usize,
    /// Vectors of channels.
    pub(crate) vectors: usize,
    /// What is added first, or null.
    pub(crate) bias: *const E,
    /// The first tile's first pixel, or null.
    pub(crate) residual: *const E,
    /// From one row to the next.
    pub(crate) residual_row: usize,
    /// From one pixel to the next.
    pub(crate) residual_pixel: usize,
    /// The first tile's first pixel.
    pub(crate) output: *mut E,
    /// From one row to the next.
    pub(crate) output_row: usize,
    /// From one pixel to the next.
    pub(crate) output_pixel: usize,
    /// Whether ReLU is applied last.
    pub(crate) relu: bool,
}

/// `relu(A^T m A + bias + residual)` for tiles of `M x M` pixels. Needs
/// [`OutputTiles`] whose sums are there, and whose vectors of residual and
/// output are there at all pixels inside the map.
pub(crate) struct OutputTransform<const M: usize, const A: usize>;

impl<V: Vector, const M: usize, const A: usize> Kernel<V> for OutputTransform<M, A> {
    type Args = OutputTiles<V::Element>;

    #[inline(always)]
    unsafe fn run(tiles: &Self::Args) {
        // SAFETY: the caller vouches for the instructions and all addresses.
        unsafe {
            for tile in 0..tiles.tiles {
                for vector in 0..tiles.vectors {
                    let channel = vector * V::LANES;
                    let sums = tiles.sums.add(tile * 2 * V::LANES + channel);
                    let half = columns::<V, M, A>(sums, tiles.sums_frequency);
                    if tiles.rows == M && tiles.columns == M {
                        finish::<V, M, A>(tiles, tile, channel, half, M, M);
                    } else {
                        finish::<V, M, A>(tiles, tile, channel, half, tiles.rows, tiles.columns);
                    }
                }
            }
        }
    }
}

/// `A^T m`.
///
/// # Safety
///
/// The caller's promise: the sums are there.
#[inline(always)]
unsafe fn columns<V: Vector, const M: usize, const A: usize>(
    sums: *const V::Element,
    frequency: usize,
) -> [[V; A]; M] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut half = [[V::zero(); A]; M];
        let mut place = sums;
        for column in 0..A {
            let frequencies: [V; A] =
                core::array::from_fn(|row| V::load(place.add(row * A * frequency)));
            for (half, value) in half.iter_mut().zip(transform::<V, M, A>(frequencies)) {
                half[column] = value;
            }
            place = place.wrapping_add(frequency);
        }
        half
    }
}

/// The other half of the transform, the epilogue, and stores.
///
/// # Safety
///
/// The caller's promise: residual and output are there at the pixels of these
/// rows and columns.
#[inline(always)]
unsafe fn finish<V: Vector, const M: usize, const A: usize>(
    tiles: &OutputTiles<V::Element>,
    tile: usize,
    channel: usize,
    half: [[V; A]; M],
    rows: usize,
    columns: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let bias = if tiles.bias.is_null() {
            V::zero()
        } else {
            V::load(tiles.bias.add(channel))
        };
        for (row, half) in half.into_iter().enumerate().take(rows) {
            let pixels = transform::<V, M, A>(half);
            for (column, pixel) in pixels.into_iter().enumerate().take(columns) {
                let column = tile * M + column;
                let mut value = pixel.add(bias);
                if !tiles.residual.is_null() {
                    let place = row * tiles.residual_row + column * tiles.residual_pixel;
                    value = value.add(V::load(tiles.residual.add(place + channel)));
                }
                if tiles.relu {
                    // In this order NaN stays NaN.
                    value = V::zero().max(value);
                }
                let place = row * tiles.output_row + column * tiles.output_pixel;
                value.store(tiles.output.add(place + channel));
            }
        }
    }
}

/// `A^T m` of one row or column.
///
/// # Safety
///
/// The processor has the instructions of `V`.
#[inline(always)]
unsafe fn transform<V: Vector, const M: usize, const A: usize>(m: [V; A]) -> [V; M] {
    // SAFETY: the caller's promise.
    unsafe {
        let constant = |value| V::splat(crate::Element::from_f64(value));
        let mut y = [V::zero(); M];
        if A == 4 {
            y[0] = m[0].add(m[1]).add(m[2]);
            y[1] = m[1].sub(m[2]).sub(m[3]);
        } else {
            let (sum, difference) = (m[1].add(m[2]), m[1].sub(m[2]));
            let (far_sum, far_difference) = (m[3].add(m[4]), m[3].sub(m[4]));
            y[0] = m[0].add(sum).add(far_sum);
            y[1] = constant(2.0).mul_add(far_difference, difference);
            y[2] = constant(4.0).mul_add(far_sum, sum);
            y[3] = constant(8.0).mul_add(far_difference, difference).add(m[5]);
        }
        y
    }
}
