//! Regularisation by chance, in training alone: dropout and stochastic depth.
//!
//! Which values are dropped follows from the trainer's seed, the step, the
//! layer's stream number and the value's place; backward finds it out again
//! rather than keep a mask. Inference removes these operators
//! (`drop_regularisation`).

use super::{Mistake, Op};
use crate::backward::Gradients;
use crate::diagnostics::Code;
use crate::emit::{Arg, Call, Site};
use crate::graph::Shape;

/// Drops each value with a probability of `rate` and divides the others by
/// `1 - rate`; PyTorch's `dropout`.
#[derive(Clone, Debug)]
pub struct Dropout {
    /// Probability of being dropped, 0 to below 1.
    pub rate: f64,
    /// Tells the layer's draws from those of others; one number a layer,
    /// below 2^32.
    pub stream: usize,
}

/// Drops the whole map of an image with a probability of `rate` and divides
/// the others by `1 - rate`; timm's `drop_path` (Huang et al. 2016, "Deep
/// Networks with Stochastic Depth").
#[derive(Clone, Debug)]
pub struct DropPath {
    /// Probability of being dropped, 0 to below 1.
    pub rate: f64,
    /// Tells the layer's draws from those of others; one number a layer,
    /// below 2^32.
    pub stream: usize,
}

/// What both have in common.
#[derive(Clone, Copy, Debug)]
struct Drop {
    name: &'static str,
    rate: f64,
    stream: usize,
}

impl Drop {
    fn attributes(self) -> Vec<(&'static str, String)> {
        vec![
            ("rate", self.rate.to_string()),
            ("stream", self.stream.to_string()),
        ]
    }

    fn infer(self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        if !(0.0..1.0).contains(&self.rate) {
            return Err(Mistake {
                code: Code::OutOfRange,
                message: format!("{} has a rate of {}", self.name, self.rate),
                help: "use a rate from 0 to below 1".to_owned(),
            });
        }
        Ok(inputs.to_vec())
    }

    fn gradient(self, gradients: &mut Gradients<'_>) {
        let d_output = gradients.d_output(0);
        gradients.contribute(0, |accumulate| {
            let op = DropBackward {
                drop: self,
                accumulate,
            };
            (op, vec![d_output])
        });
    }

    /// The rate goes as a share of 2^32, which a draw is compared with; like
    /// the stream it may differ between otherwise identical blocks.
    fn emit(self, site: &Site<'_>, accumulate: bool) -> Vec<Call> {
        let share = (self.rate * 2f64.powi(32)).round() as usize;
        vec![Call::new(
            self.name,
            [
                Arg::offset(share.min(u32::MAX as usize)),
                Arg::offset(self.stream),
                Arg::buffer(site.input(0)),
                Arg::buffer(site.output(0)),
                Arg::some_buffer(accumulate.then(|| site.input(1))),
            ],
        )]
    }
}

/// An operator of this module in terms of [`Drop`].
macro_rules! drop_op {
    ($name:ident, $text:literal) => {
        impl $name {
            fn drop(&self) -> Drop {
                Drop {
                    name: $text,
                    rate: self.rate,
                    stream: self.stream,
                }
            }
        }

        impl Op for $name {
            fn name(&self) -> &'static str {
                $text
            }

            fn attributes(&self) -> Vec<(&'static str, String)> {
                self.drop().attributes()
            }

            fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
                self.drop().infer(inputs)
            }

            fn gradient(&self, gradients: &mut Gradients<'_>) {
                self.drop().gradient(gradients);
            }

            fn in_place(&self) -> &'static [(usize, usize)] {
                &[(0, 0)]
            }

            fn emit(&self, site: &Site<'_>) -> Vec<Call> {
                self.drop().emit(site, false)
            }
        }
    };
}

drop_op!(Dropout, "dropout");
drop_op!(DropPath, "drop_path");

/// Gradient of either: what was kept is scaled again. Inputs are the output's
/// gradient and, if it accumulates, the gradient so far.
#[derive(Debug)]
struct DropBackward {
    drop: Drop,
    accumulate: bool,
}

impl Op for DropBackward {
    fn name(&self) -> &'static str {
        "drop_backward"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        self.drop.attributes()
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![inputs[0]])
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(0, 0), (1, 0)]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        self.drop.emit(site, self.accumulate)
    }
}
