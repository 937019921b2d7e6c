//! The tile of a weight's gradient: a few input channels by one panel of
//! output channels, summed over pixels in registers.

use super::vector::{Kernel, Vector};

/// What a tile of `mr` input channels by `nv` vectors of output channels works
/// on. Strides are in elements.
#[derive(Clone, Copy)]
pub(crate) struct WeightTile<E> {
    /// The first pixel's first input channel under the tap at hand.
    pub(crate) input: *const E,
    /// Of images, rows, pixels.
    pub(crate) input_strides: [usize; 3],
    /// From one tap's input to the next, where `mr` counts taps (depthwise).
    pub(crate) input_step: usize,
    /// The first pixel's first channel of the output's gradient.
    pub(crate) d_output: *const E,
    /// Of images, rows, pixels.
    pub(crate) d_output_strides: [usize; 3],
    /// Images, rows, pixels in a row.
    pub(crate) count: [usize; 3],
    /// What is needed after this tile: a place for each pixel to ask for. Need
    /// not be valid.
    pub(crate) later: *const E,
    /// Of images, rows, pixels.
    pub(crate) later_strides: [usize; 3],
    /// The first input channel's gradients.
    pub(crate) gradient: *mut E,
    /// From one input channel to the next.
    pub(crate) gradient_stride: usize,
    /// Whether the sums start from the gradient, instead of zero.
    pub(crate) accumulate: bool,
}

/// `MR` input channels by `NV` vectors. Needs a [`WeightTile`] whose `MR`
/// inputs, `NV` vectors of output gradients and `MR` by `NV` vectors of weight
/// gradients are there.
pub(crate) struct GradientTile<const MR: usize, const NV: usize>;

impl<V: Vector, const MR: usize, const NV: usize> Kernel<V> for GradientTile<MR, NV> {
    type Args = WeightTile<V::Element>;

    #[inline(always)]
    unsafe fn run(tile: &Self::Args) {
        // SAFETY: the caller vouches for the instructions and for all
        // addresses, which advance by the strides that `tile` states.
        unsafe {
            let mut sums = accumulate::<V, MR, NV>(tile);
            // Pixels are too far apart for processors to foresee.
            let ahead = AHEAD * tile.input_strides[2];
            // The sums that come next are asked for one row at a pixel.
            let mut row = 0;
            tile.pixels(|input, d_output, later| {
                V::prefetch_far(later);
                V::prefetch(input.wrapping_add(ahead));
                V::prefetch(input.wrapping_add(ahead + MR - 1));
                for v in 0..NV {
                    V::prefetch(tile.sum(MR, row + v * V::LANES));
                }
                row = (row + tile.gradient_stride).min((MR - 1) * tile.gradient_stride);
                step::<V, MR, NV>(&mut sums, input, d_output);
            });
            store(tile, &sums);
        }
    }
}

impl<E> WeightTile<E> {
    /// Calls `pixel(input, d_output, later)` for every pixel.
    ///
    /// # Safety
    ///
    /// The strides stay within the maps.
    #[inline(always)]
    pub(super) unsafe fn pixels(&self, mut pixel: impl FnMut(*const E, *const E, *const E)) {
        let [images, rows, columns] = self.count;
        let start = |s: &[usize; 3], image: usize, row: usize| image * s[0] + row * s[1];
        for image in 0..images {
            for row in 0..rows {
                // SAFETY: the caller's promise.
                let (mut input, mut d_output) = unsafe {
                    (
                        self.input.add(start(&self.input_strides, image, row)),
                        self.d_output.add(start(&self.d_output_strides, image, row)),
                    )
                };
                let mut later = start(&self.later_strides, image, row);
                for _ in 0..columns {
                    pixel(input, d_output, self.later.wrapping_add(later));
                    later += self.later_strides[2];
                    input = input.wrapping_add(self.input_strides[2]);
                    d_output = d_output.wrapping_add(self.d_output_strides[2]);
                }
            }
        }
    }

    /// Where a sum goes.
    #[inline(always)]
    fn sum(&self, m: usize, elements: usize) -> *mut E {
        self.gradient
            .wrapping_add(m * self.gradient_stride + elements)
    }
}

/// The sums before the first product.
///
/// # Safety
///
/// The caller's promise: `MR` by `NV` vectors of gradients are there.
#[inline(always)]
pub(super) unsafe fn accumulate<V: Vector, const MR: usize, const NV: usize>(
    tile: &WeightTile<V::Element>,
) -> [[V; NV]; MR] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[V::zero(); NV]; MR];
        for (m, sum) in sums.iter_mut().enumerate() {
            for (v, sum) in sum.iter_mut().enumerate() {
                let gradient = tile.sum(m, v * V::LANES);
                if tile.accumulate {
                    *sum = V::load(gradient);
                } else {
                    // Stores at the end would wait for memory.
                    V::prefetch(gradient);
                }
            }
        }
        sums
    }
}

/// Writes the sums.
///
/// # Safety
///
/// The caller's promise: `MR` by `NV` vectors of gradients are there.
#[inline(always)]
pub(super) unsafe fn store<V: Vector, const MR: usize, const NV: usize>(
    tile: &WeightTile<V::Element>,
    sums: &[[V; NV]; MR],
) {
    for (m, sum) in sums.iter().enumerate() {
        for (v, sum) in sum.iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { sum.store(tile.sum(m, v * V::LANES)) };
        }
    }
}

/// Pixels between the input in use and that asked for.
const AHEAD: usize = 8;

/// One pixel's product for each sum.
///
/// # Safety
///
/// The caller's promise: `MR` inputs and `NV` vectors of gradients are there.
#[inline(always)]
unsafe fn step<V: Vector, const MR: usize, const NV: usize>(
    sums: &mut [[V; NV]; MR],
    input: *const V::Element,
    d_output: *const V::Element,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let vectors: [V; NV] = core::array::from_fn(|v| V::load(d_output.add(v * V::LANES)));
        for (m, sum) in sums.iter_mut().enumerate() {
            let input = V::splat(*input.add(m));
            for (sum, vector) in sum.iter_mut().zip(vectors) {
                *sum = input.mul_add(vector, *sum);
            }
        }
    }
}
