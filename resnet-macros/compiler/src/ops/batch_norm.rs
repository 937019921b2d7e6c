//! Batch normalisation (Ioffe & Szegedy 2015), with what fuses into its sweeps.

use std::rc::Rc;

use resnet_geometry::{Activation, CHANNEL_BLOCK, Map, round_up};

use super::activate::{fused_attribute, fused_part};
use super::{Mistake, Op, Region, fused_title};
use crate::backward::Gradients;
use crate::emit::{Arg, Call, Site};
use crate::graph::Shape;
use crate::parameter::ParameterId;

/// Parameters and options of a batch norm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Norm {
    /// Scale.
    pub weight: ParameterId,
    /// Shift.
    pub bias: ParameterId,
    /// Running mean.
    pub running_mean: ParameterId,
    /// Running variance.
    pub running_var: ParameterId,
    /// Added to the variance.
    pub epsilon: f64,
    /// Share of the batch in the new running statistics.
    pub momentum: f64,
    /// Channels.
    pub channels: usize,
}

impl Norm {
    /// All four parameters.
    pub fn parameters(&self) -> [ParameterId; 4] {
        [self.weight, self.bias, self.running_mean, self.running_var]
    }

    /// Elements kept from forward to backward: mean and `1 / sqrt(var + epsilon)`.
    pub fn saved(&self) -> (Region, ParameterId, usize) {
        let len = 2 * round_up(self.channels, CHANNEL_BLOCK);
        (Region::Saved, self.weight, len)
    }
}

/// `activation(norm(x) + residual)` with the statistics of the batch.
///
/// Inputs are `x` and, once an add is fused, the residual.
#[derive(Clone, Debug)]
pub struct BatchNorm {
    /// Parameters and options.
    pub norm: Norm,
    /// The convolution before it computes the statistics while its rows are hot.
    pub statistics_in_conv: bool,
    /// It runs once more in backward: the statistics are there, and the running
    /// ones have followed them.
    pub again: bool,
    /// Input 1 is added before the activation.
    pub residual: bool,
    /// Applied last.
    pub activation: Activation,
}

impl BatchNorm {
    /// A batch norm with nothing fused into it.
    pub fn new(norm: Norm) -> Self {
        Self {
            norm,
            statistics_in_conv: false,
            again: false,
            residual: false,
            activation: Activation::Identity,
        }
    }
}

impl Op for BatchNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = vec![
            ("epsilon", self.norm.epsilon.to_string()),
            ("momentum", self.norm.momentum.to_string()),
        ];
        attributes.extend(fused_attribute(self.activation));
        if self.statistics_in_conv {
            attributes.push(("statistics", "conv".to_owned()));
        }
        attributes
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![inputs[0]])
    }

    fn gradient(&self, gradients: &mut Gradients<'_>) {
        let mut inputs = vec![gradients.d_output(0), gradients.input(0)];
        if self.activation != Activation::Identity {
            inputs.push(gradients.output(0));
        }
        let op = BatchNormBackward {
            norm: self.norm,
            activation: self.activation,
            residual: self.residual,
        };
        let d_input = gradients.push("", op, inputs);
        gradients.pass(0, d_input);
        if self.residual {
            let d_residual = crate::graph::Value { port: 1, ..d_input };
            gradients.pass(1, d_residual);
        }
    }

    fn again(&self) -> Option<Rc<dyn Op>> {
        Some(Rc::new(Self {
            again: true,
            ..self.clone()
        }))
    }

    fn parameters(&self) -> Vec<ParameterId> {
        self.norm.parameters().to_vec()
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(1, 0)]
    }

    fn scratch(&self, inputs: &[Map]) -> usize {
        if self.statistics_in_conv || self.again {
            0
        } else {
            inputs[0].reduction_scratch()
        }
    }

    fn reads(&self, inputs: &[Map], _: &[Map]) -> usize {
        let again = usize::from(!self.statistics_in_conv);
        inputs.iter().map(Map::len).sum::<usize>() + again * inputs[0].len()
    }

    fn regions(&self) -> Vec<(Region, ParameterId, usize)> {
        vec![self.norm.saved()]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        let saved = Arg::offset(site.region(Region::Saved, self.norm.weight));
        let mut calls = Vec::new();
        if !self.statistics_in_conv && !self.again {
            calls.push(Call::new(
                "batch_norm_statistics",
                [
                    Arg::buffer(site.input(0)),
                    saved.clone(),
                    Arg::offset(site.scratch()),
                    Arg::number(self.norm.epsilon),
                ],
            ));
        }
        let method = match self.again {
            false => "batch_norm",
            true => "batch_norm_again",
        };
        calls.push(Call::new(
            method,
            [
                Arg::norm(site, &self.norm),
                saved,
                Arg::buffer(site.input(0)),
                Arg::some_buffer(self.residual.then(|| site.input(1))),
                Arg::buffer(site.output(0)),
                Arg::activation(self.activation),
            ],
        ));
        calls
    }

    fn emit_update(&self, site: &Site<'_>) -> Vec<Call> {
        [self.norm.weight, self.norm.bias]
            .map(|id| Call::update_vector(site, id))
            .to_vec()
    }

    fn title(&self) -> String {
        fused_title(&[
            ("batch_norm", true),
            ("add", self.residual),
            fused_part(self.activation),
        ])
    }
}

/// Gradient of [`BatchNorm`]: reads the output's gradient, the input and, if an
/// activation followed, the output; gives the input's gradient, and the
/// residual's, which is the output's gradient times the activation's derivative.
#[derive(Debug)]
struct BatchNormBackward {
    norm: Norm,
    activation: Activation,
    residual: bool,
}

impl Op for BatchNormBackward {
    fn name(&self) -> &'static str {
        "batch_norm_backward"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let epsilon = ("epsilon", self.norm.epsilon.to_string());
        let activation = fused_attribute(self.activation);
        [epsilon].into_iter().chain(activation).collect()
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        let outputs = if self.residual { 2 } else { 1 };
        Ok(vec![inputs[0]; outputs])
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        if self.residual { &[(0, 1)] } else { &[(0, 0)] }
    }

    fn scratch(&self, inputs: &[Map]) -> usize {
        inputs[1].reduction_scratch()
    }

    fn reads(&self, inputs: &[Map], outputs: &[Map]) -> usize {
        let (first, output) = (inputs[0].len() + inputs[1].len(), inputs.get(2));
        let output = output.map_or(0, Map::len);
        match (self.residual, self.activation) {
            // What was masked is kept for the second sweep.
            (true, _) => first + output + inputs[1].len() + outputs[1].len(),
            // The input tells where a ReLU passed.
            (false, Activation::Identity | Activation::Relu) => 2 * first,
            (false, _) => first + output + inputs[1].len() + outputs[0].len(),
        }
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        // Where nothing was added, the norm itself tells where a ReLU passed.
        let reads_output = match self.activation {
            Activation::Identity => false,
            Activation::Relu => self.residual,
            _ => true,
        };
        let output = reads_output.then(|| site.input(2));
        vec![Call::new(
            "batch_norm_backward",
            [
                Arg::norm(site, &self.norm),
                Arg::offset(site.region(Region::Saved, self.norm.weight)),
                Arg::offset(site.scratch()),
                Arg::activation(self.activation),
                Arg::buffer(site.input(1)),
                Arg::some_buffer(output),
                Arg::buffer(site.input(0)),
                Arg::buffer(site.output(0)),
                Arg::some_buffer(self.residual.then(|| site.output(1))),
            ],
        )]
    }
}
