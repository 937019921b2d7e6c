//! Batch norm backward: two sums for each channel, then the input's gradient.

use core::ops::Range;

use super::chunks::{by_chunks, by_strips};
use super::moments::Partials;
use super::pixels::{Extent, Pixels, PixelsMut};
use super::pointwise::NormVectors;
use crate::Element;
use crate::geometry::CHANNEL_BLOCK;
use crate::kernels::vector::{Kernel, Vector};

/// Where a gradient passes.
#[derive(Clone, Copy)]
pub(crate) enum Mask<E> {
    Everywhere,
    /// Where this is above zero: the output of a ReLU.
    Above(Pixels<E>),
    /// Where the norm of the input is above zero: what a ReLU right behind it
    /// lets pass, without reading its output.
    Norm,
}

const EVERYWHERE: u8 = 0;
const ABOVE: u8 = 1;
const NORM: u8 = 2;

/// The mask of `N` vectors of channels.
struct Masking<V: Vector, const N: usize> {
    output: Option<Pixels<V::Element>>,
    scale: [V; N],
    shift: [V; N],
}

impl<V: Vector, const N: usize> Masking<V, N> {
    /// From channel `first` on.
    #[inline(always)]
    unsafe fn new(mask: Mask<V::Element>, norm: &NormVectors<V::Element>, first: usize) -> Self {
        let mut masking = Self {
            output: None,
            // SAFETY: the caller's promise.
            scale: unsafe { [V::zero(); N] },
            // SAFETY: as above.
            shift: unsafe { [V::zero(); N] },
        };
        match mask {
            Mask::Everywhere => {}
            Mask::Above(output) => masking.output = Some(output),
            Mask::Norm => {
                for i in 0..N {
                    let at = first + i * V::LANES;
                    // SAFETY: the vectors have as many channels as the pixels.
                    unsafe {
                        let inv_std = V::load(norm.inv_std.add(at));
                        masking.scale[i] = V::load(norm.weight.add(at)).mul(inv_std);
                        masking.shift[i] = V::load(norm.bias.add(at));
                    }
                }
            }
        }
        masking
    }

    /// A gradient at a pixel, vector `i` of those from channel `at`, where it
    /// passes. `deviation` is the input's from its mean: the norm is computed
    /// as in the forward pass, to the bit.
    #[inline(always)]
    unsafe fn apply<const MASK: u8>(
        &self,
        gradient: V,
        deviation: V,
        i: usize,
        [row, column, at]: [usize; 3],
    ) -> V {
        // SAFETY: the caller's promise: the pixel is there.
        unsafe {
            match (MASK, self.output) {
                (ABOVE, Some(output)) => {
                    gradient.where_positive(V::load(output.at(row, column).add(at)))
                }
                (NORM, _) => {
                    gradient.where_positive(deviation.mul_add(self.scale[i], self.shift[i]))
                }
                _ => gradient,
            }
        }
    }
}

/// A block of rows: `g = d_output` where it passes, and the sums of `g` and
/// of `g * (input - mean)`.
pub(crate) struct NormSumsArgs<E> {
    pub(crate) extent: Extent,
    pub(crate) input: Pixels<E>,
    pub(crate) mask: Mask<E>,
    pub(crate) d_output: Pixels<E>,
    /// Takes `g`; may be `d_output`.
    pub(crate) d_residual: Option<PixelsMut<E>>,
    pub(crate) norm: NormVectors<E>,
    pub(crate) sums: *mut E,
    pub(crate) products: *mut E,
}

/// The kernel of [`NormSumsArgs`].
pub(crate) struct NormSums;

impl<V: Vector> Kernel<V> for NormSums {
    type Args = NormSumsArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        // SAFETY: the caller's promise.
        unsafe {
            match (args.mask, args.d_residual.is_some()) {
                (Mask::Everywhere, false) => norm_sums::<V, EVERYWHERE, false>(args),
                (Mask::Everywhere, true) => norm_sums::<V, EVERYWHERE, true>(args),
                (Mask::Above(_), false) => norm_sums::<V, ABOVE, false>(args),
                (Mask::Above(_), true) => norm_sums::<V, ABOVE, true>(args),
                (Mask::Norm, false) => norm_sums::<V, NORM, false>(args),
                (Mask::Norm, true) => norm_sums::<V, NORM, true>(args),
            }
        }
    }
}

#[inline(always)]
unsafe fn norm_sums<V: Vector, const MASK: u8, const STORE: bool>(args: &NormSumsArgs<V::Element>) {
    for channel in (0..args.extent.channels).step_by(V::LANES) {
        // SAFETY: the caller's promise: the sums have whole channel blocks.
        unsafe {
            V::zero().store(args.sums.add(channel));
            V::zero().store(args.products.add(channel));
        }
    }
    for row in 0..args.extent.rows {
        by_strips!(args.extent, columns => by_chunks!(args.extent.channels / V::LANES, first, N => {
            let (first, columns) = (first * V::LANES, columns.clone());
            // SAFETY: the caller's promise; the chunks lie inside the pixel.
            unsafe { norm_sums_strip::<V, MASK, STORE, N, { 4 / N }>(args, row, columns, first) }
        }));
    }
}

/// Adds a strip of `N` vectors from channel `first` on to the sums; those of
/// `P` pixels run side by side to hide the latency of additions.
#[inline(always)]
unsafe fn norm_sums_strip<
    V: Vector,
    const MASK: u8,
    const STORE: bool,
    const N: usize,
    const P: usize,
>(
    args: &NormSumsArgs<V::Element>,
    row: usize,
    columns: Range<usize>,
    first: usize,
) {
    // SAFETY: the caller's promise: the block lies inside the maps, and the
    // vectors have as many channels as the pixels.
    unsafe {
        let mut mean = [V::zero(); N];
        for (i, mean) in mean.iter_mut().enumerate() {
            *mean = V::load(args.norm.mean.add(first + i * V::LANES));
        }
        let masking = Masking::<V, N>::new(args.mask, &args.norm, first);
        let mut sums = [[[V::zero(); 2]; N]; P];
        let mut column = columns.start;
        while column + P <= columns.end {
            for (p, sums) in sums.iter_mut().enumerate() {
                add_pixel::<V, MASK, STORE, N>(
                    args,
                    [row, column + p, first],
                    &mean,
                    &masking,
                    sums,
                );
            }
            column += P;
        }
        while column < columns.end {
            let at = [row, column, first];
            add_pixel::<V, MASK, STORE, N>(args, at, &mean, &masking, &mut sums[0]);
            column += 1;
        }
        for i in 0..N {
            let at = first + i * V::LANES;
            let mut total = [V::load(args.sums.add(at)), V::load(args.products.add(at))];
            for sums in &sums {
                total = [total[0].add(sums[i][0]), total[1].add(sums[i][1])];
            }
            total[0].store(args.sums.add(at));
            total[1].store(args.products.add(at));
        }
    }
}

#[inline(always)]
unsafe fn add_pixel<V: Vector, const MASK: u8, const STORE: bool, const N: usize>(
    args: &NormSumsArgs<V::Element>,
    [row, column, first]: [usize; 3],
    mean: &[V; N],
    masking: &Masking<V, N>,
    sums: &mut [[V; 2]; N],
) {
    for i in 0..N {
        let at = first + i * V::LANES;
        // SAFETY: as for `norm_sums_strip`.
        unsafe {
            let deviation = V::load(args.input.at(row, column).add(at)).sub(mean[i]);
            let gradient = V::load(args.d_output.at(row, column).add(at));
            let gradient = masking.apply::<MASK>(gradient, deviation, i, [row, column, at]);
            if STORE && let Some(d_residual) = args.d_residual {
                gradient.store(d_residual.at(row, column).add(at));
            }
            let [sum, product] = sums[i];
            sums[i] = [sum.add(gradient), deviation.mul_add(gradient, product)];
        }
    }
}

/// Blocks' sums, and where the gradients of the parameters go.
pub(crate) struct MergeSumsArgs<E> {
    pub(crate) partials: Partials<E>,
    pub(crate) inv_std: *const E,
    pub(crate) d_weight: *mut E,
    pub(crate) d_bias: *mut E,
}

/// The kernel of [`MergeSumsArgs`].
pub(crate) struct MergeSums;

impl<V: Vector> Kernel<V> for MergeSums {
    type Args = MergeSumsArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        for first in (0..args.partials.channels).step_by(CHANNEL_BLOCK) {
            // SAFETY: the caller's promise; `first` starts a channel block.
            unsafe { merge_block(args, first) }
        }
    }
}

#[inline(always)]
unsafe fn merge_block<E: Element>(args: &MergeSumsArgs<E>, first: usize) {
    let mut sums = [0.0; CHANNEL_BLOCK];
    let mut products = [0.0; CHANNEL_BLOCK];
    for block in 0..args.partials.images * args.partials.blocks {
        let [block_sums, block_products] = args.partials.at(block, first);
        for i in 0..CHANNEL_BLOCK {
            // SAFETY: partial results have whole channel blocks.
            unsafe {
                sums[i] += (*block_sums.add(i)).to_f64();
                products[i] += (*block_products.add(i)).to_f64();
            }
        }
    }
    for i in 0..CHANNEL_BLOCK {
        // SAFETY: the caller's vectors have whole channel blocks.
        unsafe {
            let inv_std = (*args.inv_std.add(first + i)).to_f64();
            *args.d_weight.add(first + i) = E::from_f64(products[i] * inv_std);
            *args.d_bias.add(first + i) = E::from_f64(sums[i]);
        }
    }
}

/// `d_input = weight * inv_std * (g - mean(g) - x_hat * mean(g * x_hat))`,
/// where `g = d_output` where it passes.
pub(crate) struct NormGradientArgs<E> {
    pub(crate) extent: Extent,
    pub(crate) input: Pixels<E>,
    /// What isn't in `d_output` yet.
    pub(crate) mask: Mask<E>,
    pub(crate) d_output: Pixels<E>,
    /// May be `d_output`.
    pub(crate) d_input: PixelsMut<E>,
    pub(crate) norm: NormVectors<E>,
    /// The sums of `g * x_hat`.
    pub(crate) d_weight: *const E,
    /// The sums of `g`.
    pub(crate) d_bias: *const E,
    /// One over the pixels of the batch.
    pub(crate) share: E,
}

/// The kernel of [`NormGradientArgs`].
pub(crate) struct NormGradient;

impl<V: Vector> Kernel<V> for NormGradient {
    type Args = NormGradientArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        for row in 0..args.extent.rows {
            by_strips!(args.extent, columns => by_chunks!(args.extent.channels / V::LANES, first, N => {
                let (first, columns) = (first * V::LANES, columns.clone());
                // SAFETY: the caller's promise; the chunks lie inside the pixel.
                unsafe {
                    match args.mask {
                        Mask::Everywhere => {
                            norm_gradient_strip::<V, EVERYWHERE, N>(args, row, columns, first)
                        }
                        Mask::Above(_) => {
                            norm_gradient_strip::<V, ABOVE, N>(args, row, columns, first)
                        }
                        Mask::Norm => norm_gradient_strip::<V, NORM, N>(args, row, columns, first),
                    }
                }
            }));
        }
    }
}

/// A strip of `N` vectors from channel `first` on.
#[inline(always)]
unsafe fn norm_gradient_strip<V: Vector, const MASK: u8, const N: usize>(
    args: &NormGradientArgs<V::Element>,
    row: usize,
    columns: Range<usize>,
    first: usize,
) {
    // SAFETY: the caller's promise: rows, pixels and channels lie inside the
    // maps, and the vectors have as many channels.
    unsafe {
        let share = V::splat(args.share);
        let mut mean = [V::zero(); N];
        let mut scale = [V::zero(); N];
        let mut mean_gradient = [V::zero(); N];
        let mut slope = [V::zero(); N];
        for i in 0..N {
            let at = first + i * V::LANES;
            let inv_std = V::load(args.norm.inv_std.add(at));
            mean[i] = V::load(args.norm.mean.add(at));
            scale[i] = V::load(args.norm.weight.add(at)).mul(inv_std);
            mean_gradient[i] = V::load(args.d_bias.add(at)).mul(share);
            let mean_product = V::load(args.d_weight.add(at)).mul(share);
            slope[i] = V::zero().sub(mean_product.mul(inv_std));
        }
        let masking = Masking::<V, N>::new(args.mask, &args.norm, first);
        for column in columns {
            for i in 0..N {
                let at = first + i * V::LANES;
                let deviation = V::load(args.input.at(row, column).add(at)).sub(mean[i]);
                let gradient = V::load(args.d_output.at(row, column).add(at));
                let gradient = masking.apply::<MASK>(gradient, deviation, i, [row, column, at]);
                deviation
                    .mul_add(slope[i], gradient.sub(mean_gradient[i]))
                    .mul(scale[i])
                    .store(args.d_input.at(row, column).add(at));
            }
        }
    }
}
