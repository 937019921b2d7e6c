//! What backward computes once more rather than keep.

use std::rc::Rc;

use resnet_geometry::Map;

use super::{Mistake, Op};
use crate::emit::{Call, Site};
use crate::graph::Shape;

/// A forward operator in the backward pass: it computes the same output of the
/// same inputs, owns nothing and changes nothing else.
#[derive(Debug)]
pub struct Again {
    op: Rc<dyn Op>,
}

impl Again {
    /// The operator once more.
    pub fn new(op: &Rc<dyn Op>) -> Self {
        Self {
            op: op.again().unwrap_or_else(|| op.clone()),
        }
    }
}

impl Op for Again {
    fn name(&self) -> &'static str {
        self.op.name()
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = self.op.attributes();
        attributes.push(("recomputed", "true".to_owned()));
        attributes
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        self.op.infer(inputs)
    }

    fn halo(&self, port: usize, input: Shape) -> usize {
        self.op.halo(port, input)
    }

    fn reads_scalars(&self, port: usize) -> bool {
        self.op.reads_scalars(port)
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        self.op.in_place()
    }

    fn scratch(&self, inputs: &[Map]) -> usize {
        self.op.scratch(inputs)
    }

    fn workspace(&self) -> usize {
        self.op.workspace()
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        self.op.emit(site)
    }

    fn title(&self) -> String {
        self.op.title()
    }

    fn algorithm(&self) -> &'static str {
        self.op.algorithm()
    }
}
