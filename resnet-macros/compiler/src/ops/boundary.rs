//! Where images come in, outputs go out, and the outputs' gradient comes in.

use super::{Mistake, Op};
use crate::backward::Gradients;
use crate::emit::{Arg, Call, Site};
use crate::graph::Shape;

/// The images, as the user gives them (NCHW).
#[derive(Debug)]
pub struct Input {
    /// Shape of one image.
    pub shape: Shape,
}

impl Op for Input {
    fn name(&self) -> &'static str {
        "input"
    }

    fn infer(&self, _: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![self.shape])
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![Call::new("input", [Arg::buffer(site.output(0))])]
    }
}

/// The outputs, as the user gets them.
#[derive(Debug)]
pub struct Output;

impl Op for Output {
    fn name(&self) -> &'static str {
        "output"
    }

    fn infer(&self, _: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(Vec::new())
    }

    fn gradient(&self, gradients: &mut Gradients<'_>) {
        let channels = gradients.shape(0).channels;
        gradients.contribute(0, |_| (OutputGradient { channels }, Vec::new()));
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![Call::new("output", [Arg::buffer(site.input(0))])]
    }
}

/// The gradient of the outputs, as the user gives it.
#[derive(Debug)]
pub struct OutputGradient {
    /// Values in one image's outputs.
    pub channels: usize,
}

impl Op for OutputGradient {
    fn name(&self) -> &'static str {
        "d_output"
    }

    fn infer(&self, _: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![Shape::vector(self.channels)])
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![Call::new("d_output", [Arg::buffer(site.output(0))])]
    }
}
