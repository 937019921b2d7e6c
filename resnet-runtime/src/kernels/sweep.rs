//! Kernels that sweep over maps: everything that is bound by memory rather
//! than arithmetic. Each works on whole rows of pixels of one image.

use super::Entry;
use super::isa::Isa;
use super::vector::Vector;
use activate::{Activate, ActivateArgs, ActivateGradient, ActivateGradientArgs};
use blur::Blur;
use dropout::{Dropout, DropoutArgs};
use flat::{Blend, BlendArgs, Squares, SquaresArgs};
use means::Means;
use moments::{MergeMoments, MergeMomentsArgs, Moments, MomentsArgs};
use norm_gradient::{
    MergeSums, MergeSumsArgs, NormGradient, NormGradientArgs, NormSums, NormSumsArgs,
};
use optimize::{Optimize, OptimizeArgs};
use pointwise::{Combine, CombineArgs};
use scale::{Scale, ScaleArgs, ScaleSums, ScaleSumsArgs};
use slice::{Slice, SliceArgs};
use weighted::{Weighted, WeightedArgs};
use window_max::{WindowMax, WindowMaxArgs, WindowMaxGradient, WindowMaxGradientArgs};
use window_sum::{WindowSum, WindowSumArgs};

pub(crate) mod activate;
pub(crate) mod blur;
mod chunks;
pub(crate) mod dropout;
pub(crate) mod flat;
pub(crate) mod interleave;
pub(crate) mod means;
pub(crate) mod moments;
pub(crate) mod norm_gradient;
pub(crate) mod optimize;
pub(crate) mod pixels;
pub(crate) mod pointwise;
pub(crate) mod scale;
pub(crate) mod slice;
pub(crate) mod weighted;
pub(crate) mod window;
pub(crate) mod window_max;
pub(crate) mod window_sum;

use interleave::{Interleave, InterleaveArgs};

/// The sweeps of one instruction set.
pub(crate) struct SweepKernels<E: 'static> {
    /// Of the entry points.
    isa: Isa,
    /// Planes of channels to pixels.
    pub(crate) interleave: Entry<InterleaveArgs<E>>,
    /// `activation(norm(input) + residual)`.
    pub(crate) combine: Entry<CombineArgs<E>>,
    /// Activations of any kind.
    pub(crate) activate: Entry<ActivateArgs<E>>,
    /// A map times factors, plus another.
    pub(crate) scale: Entry<ScaleArgs<E>>,
    /// Scaled sums over windows.
    pub(crate) window_sum: Entry<WindowSumArgs<E>>,
    /// Averages over windows of unequal sizes.
    pub(crate) window_mean: Entry<WeightedArgs<E, Means>>,
    /// Blurs over mirrored maps.
    pub(crate) blur: Entry<WeightedArgs<E, Blur>>,
    /// Maxima over windows.
    pub(crate) window_max: Entry<WindowMaxArgs<E>>,
}

impl<E> SweepKernels<E> {
    /// The sweeps compiled for `V`'s instruction set.
    pub(crate) const fn new<V: Vector<Element = E>>(isa: Isa) -> Self {
        Self {
            isa,
            interleave: V::enter::<Interleave>,
            combine: V::enter::<Combine>,
            activate: V::enter::<Activate>,
            scale: V::enter::<Scale>,
            window_sum: V::enter::<WindowSum>,
            window_mean: V::enter::<Weighted<Means>>,
            blur: V::enter::<Weighted<Blur>>,
            window_max: V::enter::<WindowMax>,
        }
    }
}

impl<E: crate::Element> SweepKernels<E> {
    /// What training needs beside them.
    pub(crate) fn training(&self) -> &'static TrainingSweeps<E> {
        &E::training_kernels(self.isa).sweep
    }
}

/// The sweeps of one instruction set that only training calls.
pub(crate) struct TrainingSweeps<E: 'static> {
    /// Gradients of activations of any kind, plus others.
    pub(crate) activate_gradient: Entry<ActivateGradientArgs<E>>,
    /// The product of two maps, summed over pixels.
    pub(crate) scale_sums: Entry<ScaleSumsArgs<E>>,
    /// Some channels of a map, plus another.
    pub(crate) slice: Entry<SliceArgs<E>>,
    /// Values kept or dropped by chance, plus another.
    pub(crate) dropout: Entry<DropoutArgs<E>>,
    /// Means and sums of squared deviations of a block of rows.
    pub(crate) moments: Entry<MomentsArgs<E>>,
    /// The batch's statistics from those of the blocks.
    pub(crate) merge_moments: Entry<MergeMomentsArgs<E>>,
    /// The two sums behind a batch norm's gradients, of a block of rows.
    pub(crate) norm_sums: Entry<NormSumsArgs<E>>,
    /// A batch norm's parameter gradients from the sums of the blocks.
    pub(crate) merge_sums: Entry<MergeSumsArgs<E>>,
    /// The gradient of a batch norm's input.
    pub(crate) norm_gradient: Entry<NormGradientArgs<E>>,
    /// Gradients of maxima, given to the first winner of each window.
    pub(crate) window_max_gradient: Entry<WindowMaxGradientArgs<E>>,
    /// The step of an optimiser.
    pub(crate) optimize: Entry<OptimizeArgs<E>>,
    /// A weighted sum of two regions.
    pub(crate) blend: Entry<BlendArgs<E>>,
    /// Sums of squares.
    pub(crate) squares: Entry<SquaresArgs<E>>,
}

impl<E> TrainingSweeps<E> {
    /// The sweeps compiled for `V`'s instruction set.
    pub(crate) const fn new<V: Vector<Element = E>>() -> Self {
        Self {
            activate_gradient: V::enter::<ActivateGradient>,
            scale_sums: V::enter::<ScaleSums>,
            slice: V::enter::<Slice>,
            dropout: V::enter::<Dropout>,
            moments: V::enter::<Moments>,
            merge_moments: V::enter::<MergeMoments>,
            norm_sums: V::enter::<NormSums>,
            merge_sums: V::enter::<MergeSums>,
            norm_gradient: V::enter::<NormGradient>,
            window_max_gradient: V::enter::<WindowMaxGradient>,
            optimize: V::enter::<Optimize>,
            blend: V::enter::<Blend>,
            squares: V::enter::<Squares>,
        }
    }
}
