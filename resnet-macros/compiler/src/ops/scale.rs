//! Channels scaled by numbers that the network computes: squeeze-and-excitation.

use super::{Mistake, Op};
use crate::backward::Gradients;
use crate::diagnostics::Code;
use crate::emit::{Arg, Call, Site};
use crate::graph::Shape;

/// `x * s`: input 0 is the map, input 1 one pixel with a factor for each channel.
#[derive(Debug)]
pub struct Scale;

impl Op for Scale {
    fn name(&self) -> &'static str {
        "scale"
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        let (map, scales) = (inputs[0], inputs[1]);
        if scales != Shape::vector(map.channels) {
            return Err(Mistake {
                code: Code::ScaleShapeDiffers,
                message: format!(
                    "a scaling of {map} needs one factor for each channel, {}, but its second input is {scales}",
                    Shape::vector(map.channels)
                ),
                help: "pool the second input to one pixel, and give it the channels of the first"
                    .to_owned(),
            });
        }
        Ok(vec![map])
    }

    fn gradient(&self, gradients: &mut Gradients<'_>) {
        let (map, scales) = (gradients.input(0), gradients.input(1));
        let d_output = gradients.d_output(0);
        gradients.contribute(0, |accumulate| {
            (ScaleBackward { accumulate }, vec![d_output, scales])
        });
        gradients.contribute(1, |accumulate| {
            (ScaleSums { accumulate }, vec![d_output, map])
        });
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(0, 0)]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![scaling(site, false)]
    }
}

/// A call that scales input 0 by input 1, and adds input 2 if it accumulates.
fn scaling(site: &Site<'_>, accumulate: bool) -> Call {
    Call::new(
        "scale",
        [
            Arg::buffer(site.input(0)),
            Arg::buffer(site.input(1)),
            Arg::buffer(site.output(0)),
            Arg::some_buffer(accumulate.then(|| site.input(2))),
        ],
    )
}

/// Gradient of the map that [`Scale`] scaled: inputs are the output's
/// gradient, the factors and, if it accumulates, the gradient so far.
#[derive(Debug)]
struct ScaleBackward {
    accumulate: bool,
}

impl Op for ScaleBackward {
    fn name(&self) -> &'static str {
        "scale_backward"
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![inputs[0]])
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(0, 0), (2, 0)]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![scaling(site, self.accumulate)]
    }
}

/// Gradient of the factors: inputs are the output's gradient, the map and, if
/// it accumulates, the gradient so far.
#[derive(Debug)]
struct ScaleSums {
    accumulate: bool,
}

impl Op for ScaleSums {
    fn name(&self) -> &'static str {
        "scale_backward_factors"
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![Shape::vector(inputs[0].channels)])
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(2, 0)]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![Call::new(
            "scale_backward_factors",
            [
                Arg::buffer(site.input(0)),
                Arg::buffer(site.input(1)),
                Arg::buffer(site.output(0)),
                Arg::some_buffer(self.accumulate.then(|| site.input(2))),
            ],
        )]
    }
}
