//! Fully connected layer.

use resnet_geometry::{Linear as Sizes, PANEL, round_up};

use super::{Mistake, Op, Region, checked_len};
use crate::backward::Gradients;
use crate::diagnostics::Code;
use crate::emit::{Arg, Call, Site};
use crate::graph::Shape;
use crate::parameter::ParameterId;

/// `weight * x + bias` on one pixel.
#[derive(Debug)]
pub struct Linear {
    /// Features read and written.
    pub sizes: Sizes,
    /// Weight.
    pub weight: ParameterId,
    /// Bias.
    pub bias: Option<ParameterId>,
}

impl Op for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![
            ("features", self.sizes.out_features.to_string()),
            ("bias", self.bias.is_some().to_string()),
        ]
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        let Sizes {
            in_features,
            out_features,
        } = self.sizes;
        if inputs[0] != Shape::vector(in_features) {
            return Err(Mistake {
                code: Code::LinearNeedsPixel,
                message: format!(
                    "a fully connected layer reads one pixel, and its input is {}",
                    inputs[0]
                ),
                help: "add a layer `global_pool: average` before it".to_owned(),
            });
        }
        checked_len("its weight", &[in_features, out_features])?;
        Ok(vec![Shape::vector(out_features)])
    }

    fn gradient(&self, gradients: &mut Gradients<'_>) {
        let Self {
            sizes,
            weight,
            bias,
        } = *self;
        let input = gradients.input(0);
        let d_output = gradients.d_output(0);
        let op = LinearBackwardWeight {
            sizes,
            weight,
            bias,
        };
        if gradients.trains(weight) {
            gradients.push("weight", op, vec![input, d_output]);
        }
        gradients.contribute(0, |accumulate| {
            let op = LinearBackwardInput {
                sizes,
                weight,
                accumulate,
            };
            (op, vec![d_output])
        });
    }

    fn parameters(&self) -> Vec<ParameterId> {
        [self.weight].into_iter().chain(self.bias).collect()
    }

    fn regions(&self) -> Vec<(Region, ParameterId, usize)> {
        let len = self.sizes.as_conv2d().packed_len();
        let bias = round_up(self.sizes.out_features, PANEL);
        vec![
            (Region::Packed, self.weight, len + bias),
            (Region::PackedForward, self.weight, len),
        ]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        let sizes = Arg::linear(self.sizes);
        let (input, output) = (Arg::buffer(site.input(0)), Arg::buffer(site.output(0)));
        let args = if site.is_training() {
            let bias = Arg::some_offset(self.bias.map(|bias| site.parameter(bias)));
            let packed = Arg::offset(site.region(Region::PackedForward, self.weight));
            vec![sizes, input, output, bias, packed]
        } else {
            let packed = Arg::offset(site.region(Region::Packed, self.weight));
            vec![sizes, input, output, packed]
        };
        vec![Call::new("linear", args)]
    }

    fn emit_pack(&self, site: &Site<'_>) -> Vec<Call> {
        let args = [
            Arg::linear(self.sizes),
            Arg::offset(site.parameter(self.weight)),
            Arg::some_offset(self.bias.map(|bias| site.parameter(bias))),
            Arg::offset(site.region(Region::Packed, self.weight)),
        ];
        vec![Call::new("linear", args)]
    }

    fn emit_update(&self, site: &Site<'_>) -> Vec<Call> {
        let backward = site.try_region(Region::PackedBackward, self.weight);
        let args = [
            Arg::linear(self.sizes),
            Arg::offset(site.parameter(self.weight)),
            Arg::offset(site.region(Region::PackedForward, self.weight)),
            Arg::some_offset(backward),
        ];
        if !site.trains(self.weight) {
            return vec![Call::new("pack_linear", args)];
        }
        let bias = self.bias.map(|bias| Call::update_vector(site, bias));
        let update = Call::new("update_linear", args);
        [update].into_iter().chain(bias).collect()
    }

    fn macs(&self, _: Shape) -> u64 {
        (self.sizes.in_features * self.sizes.out_features) as u64
    }
}

/// Gradient of weight and bias: reads the input and the output's gradient.
#[derive(Debug)]
struct LinearBackwardWeight {
    sizes: Sizes,
    weight: ParameterId,
    bias: Option<ParameterId>,
}

impl Op for LinearBackwardWeight {
    fn name(&self) -> &'static str {
        "linear_backward_weight"
    }

    fn infer(&self, _: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(Vec::new())
    }

    fn workspace(&self) -> usize {
        self.sizes.as_conv2d().gradient_workspace_len()
    }

    fn macs(&self, _: Shape) -> u64 {
        (self.sizes.in_features * self.sizes.out_features) as u64
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        let args = [
            Arg::linear(self.sizes),
            Arg::buffer(site.input(0)),
            Arg::buffer(site.input(1)),
            Arg::offset(site.parameter(self.weight)),
            Arg::some_offset(self.bias.map(|bias| site.parameter(bias))),
        ];
        vec![Call::new("linear_backward_weight", args)]
    }
}

/// Gradient of the input: reads the output's gradient and, if it accumulates,
/// the gradient so far.
#[derive(Debug)]
struct LinearBackwardInput {
    sizes: Sizes,
    weight: ParameterId,
    accumulate: bool,
}

impl Op for LinearBackwardInput {
    fn name(&self) -> &'static str {
        "linear_backward_input"
    }

    fn infer(&self, _: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![Shape::vector(self.sizes.in_features)])
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(1, 0)]
    }

    fn regions(&self) -> Vec<(Region, ParameterId, usize)> {
        let len = self.sizes.as_conv2d().packed_backward_len();
        vec![(Region::PackedBackward, self.weight, len)]
    }

    fn macs(&self, _: Shape) -> u64 {
        (self.sizes.in_features * self.sizes.out_features) as u64
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        let args = [
            Arg::linear(self.sizes),
            Arg::buffer(site.input(0)),
            Arg::buffer(site.output(0)),
            Arg::some_buffer(self.accumulate.then(|| site.input(1))),
            Arg::offset(site.region(Region::PackedBackward, self.weight)),
        ];
        vec![Call::new("linear_backward_input", args)]
    }
}
