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

/// The parameters of an activation, as attributes.
fn parameters(activation: Activation) -> Vec<(&'static str, String)> {
    match activation {
        Activation::LeakyRelu { slope } => vec![("slope", slope.to_string())],
        Activation::Elu { alpha } => vec![("alpha", alpha.to_string())],
        _ => Vec::new(),
    }
}

/// The attribute of an operator that an activation was fused into:
/// `activation=leaky_relu(slope=0.1)`; none for the identity.
pub(crate) fn fused_attribute(activation: Activation) -> Option<(&'static str, String)> {
    let name = activation.name();
    let text = match parameters(activation)[..] {
        [] => name.to_owned(),
        [(ref key, ref value), ..] => format!("{name}({key}={value})"),
    };
    (activation != Activation::Identity).then_some(("activation", text))
}

/// The part of a fused operator's title that names the activation.
pub(crate) fn fused_part(activation: Activation) -> (&'static str, bool) {
    (activation.name(), activation != Activation::Identity)
}

impl Op for Activate {
    fn name(&self) -> &'static str {
        self.activation.name()
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        parameters(self.activation)
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(inputs.to_vec())
    }

    fn gradient(&self, gradients: &mut Gradients<'_>) {
        let activation = self.activation;
        let kept = match activation.derivative_from_output() {
            true => gradients.output(0),
            false => gradients.input(0),
        };
        let d_output = gradients.d_output(0);
        gradients.contribute(0, |accumulate| {
            let op = ActivateBackward {
                activation,
                accumulate,
            };
            (op, vec![kept, d_output])
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

/// Gradient of [`Activate`]: inputs are its output if the derivative follows
/// from that, else its input; then the output's gradient and, if it
/// accumulates, the gradient so far.
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
        fused_attribute(self.activation).into_iter().collect()
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
