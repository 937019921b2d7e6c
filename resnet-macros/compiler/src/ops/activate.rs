//! Activation on its own, where no epilogue could take it.

use resnet_geometry::Activation;

use super::{Mistake, Op};
use crate::backward::Gradients;
use crate::emit::{Arg, Call, Site};
use crate::graph::Shape;

/// `activation(x)`.
#[derive(Debug)]
pub struct Activate {
    /// Which function.
    pub activation: Activation,
}

/// An activation in the text form.
pub(crate) fn name(activation: Activation) -> &'static str {
    match activation {
        Activation::Identity => "identity",
        Activation::Relu => "relu",
    }
}

impl Op for Activate {
    fn name(&self) -> &'static str {
        name(self.activation)
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(inputs.to_vec())
    }

    fn gradient(&self, gradients: &mut Gradients<'_>) {
        let output = gradients.output(0);
        let d_output = gradients.d_output(0);
        let activation = self.activation;
        gradients.contribute(0, |accumulate| {
            let op = ActivateBackward {
                activation,
                accumulate,
            };
            (op, vec![output, d_output])
        });
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(0, 0)]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![Call::new(
            "activate",
            [
                Arg::activation(self.activation),
                Arg::buffer(site.input(0)),
                Arg::buffer(site.output(0)),
            ],
        )]
    }
}

/// Gradient of [`Activate`]: inputs are its output, the output's gradient and,
/// if it accumulates, the gradient so far.
#[derive(Debug)]
struct ActivateBackward {
    activation: Activation,
    accumulate: bool,
}

impl Op for ActivateBackward {
    fn name(&self) -> &'static str {
        "activate_backward"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![("activation", name(self.activation).to_owned())]
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![inputs[0]])
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(1, 0), (2, 0)]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![Call::new(
            "activate_backward",
            [
                Arg::activation(self.activation),
                Arg::buffer(site.input(0)),
                Arg::buffer(site.input(1)),
                Arg::buffer(site.output(0)),
                Arg::some_buffer(self.accumulate.then(|| site.input(2))),
            ],
        )]
    }
}
