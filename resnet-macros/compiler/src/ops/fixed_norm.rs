//! Batch normalisation by fixed statistics: what a frozen batch norm is while
//! the layers around it are trained, and in inference one that no convolution
//! could take.

use resnet_geometry::{Activation, CHANNEL_BLOCK, PANEL, round_up};

use super::activate::{fused_attribute, fused_part};
use super::{Mistake, Norm, Op, Region, fused_title};
use crate::backward::Gradients;
use crate::emit::{Arg, Call, Site};
use crate::graph::Shape;
use crate::parameter::ParameterId;

/// `activation(norm(x))` with the running statistics, which stay as they are.
#[derive(Clone, Debug)]
pub struct FixedNorm {
    /// Parameters and options; momentum means nothing here.
    pub norm: Norm,
    /// Applied last; fused only for inference.
    pub activation: Activation,
}

impl FixedNorm {
    /// A norm with nothing fused into it.
    pub fn new(norm: Norm) -> Self {
        let activation = Activation::Identity;
        Self { norm, activation }
    }
}

impl Op for FixedNorm {
    fn name(&self) -> &'static str {
        "fixed_norm"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let epsilon = ("epsilon", self.norm.epsilon.to_string());
        let activation = fused_attribute(self.activation);
        [epsilon].into_iter().chain(activation).collect()
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
        let len = round_up(self.norm.channels, CHANNEL_BLOCK);
        vec![
            // Scale, shift, mean and `1 / sqrt(var + epsilon)`.
            (Region::Packed, self.norm.weight, round_up(4 * len, PANEL)),
            // Mean, `1 / sqrt(var + epsilon)`, and the zeros that stand for
            // mean and shift in backward.
            (Region::Saved, self.norm.weight, 3 * len),
        ]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        let (input, output) = (Arg::buffer(site.input(0)), Arg::buffer(site.output(0)));
        if site.is_training() {
            debug_assert_eq!(self.activation, Activation::Identity, "for inference");
            let norm = Arg::norm(site, &self.norm);
            let args = [norm, saved(site, &self.norm), input, output];
            return vec![Call::new("fixed_norm", args)];
        }
        let activation = Arg::activation(self.activation);
        let packed = Arg::offset(site.region(Region::Packed, self.norm.weight));
        let args = [input, output, activation, packed];
        vec![Call::new("fixed_norm", args)]
    }

    fn emit_pack(&self, site: &Site<'_>) -> Vec<Call> {
        let args = [
            Arg::norm(site, &self.norm),
            Arg::count(self.norm.channels),
            Arg::offset(site.region(Region::Packed, self.norm.weight)),
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

    fn title(&self) -> String {
        fused_title(&[("batch_norm", true), fused_part(self.activation)])
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
