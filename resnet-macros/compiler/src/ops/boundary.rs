//! Where images come in, outputs go out, and the outputs' gradients come in.

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

/// One of the outputs, as the user gets it (NCHW): a vector or a map. The
/// first that was added is what `forward` returns; see
/// [`outputs`](crate::outputs).
#[derive(Debug)]
pub struct Output {
    /// Its name, which no other output has.
    pub name: String,
}

impl Output {
    /// An output of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

impl Op for Output {
    fn name(&self) -> &'static str {
        "output"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![("name", self.name.clone())]
    }

    fn infer(&self, _: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(Vec::new())
    }

    fn gradient(&self, gradients: &mut Gradients<'_>) {
        let shape = gradients.shape(0);
        gradients.contribute(0, |accumulate| {
            let name = self.name.clone();
            let gradient = OutputGradient {
                name,
                shape,
                accumulate,
            };
            (gradient, Vec::new())
        });
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        let args = [
            Arg::buffer(site.input(0)),
            Arg::offset(site.output_offset()),
        ];
        vec![Call::new("output", args)]
    }
}

/// The gradient of an output, as the user gives it; reads the gradient so far
/// of the same value, if it accumulates.
#[derive(Debug)]
pub struct OutputGradient {
    /// Name of the output.
    pub name: String,
    /// Shape of the output.
    pub shape: Shape,
    /// Whether the value has other readers whose gradient is there already.
    pub accumulate: bool,
}

impl Op for OutputGradient {
    fn name(&self) -> &'static str {
        "d_output"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![("name", self.name.clone())]
    }

    fn infer(&self, _: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![self.shape])
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(0, 0)]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        let args = [
            Arg::text(&self.name),
            Arg::buffer(site.output(0)),
            Arg::some_buffer(self.accumulate.then(|| site.input(0))),
        ];
        vec![Call::new("d_output", args)]
    }
}
