//! Batch normalisation by fixed statistics: what a frozen batch norm is while
//! the layers around it are trained.

use resnet_geometry::{CHANNEL_BLOCK, round_up};

use super::{Mistake, Norm, Op, Region};
use crate::backward::Gradients;
use crate::emit::{Arg, Call, Site};
use crate::graph::Shape;
use crate::parameter::ParameterId;

/// `norm(x)` with the running statistics, which stay as they are.
#[derive(Debug)]
pub struct FixedNorm {
    /// Parameters and options; momentum means nothing here.
    pub norm: Norm,
}

impl Op for FixedNorm {
    fn name(&self) -> &'static str {
        "fixed_norm"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![("epsilon", self.norm.epsilon.to_string())]
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![inputs[0]])
    }

    fn gradient(&self, gradients: &mut Gradients<'_>) {
        let d_output = gradients.d_output(0);
        let norm = self.norm;
        gradients.contribute(0, |accumulate| {
            let op = FixedNormBackward { norm, accumulate };
            (op, vec![d_output])
        });
    }

    fn parameters(&self) -> Vec<ParameterId> {
        self.norm.parameters().to_vec()
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(0, 0)]
    }

    fn regions(&self) -> Vec<(Region, ParameterId, usize)> {
        // Mean, `1 / sqrt(var + epsilon)`, and the zeros that stand for mean
        // and shift in backward.
        let len = 3 * round_up(self.norm.channels, CHANNEL_BLOCK);
        vec![(Region::Saved, self.norm.weight, len)]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        let args = [
            Arg::norm(site, &self.norm),
            saved(site, &self.norm),
            Arg::buffer(site.input(0)),
            Arg::buffer(site.output(0)),
        ];
        vec![Call::new("fixed_norm", args)]
    }

    fn emit_update(&self, site: &Site<'_>) -> Vec<Call> {
        let args = [
            Arg::norm(site, &self.norm),
            saved(site, &self.norm),
            Arg::count(self.norm.channels),
        ];
        vec![Call::new("fix_norm", args)]
    }
}

/// Gradient of [`FixedNorm`]: inputs are the output's gradient and, if it
/// accumulates, the gradient so far.
#[derive(Debug)]
struct FixedNormBackward {
    norm: Norm,
    accumulate: bool,
}

impl Op for FixedNormBackward {
    fn name(&self) -> &'static str {
        "fixed_norm_backward"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![("epsilon", self.norm.epsilon.to_string())]
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![inputs[0]])
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(0, 0), (1, 0)]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        let args = [
            Arg::norm(site, &self.norm),
            saved(site, &self.norm),
            Arg::buffer(site.input(0)),
            Arg::buffer(site.output(0)),
            Arg::some_buffer(self.accumulate.then(|| site.input(1))),
        ];
        vec![Call::new("fixed_norm_backward", args)]
    }
}

/// Where the fixed statistics lie.
fn saved(site: &Site<'_>, norm: &Norm) -> Arg {
    Arg::offset(site.region(Region::Saved, norm.weight))
}
