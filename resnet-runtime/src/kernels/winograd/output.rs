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
                    match (
                        tiles.rows == M && tiles.columns == M,
                        tiles.residual.is_null(),
                    ) {
                        (true, true) => whole::<V, M, A, false>(tiles, tile, channel, half),
                        (true, false) => whole::<V, M, A, true>(tiles, tile, channel, half),
                        _ => cut_off::<V, M, A>(tiles, tile, channel, half),
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

/// The other half of the transform, the epilogue, and stores, of a tile that
/// is inside the map. Without a loop, so that `half` stays in registers.
///
/// # Safety
///
/// The caller's promise: output is there at all pixels, and a residual if
/// there is one.
#[inline(always)]
unsafe fn whole<V: Vector, const M: usize, const A: usize, const RESIDUAL: bool>(
    tiles: &OutputTiles<V::Element>,
    tile: usize,
    channel: usize,
    half: [[V; A]; M],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let finish = Finish::<V>::new(tiles, channel);
        finish.row::<M, A, RESIDUAL>(tiles, channel, [0, tile * M], half[0]);
        finish.row::<M, A, RESIDUAL>(tiles, channel, [1, tile * M], half[1]);
        if M == 4 {
            finish.row::<M, A, RESIDUAL>(tiles, channel, [2, tile * M], half[M - 2]);
            finish.row::<M, A, RESIDUAL>(tiles, channel, [3, tile * M], half[M - 1]);
        }
    }
}

/// The same of a tile at the map's last row or column.
///
/// # Safety
///
/// The caller's promise: residual and output are there at the pixels inside
/// the map.
#[inline(always)]
unsafe fn cut_off<V: Vector, const M: usize, const A: usize>(
    tiles: &OutputTiles<V::Element>,
    tile: usize,
    channel: usize,
    half: [[V; A]; M],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let finish = Finish::<V>::new(tiles, channel);
        for (row, half) in half.into_iter().enumerate().take(tiles.rows) {
            let pixels = transform::<V, M, A>(half);
            for (column, pixel) in pixels.into_iter().enumerate().take(tiles.columns) {
                let place = [row, tile * M + column];
                if tiles.residual.is_null() {
                    finish.store::<false>(tiles, channel, place, pixel);
                } else {
                    finish.store::<true>(tiles, channel, place, pixel);
                }
            }
        }
    }
}

/// The epilogue of a vector of channels.
struct Finish<V> {
    bias: V,
    /// Zero where ReLU is applied, else below everything.
    floor: V,
}

impl<V: Vector> Finish<V> {
    /// # Safety
    ///
    /// The processor has the instructions of `V`; biases are there, or null.
    #[inline(always)]
    unsafe fn new(tiles: &OutputTiles<V::Element>, channel: usize) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            Self {
                bias: if tiles.bias.is_null() {
                    V::zero()
                } else {
                    V::load(tiles.bias.add(channel))
                },
                floor: if tiles.relu {
                    V::zero()
                } else {
                    V::splat(crate::Element::from_f64(f64::NEG_INFINITY))
                },
            }
        }
    }

    /// All of a tile's row, whose first pixel is given.
    ///
    /// # Safety
    ///
    /// Output and residual are there at the pixels.
    #[inline(always)]
    unsafe fn row<const M: usize, const A: usize, const RESIDUAL: bool>(
        &self,
        tiles: &OutputTiles<V::Element>,
        channel: usize,
        [row, first]: [usize; 2],
        half: [V; A],
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let pixels = transform::<V, M, A>(half);
            for (column, pixel) in pixels.into_iter().enumerate() {
                self.store::<RESIDUAL>(tiles, channel, [row, first + column], pixel);
            }
        }
    }

    /// # Safety
    ///
    /// Output and residual are there at the pixel.
    #[inline(always)]
    unsafe fn store<const RESIDUAL: bool>(
        &self,
        tiles: &OutputTiles<V::Element>,
        channel: usize,
        [row, column]: [usize; 2],
        pixel: V,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut value = pixel.add(self.bias);
            if RESIDUAL {
                let place = row * tiles.residual_row + column * tiles.residual_pixel;
                value = value.add(V::load(tiles.residual.add(place + channel)));
            }
            let place = row * tiles.output_row + column * tiles.output_pixel;
            // In this order NaN stays NaN.
            let value = self.floor.max(value);
            value.store(tiles.output.add(place + channel));
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
        } else if A == 5 || A == 7 {
            let (sum, difference) = (m[0].add(m[1]), m[0].sub(m[1]));
            let (far_sum, far_difference) = (m[2].add(m[3]), m[2].sub(m[3]));
            y[0] = sum.add(far_sum);
            y[1] = constant(2.0).mul_add(far_difference, difference);
            y[2] = constant(4.0).mul_add(far_sum, sum);
            y[3] = constant(8.0)
                .mul_add(far_difference, difference)
                .add(m[A - 1]);
            if A == 7 {
                let (near_sum, near_difference) = (m[4].add(m[5]), m[4].sub(m[5]));
                y[0] = y[0].add(near_sum);
                y[1] = constant(0.5).mul_add(near_difference, y[1]);
                y[2] = constant(0.25).mul_add(near_sum, y[2]);
                y[3] = constant(0.125).mul_add(near_difference, y[3]);
            }
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
