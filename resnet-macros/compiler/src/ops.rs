//! Operators. Each supplies its shape rule, its gradient rule and its emission
//! in a file of its own; no stage knows any of them by name.

mod activate;
mod add;
mod again;
mod batch_norm;
mod blur_pool;
mod boundary;
mod concat;
mod conv2d;
mod drop;
mod explain;
mod fixed_norm;
mod global_average_pool;
mod linear;
mod pool2d;
mod scale;
mod subsample;

use std::any::Any;
use std::fmt::Debug;
use std::rc::Rc;

pub use activate::Activate;
pub use add::Add;
pub use again::Again;
pub use batch_norm::{BatchNorm, Norm};
pub use blur_pool::BlurPool;
pub use boundary::{Input, Output, OutputGradient};
pub use concat::Concat;
pub(crate) use conv2d::{BackwardInput as ConvBackwardInput, BackwardWeight as ConvBackwardWeight};
pub use conv2d::{Conv2d, MaxPooled};
pub use drop::{DropPath, Dropout};
pub use explain::Explain;
pub(crate) use explain::explained;
pub use fixed_norm::FixedNorm;
pub use global_average_pool::GlobalAveragePool;
pub use linear::Linear;
pub use pool2d::{Pool2d, PoolKind};
pub use scale::Scale;
pub use subsample::Subsample;

use crate::backward::Gradients;
use crate::diagnostics::Code;
use crate::emit::{Call, Site};
use crate::graph::Shape;
use crate::parameter::ParameterId;
use resnet_geometry::Map;

/// An operator: what a node computes.
///
/// Only [`name`](Op::name), [`infer`](Op::infer) and [`emit`](Op::emit) have
/// no default: an operator without parameters that is never trained needs no more.
pub trait Op: Any + Debug {
    /// Name in the text form.
    fn name(&self) -> &'static str;

    /// Keys and values of the text form: everything that changes the result.
    fn attributes(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Shapes of the outputs for shapes of the inputs.
    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake>;

    /// Adds the nodes that compute the gradients of inputs and parameters.
    fn gradient(&self, _gradients: &mut Gradients<'_>) {}

    /// What computes its output once more in backward, from what forward left
    /// behind; the operator itself, if it leaves nothing but its output.
    fn again(&self) -> Option<Rc<dyn Op>> {
        None
    }

    /// Parameters that it reads, trainable ones and running statistics.
    fn parameters(&self) -> Vec<ParameterId> {
        Vec::new()
    }

    /// Pixels of zeros that it reads around input `port` of shape `input`.
    fn halo(&self, _port: usize, _input: Shape) -> usize {
        0
    }

    /// True when input `port` is read one scalar at a time, so that its
    /// channels may be packed without padding.
    fn reads_scalars(&self, _port: usize) -> bool {
        false
    }

    /// Pairs of input and output that may be one buffer.
    fn in_place(&self) -> &'static [(usize, usize)] {
        &[]
    }

    /// Elements of scratch memory for one image.
    fn scratch(&self, _inputs: &[Map]) -> usize {
        0
    }

    /// Elements of memory that each thread needs to run it.
    fn workspace(&self) -> usize {
        0
    }

    /// What it keeps outside the arena, and how many elements of it.
    fn regions(&self) -> Vec<(Region, ParameterId, usize)> {
        Vec::new()
    }

    /// Calls of the forward or backward pass.
    fn emit(&self, site: &Site<'_>) -> Vec<Call>;

    /// Calls that pack its weights for inference.
    fn emit_pack(&self, _site: &Site<'_>) -> Vec<Call> {
        Vec::new()
    }

    /// Calls that update its parameters, and pack them again, after a training step.
    fn emit_update(&self, _site: &Site<'_>) -> Vec<Call> {
        Vec::new()
    }

    /// What it is called in tables for people, with what was fused into it.
    fn title(&self) -> String {
        self.name().to_owned()
    }

    /// Elements of one image's maps that it reads, each as often as it walks it.
    fn reads(&self, inputs: &[Map], _outputs: &[Map]) -> usize {
        inputs.iter().map(Map::len).sum()
    }

    /// Multiply-adds for one image.
    fn macs(&self, _output: Shape) -> u64 {
        0
    }

    /// Algorithm for tables, where there is a choice.
    fn algorithm(&self) -> &'static str {
        ""
    }
}

/// Memory outside the arena, whose size doesn't depend on the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Region {
    /// Weights packed for inference, with their biases.
    Packed,
    /// Weights packed for the forward pass of a training step.
    PackedForward,
    /// Weights packed for the backward pass.
    PackedBackward,
    /// Batch statistics kept from forward to backward.
    Saved,
}

/// Shapes that an operator can't work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Diagnostic code.
    pub code: Code,
    /// What was found and what was expected.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

/// No machine holds a tensor of more elements than this, and sums of a few
/// hundred thousand such sizes still fit in 64 bits.
const MOST_ELEMENTS: usize = 1 << 40;

/// The product of `sizes`, or a mistake if no machine could hold as many elements.
pub(crate) fn checked_len(what: &str, sizes: &[usize]) -> Result<usize, Mistake> {
    let product = sizes
        .iter()
        .try_fold(1usize, |len, &size| len.checked_mul(size));
    product
        .filter(|&len| len <= MOST_ELEMENTS)
        .ok_or_else(|| Mistake {
            code: Code::ModelTooLarge,
            message: format!(
                "{what} would have {} elements, more than any machine holds",
                sizes
                    .iter()
                    .map(usize::to_string)
                    .collect::<Vec<_>>()
                    .join(" x ")
            ),
            help: "make the input, the channels or the kernel smaller".to_owned(),
        })
}

/// `name` and `suffix` of a fused operator: `batch_norm + add + relu`.
pub(crate) fn fused_title(parts: &[(&str, bool)]) -> String {
    let present: Vec<_> = parts.iter().filter(|(_, is)| *is).collect();
    let names: Vec<_> = present.iter().map(|(name, _)| *name).collect();
    names.join(" + ")
}
