//! Residual addition.

use resnet_geometry::Activation;

use super::activate::{fused_attribute, fused_part};
use super::{Mistake, Op, fused_title};
use crate::backward::Gradients;
use crate::diagnostics::Code;
use crate::emit::{Arg, Call, Site};
use crate::graph::Shape;

/// `activation(main + skip)`: input 0 is the main branch, input 1 the skip.
#[derive(Debug)]
pub struct Add {
    /// Applied to the sum.
    pub activation: Activation,
}

impl Op for Add {
    fn name(&self) -> &'static str {
        "add"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        fused_attribute(self.activation).into_iter().collect()
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        if inputs[0] != inputs[1] {
            return Err(Mistake {
                code: Code::BranchShapesDiffer,
                message: format!(
                    "a residual add needs branches of one shape: the main branch is {} and the skip {}",
                    inputs[0], inputs[1]
                ),
                help:
                    "use `shortcut: projection`, or give both branches the same channels and stride"
                        .to_owned(),
            });
        }
        Ok(vec![inputs[0]])
    }

    fn gradient(&self, gradients: &mut Gradients<'_>) {
        debug_assert_eq!(
            self.activation,
            Activation::Identity,
            "only fused for inference"
        );
        let d_output = gradients.d_output(0);
        gradients.pass(0, d_output);
        gradients.pass(1, d_output);
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(0, 0), (1, 0)]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![Call::new(
            "add",
            [
                Arg::buffer(site.input(0)),
                Arg::buffer(site.input(1)),
                Arg::buffer(site.output(0)),
                Arg::activation(self.activation),
            ],
        )]
    }

    fn title(&self) -> String {
        fused_title(&[("add", true), fused_part(self.activation)])
    }
}
