//! What `resnet!` implements for each spec.

use crate::{Element, ModelInfo, seam};

/// A compiled network: its description and its straight-line code.
///
/// `resnet!` implements it for a type without values; [`Weights`](crate::Weights),
/// [`Model`](crate::Model) and [`Trainer`](crate::Trainer) are generic over it.
/// Nothing but emitted code should implement it, though doing so by hand can
/// do no harm: the seam checks every argument.
pub trait Network: Send + Sync + 'static {
    /// What activations and parameters are made of.
    type Element: Element;

    /// The network as data.
    const INFO: &'static ModelInfo;

    /// Folds batch norms and packs the weights for inference.
    fn pack(pack: &mut seam::Pack<'_, Self::Element>);

    /// Inference of one batch: images to outputs.
    fn forward(run: &mut seam::Forward<'_, Self::Element>);

    // The rest is emitted unless the network is for inference only; a trainer
    // of one of those can't be made.

    /// Forward pass of a training step; keeps what backward needs.
    fn train_forward(_step: &mut seam::Step<'_, Self::Element>) {}

    /// Backward pass of a training step, from the outputs' gradient to the
    /// gradients of all trained parameters.
    fn train_backward(_step: &mut seam::Step<'_, Self::Element>) {}

    /// Optimiser and repacking of the weights (repacking alone when the step
    /// carries no optimiser).
    fn train_update(_step: &mut seam::Step<'_, Self::Element>) {}
}

/// A network whose weights are in the program: `resnet!` implements it for
/// specs with `weights = "..."`, after it has checked the file.
pub trait Embedded: Network {
    /// The file: safetensors, or packed weights.
    const WEIGHTS: &'static [u8];
}
