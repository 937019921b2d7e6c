//! The tile of a convolution: a few pixels by one panel of output channels,
//! all of its sums in registers.
//!
//! The same tile computes fully connected layers (the images of a batch are
//! its pixels) and gradients of inputs (a convolution of the outputs'
//! gradient).

use super::vector::{Kernel, Vector};

/// What a tile of `mr` pixels by `nv` vectors of channels works on.
///
/// The pixels come in two groups: the first `mr - mr / 2` from the pointer on,
/// the others from `group` elements further, so that a tile may take pixels of
/// two rows where rows are short. Strides are in elements.
pub(crate) struct ConvTile<E> {
    /// First tap of the first pixel.
    pub(crate) input: *const E,
    /// From one pixel to the next, in the input.
    pub(crate) input_pixel: usize,
    /// From the first group of pixels to the second.
    pub(crate) input_group: usize,
    /// What is summed.
    pub(crate) taps: Taps,
    /// `[rows][columns][run][2 * LANES]` weights.
    pub(crate) weight: *const E,
    /// What is needed soon: every [`UNROLL`] steps ask for two vectors there,
    /// the next ones for two [`later_step`](Self::later_step) further. Need not
    /// be valid.
    pub(crate) later: *const E,
    /// Elements.
    pub(crate) later_step: usize,
    /// The sums' first value, or null.
    pub(crate) bias: *const E,
    /// What is added to the sums, or null.
    pub(crate) residual: *const E,
    /// From one pixel to the next.
    pub(crate) residual_pixel: usize,
    /// From the first group of pixels to the second.
    pub(crate) residual_group: usize,
    /// The first pixel's first channel.
    pub(crate) output: *mut E,
    /// From one pixel to the next.
    pub(crate) output_pixel: usize,
    /// From the first group of pixels to the second.
    pub(crate) output_group: usize,
    /// Whether ReLU is applied last.
    pub(crate) relu: bool,
}

/// The input elements that one output value sums: `rows` by `columns` runs of
/// `run` neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taps {
    /// Rows of runs.
    pub(crate) rows: usize,
    /// Elements from one row to the next.
    pub(crate) row_step: usize,
    /// Runs in a row.
    pub(crate) columns: usize,
    /// Elements from one run to the next.
    pub(crate) column_step: usize,
    /// Elements in a run.
    pub(crate) run: usize,
}

/// `MR` pixels by `NV` vectors. Needs a [`ConvTile`] whose taps can be read at
/// all pixels, whose weights are there, and whose `NV` vectors of residual and
/// output are there at all pixels.
pub(crate) struct ForwardTile<const MR: usize, const NV: usize>;

impl<V: Vector, const MR: usize, const NV: usize> Kernel<V> for ForwardTile<MR, NV> {
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
                run,
            } = tile.taps;
            // A group's pixels from one moving pointer each: a pointer for each
            // pixel wouldn't fit into registers.
            let offsets: [usize; GROUP] = core::array::from_fn(|m| m * tile.input_pixel);
            let mut weight = tile.weight;
            let mut later = tile.later;
            for row in 0..rows {
                for column in 0..columns {
                    let mut first = tile.input.add(row * row_step + column * column_step);
                    let mut second = first.wrapping_add(tile.input_group);
                    for _ in 0..run / UNROLL {
                        first = V::opaque(first);
                        second = V::opaque(second);
                        // Both lines at once: neighbours come together.
                        V::prefetch_far(later);
                        V::prefetch_far(later.wrapping_add(V::LANES));
                        later = later.wrapping_add(tile.later_step);
                        for k in 0..UNROLL {
                            step::<V, MR, NV>(
                                &mut sums,
                                first.wrapping_add(k),
                                second.wrapping_add(k),
                                &offsets,
                                weight.wrapping_add(k * 2 * V::LANES),
                            );
                        }
                        first = first.wrapping_add(UNROLL);
                        second = second.wrapping_add(UNROLL);
                        weight = weight.wrapping_add(UNROLL * 2 * V::LANES);
                    }
                    for _ in 0..run % UNROLL {
                        first = V::opaque(first);
                        second = V::opaque(second);
                        step::<V, MR, NV>(&mut sums, first, second, &offsets, weight);
                        first = first.wrapping_add(1);
                        second = second.wrapping_add(1);
                        weight = weight.wrapping_add(2 * V::LANES);
                    }
                }
            }
            finish::<V, MR, NV>(tile, &mut sums);
        }
    }
}

/// The sums before the first product.
///
/// # Safety
///
/// The caller's promise: the bias is null or there.
#[inline(always)]
pub(super) unsafe fn start<V: Vector, const MR: usize, const NV: usize>(
    tile: &ConvTile<V::Element>,
) -> [[V; NV]; MR] {
    // SAFETY: the caller's promise.
    unsafe {
        // Stores at the end would wait for memory.
        for m in 0..MR {
            let output = tile
                .output
                .add(place::<MR>(m, tile.output_pixel, tile.output_group));
            for v in 0..NV {
                V::prefetch(output.add(v * V::LANES));
            }
        }
        if tile.bias.is_null() {
            return [[V::zero(); NV]; MR];
        }
        [core::array::from_fn(|v| V::load(tile.bias.add(v * V::LANES))); MR]
    }
}

/// Pixels of a group, at most.
pub(super) const GROUP: usize = 8;

/// Elements of a run that one round of the inner loop takes.
pub(crate) const UNROLL: usize = 4;

/// One product for each sum.
///
/// # Safety
///
/// The caller's promise: `MR` pixels and `NV` vectors of weights are there.
#[inline(always)]
pub(super) unsafe fn step<V: Vector, const MR: usize, const NV: usize>(
    sums: &mut [[V; NV]; MR],
    first: *const V::Element,
    second: *const V::Element,
    offsets: &[usize; GROUP],
    weight: *const V::Element,
) {
    // SAFETY: the caller's promise.
    unsafe {
        V::prefetch(weight.wrapping_add(PREFETCH));
        if NV == 2 {
            V::prefetch(weight.wrapping_add(PREFETCH + V::LANES));
        }
        let weights = core::array::from_fn(|v| V::load(weight.add(v * V::LANES)));
        let (near, far) = sums.split_at_mut(MR - MR / 2);
        group::<V, NV>(near, first, offsets, weights);
        group::<V, NV>(far, second, offsets, weights);
        // Loads of later steps would cost registers here.
        core::sync::atomic::compiler_fence(core::sync::atomic::Ordering::SeqCst);
    }
}

/// One product for each sum of a group.
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
        // SAFETY: the caller's promise.
        unsafe {
            let input = V::splat(*input.add(*offset));
            for (sum, weight) in sum.iter_mut().zip(weights) {
                *sum = input.mul_add(weight, *sum);
            }
        }
    }
}

/// Elements of the panel between the weights in use and those asked for: far
/// enough to wait for the second cache.
const PREFETCH: usize = 1024;

/// Elements from a tile's first pixel to another.
#[inline(always)]
fn place<const MR: usize>(m: usize, pixel: usize, group: usize) -> usize {
    let first = MR - MR / 2;
    if m < first {
        m * pixel
    } else {
        group + (m - first) * pixel
    }
}

/// Residual, activation, store.
///
/// # Safety
///
/// The caller's promise: residual and output are there at all pixels.
#[inline(always)]
pub(super) unsafe fn finish<V: Vector, const MR: usize, const NV: usize>(
    tile: &ConvTile<V::Element>,
    sums: &mut [[V; NV]; MR],
) {
    // SAFETY: the caller's promise.
    unsafe {
        if !tile.residual.is_null() {
            for (m, sum) in sums.iter_mut().enumerate() {
                let residual =
                    tile.residual
                        .add(place::<MR>(m, tile.residual_pixel, tile.residual_group));
                for (v, sum) in sum.iter_mut().enumerate() {
                    *sum = sum.add(V::load(residual.add(v * V::LANES)));
                }
            }
        }
        if tile.relu {
            for sum in sums.as_flattened_mut() {
                // In this order NaN stays NaN.
                *sum = V::zero().max(*sum);
            }
        }
        for (m, sum) in sums.iter().enumerate() {
            let output = tile
                .output
                .add(place::<MR>(m, tile.output_pixel, tile.output_group));
            for (v, sum) in sum.iter().enumerate() {
                sum.store(output.add(v * V::LANES));
            }
        }
    }
}
