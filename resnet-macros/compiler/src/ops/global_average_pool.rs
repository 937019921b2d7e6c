//! The mean over all pixels.

use super::{Mistake, Op};
use crate::backward::Gradients;
use crate::emit::{Arg, Call, Site};
use crate::graph::Shape;

/// One pixel: the mean of each channel.
#[derive(Debug)]
pub struct GlobalAveragePool;

impl Op for GlobalAveragePool {
    fn name(&self) -> &'static str {
        "global_average_pool"
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![Shape::vector(inputs[0].channels)])
    }

    fn gradient(&self, gradients: &mut Gradients<'_>) {
        let input = gradients.shape(0);
        let d_output = gradients.d_output(0);
        gradients.contribute(0, |accumulate| {
            (Backward { input, accumulate }, vec![d_output])
        });
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![Call::new(
            "global_average_pool",
            [Arg::buffer(site.input(0)), Arg::buffer(site.output(0))],
        )]
    }
}

/// Gradient of [`GlobalAveragePool`]: inputs are the output's gradient and, if
/// it accumulates, the gradient so far.
#[derive(Debug)]
struct Backward {
    input: Shape,
    accumulate: bool,
}

impl Op for Backward {
    fn name(&self) -> &'static str {
        "global_average_pool_backward"
    }

    fn infer(&self, _: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![self.input])
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(1, 0)]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![Call::new(
            "global_average_pool_backward",
            [
                Arg::buffer(site.input(0)),
                Arg::buffer(site.output(0)),
                Arg::some_buffer(self.accumulate.then(|| site.input(1))),
            ],
        )]
    }
}
