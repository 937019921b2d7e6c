//! Maps side by side in one: the channels of each after those of the one before.

use super::{Mistake, Op};
use crate::backward::Gradients;
use crate::diagnostics::Code;
use crate::emit::{Arg, Call, Site};
use crate::graph::Shape;

/// The channels of all inputs, in order of the ports; PyTorch's
/// `torch.cat(inputs, dim=1)`.
#[derive(Debug)]
pub struct Concat;

impl Op for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        let first = inputs[0];
        let size = |shape: &Shape| (shape.height, shape.width);
        if let Some(other) = inputs.iter().position(|shape| size(shape) != size(&first)) {
            let shapes: Vec<_> = inputs.iter().map(Shape::to_string).collect();
            return Err(Mistake {
                code: Code::ConcatSizesDiffer,
                message: format!(
                    "a concatenation needs inputs of one height and width: input 1 is {first}, input {} is {} (all: {})",
                    other + 1,
                    inputs[other],
                    shapes.join(", ")
                ),
                help: "give all inputs the same strides, or pool the larger ones".to_owned(),
            });
        }
        let channels = inputs.iter().map(|shape| shape.channels).sum();
        Ok(vec![Shape::new(channels, first.height, first.width)])
    }

    fn gradient(&self, gradients: &mut Gradients<'_>) {
        let d_output = gradients.d_output(0);
        let mut first = 0;
        for port in 0..gradients.inputs() {
            let input = gradients.shape(port);
            gradients.contribute(port, |accumulate| {
                let op = Slice {
                    first,
                    input,
                    accumulate,
                };
                (op, vec![d_output])
            });
            first += input.channels;
        }
    }

    /// One call for each input; the last one completes the pixels.
    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        let mut first = 0;
        let call = |port| {
            let input = site.input(port);
            let at = first;
            first += input.map.channels;
            Call::new(
                "concat",
                [
                    Arg::count(at),
                    Arg::buffer(input),
                    Arg::buffer(site.output(0)),
                ],
            )
        };
        (0..site.inputs()).map(call).collect()
    }
}

/// Gradient of one input of [`Concat`]: its channels of the output's gradient
/// and, if it accumulates, the gradient so far.
#[derive(Debug)]
struct Slice {
    first: usize,
    input: Shape,
    accumulate: bool,
}

impl Op for Slice {
    fn name(&self) -> &'static str {
        "concat_backward"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![("first", self.first.to_string())]
    }

    fn infer(&self, _: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![self.input])
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(1, 0)]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![Call::new(
            "concat_backward",
            [
                Arg::count(self.first),
                Arg::buffer(site.input(0)),
                Arg::buffer(site.output(0)),
                Arg::some_buffer(self.accumulate.then(|| site.input(1))),
            ],
        )]
    }
}
