//! Two-dimensional convolution, with what fuses into its epilogue.

mod backward;
mod max_pooled;

use std::rc::Rc;

pub(crate) use backward::{BackwardInput, BackwardWeight};
pub use max_pooled::MaxPooled;
use resnet_geometry::{Activation, Algorithm, Conv2d as Sizes, PANEL, round_up};

use super::activate::{fused_attribute, fused_part};
use super::pool2d::window_positions;
use super::{Mistake, Norm, Op, Region, checked_len, fused_title};
use crate::backward::Gradients;
use crate::diagnostics::Code;
use crate::emit::{Arg, Call, Site};
use crate::graph::Shape;
use crate::parameter::ParameterId;

/// `activation(conv(x) + bias + residual)`.
///
/// Inputs are `x` and, once an add is fused, the residual.
#[derive(Clone, Debug)]
pub struct Conv2d {
    /// Channels, kernel, stride and padding.
    pub sizes: Sizes,
    /// Weight.
    pub weight: ParameterId,
    /// Bias of its own.
    pub bias: Option<ParameterId>,
    /// Inference: the batch norm that is folded into weight and bias.
    pub folded: Option<Norm>,
    /// Training: the batch norm whose statistics it computes.
    pub statistics: Option<Norm>,
    /// Input 1 is added before the activation.
    pub residual: bool,
    /// Applied last, but for a pool.
    pub activation: Activation,
    /// Inference: the max pool behind it.
    pub pool: Option<MaxPooled>,
    /// How it is computed.
    pub algorithm: Algorithm,
    /// Whether it is part of a training step, where weights change.
    pub is_training: bool,
}

impl Conv2d {
    /// A convolution with nothing fused into it.
    pub fn new(sizes: Sizes, weight: ParameterId) -> Self {
        Self {
            sizes,
            weight,
            bias: None,
            folded: None,
            statistics: None,
            residual: false,
            activation: Activation::Identity,
            pool: None,
            algorithm: Algorithm::Direct,
            is_training: false,
        }
    }

    fn packed(&self, region: Region) -> (Region, ParameterId, usize) {
        let sizes = self.sizes;
        let bias = match region {
            Region::Packed => round_up(sizes.out_channels, PANEL),
            _ => 0,
        };
        let weights = match self.algorithm.tile() {
            Some(m) if region == Region::Packed => sizes.winograd_packed_len(m),
            _ => sizes.packed_len(),
        };
        (region, self.weight, weights + bias)
    }

    /// What the convolution itself gives, where `output` is what this gives.
    pub fn convolved(&self, output: Shape) -> Shape {
        self.pool.map_or(output, |pool| pool.from)
    }

    /// The seam's functions that run it for inference, and pack it.
    fn method(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Direct => "conv2d",
            Algorithm::Winograd2 => "conv2d_winograd2",
            Algorithm::Winograd4 => "conv2d_winograd4",
        }
    }
}

/// `7x7` for `[7, 7]`.
fn pair([h, w]: [usize; 2]) -> String {
    format!("{h}x{w}")
}

/// Kernel, stride and padding; dilation and groups where there are any.
fn window(sizes: &Sizes) -> Vec<(&'static str, String)> {
    let mut attributes = vec![
        ("kernel", pair(sizes.kernel)),
        ("stride", pair(sizes.stride)),
        ("padding", pair(sizes.padding)),
    ];
    if sizes.dilation != [1, 1] {
        attributes.push(("dilation", pair(sizes.dilation)));
    }
    if sizes.groups != 1 {
        attributes.push(("groups", sizes.groups.to_string()));
    }
    attributes
}

/// The algorithm as an attribute, unless it is the plain one.
fn algorithm(algorithm: Algorithm) -> Option<(&'static str, String)> {
    let tile = algorithm.tile()?;
    Some(("algorithm", format!("winograd{tile}")))
}

impl Op for Conv2d {
    fn name(&self) -> &'static str {
        "conv2d"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = vec![("channels", self.sizes.out_channels.to_string())];
        attributes.extend(window(&self.sizes));
        if self.bias.is_some() {
            attributes.push(("bias", "own".to_owned()));
        }
        if let Some(norm) = &self.folded {
            attributes.push(("folded", format!("batch_norm(epsilon={})", norm.epsilon)));
        }
        if self.statistics.is_some() {
            attributes.push(("statistics", "batch".to_owned()));
        }
        attributes.extend(fused_attribute(self.activation));
        if let Some(pool) = &self.pool {
            let [kernel, stride, padding] =
                [pool.sizes.kernel, pool.sizes.stride, pool.sizes.padding].map(pair);
            let pool = format!("{kernel}(stride={stride},padding={padding})");
            attributes.push(("max_pool", pool));
        }
        attributes.extend(algorithm(self.algorithm));
        attributes
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        let Sizes {
            in_channels,
            out_channels,
            kernel,
            stride,
            padding,
            dilation,
            groups,
        } = self.sizes;
        debug_assert_eq!(inputs[0].channels, in_channels, "lowering counts channels");
        let even = |channels: usize| channels.checked_rem(groups) == Some(0);
        if !even(in_channels) || !even(out_channels) {
            return Err(Mistake {
                code: Code::GroupsDontDivide,
                message: format!(
                    "a convolution of {in_channels} to {out_channels} channels can't have {groups} groups"
                ),
                help: "the number of groups must divide both numbers of channels".to_owned(),
            });
        }
        let what = match dilation {
            [1, 1] => format!("a {} convolution", pair(kernel)),
            _ => format!(
                "a {} convolution dilated by {}",
                pair(kernel),
                pair(dilation)
            ),
        };
        let along = |axis, i: usize, input| {
            window_positions(
                &what,
                axis,
                input,
                self.sizes.reach(i),
                stride[i],
                padding[i],
            )
        };
        let height = along("height", 0, inputs[0].height)?;
        let width = along("width", 1, inputs[0].width)?;
        let weight = [kernel[0], kernel[1], in_channels, out_channels];
        checked_len("its weight", &weight)?;
        let output = Shape::new(out_channels, height, width);
        match self.pool {
            Some(pool) => pool.op().infer(&[output]),
            None => Ok(vec![output]),
        }
    }

    fn gradient(&self, gradients: &mut Gradients<'_>) {
        debug_assert!(
            !self.residual,
            "adds fuse into convolutions only for inference"
        );
        let Self {
            sizes,
            weight,
            bias,
            ..
        } = *self;
        let input = gradients.input(0);
        let shape = gradients.shape(0);
        let d_output = gradients.d_output(0);
        let op = BackwardWeight {
            sizes,
            weight,
            bias,
            algorithm: Algorithm::Direct,
        };
        if gradients.trains(weight) {
            gradients.push("weight", op, vec![input, d_output]);
        }
        gradients.contribute(0, |accumulate| {
            let op = BackwardInput {
                sizes,
                weight,
                input: shape,
                accumulate,
                algorithm: Algorithm::Direct,
            };
            (op, vec![d_output])
        });
    }

    fn again(&self) -> Option<Rc<dyn Op>> {
        Some(Rc::new(Self {
            statistics: None,
            ..self.clone()
        }))
    }

    fn parameters(&self) -> Vec<ParameterId> {
        let folded = self.folded.iter().flat_map(Norm::parameters);
        [self.weight]
            .into_iter()
            .chain(self.bias)
            .chain(folded)
            .collect()
    }

    fn halo(&self, port: usize, _: Shape) -> usize {
        match port {
            0 => self.sizes.padding[0].max(self.sizes.padding[1]),
            _ => 0,
        }
    }

    fn reads_scalars(&self, port: usize) -> bool {
        let narrow = self.sizes.forward_groups().is_narrow();
        let scalars = match self.algorithm {
            Algorithm::Direct => !narrow,
            _ => self.sizes.suits_packed_phases(),
        };
        port == 0 && scalars
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(1, 0)]
    }

    fn scratch(&self, inputs: &[resnet_geometry::Map]) -> usize {
        if self.statistics.is_none() {
            return 0;
        }
        let shape = Shape::new(inputs[0].channels, inputs[0].height, inputs[0].width);
        let output = self.infer(&[shape]).map(|shapes| shapes[0]);
        output.map_or(
            0,
            |Shape {
                 channels,
                 height,
                 width,
             }| {
                resnet_geometry::Map::new(channels, height, width).reduction_scratch()
            },
        )
    }

    fn workspace(&self) -> usize {
        let tile = self.algorithm.tile();
        if let Some(MaxPooled { sizes, from }) = &self.pool {
            return self.sizes.max_pooled_workspace_len(tile, sizes, from.width);
        }
        tile.map_or(0, |m| match self.is_training {
            false => self.sizes.winograd_workspace_len(m),
            true => self.sizes.winograd_training_workspace_len(m),
        })
    }

    fn regions(&self) -> Vec<(Region, ParameterId, usize)> {
        vec![
            self.packed(Region::Packed),
            self.packed(Region::PackedForward),
        ]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        let sizes = Arg::conv2d(self.sizes);
        let (input, output) = (Arg::buffer(site.input(0)), Arg::buffer(site.output(0)));
        if let Some(pool) = &self.pool {
            let packed = Arg::offset(site.region(Region::Packed, self.weight));
            let activation = Arg::activation(self.activation);
            let pool = Arg::pool2d(pool.sizes);
            let args = [sizes, pool, input, output, activation, packed];
            return vec![Call::new(MaxPooled::method(self.algorithm), args)];
        }
        if !site.is_training() {
            let residual = Arg::some_buffer(self.residual.then(|| site.input(1)));
            let packed = Arg::offset(site.region(Region::Packed, self.weight));
            let activation = Arg::activation(self.activation);
            let args = [sizes, input, output, residual, activation, packed];
            let method = match self.algorithm {
                Algorithm::Direct if self.sizes.forward_groups().is_narrow() => "conv2d_narrow",
                _ => self.method(),
            };
            return vec![Call::new(method, args)];
        }
        let packed = Arg::offset(site.region(Region::PackedForward, self.weight));
        let algorithm = Arg::algorithm(self.algorithm);
        let Some(norm) = &self.statistics else {
            let bias = Arg::some_offset(self.bias.map(|bias| site.parameter(bias)));
            return vec![Call::new(
                "conv2d",
                [sizes, input, output, bias, packed, algorithm],
            )];
        };
        let saved = Arg::offset(site.region(Region::Saved, norm.weight));
        let scratch = Arg::offset(site.scratch());
        let epsilon = Arg::number(norm.epsilon);
        let args = [
            sizes, input, output, packed, saved, scratch, epsilon, algorithm,
        ];
        vec![Call::new("conv2d_statistics", args)]
    }

    fn emit_pack(&self, site: &Site<'_>) -> Vec<Call> {
        let norm = self.folded.as_ref();
        let args = [
            Arg::conv2d(self.sizes),
            Arg::offset(site.parameter(self.weight)),
            Arg::some_offset(self.bias.map(|bias| site.parameter(bias))),
            Arg::some_norm(norm.map(|norm| Arg::norm(site, norm))),
            Arg::offset(site.region(Region::Packed, self.weight)),
        ];
        vec![Call::new(self.method(), args)]
    }

    fn emit_update(&self, site: &Site<'_>) -> Vec<Call> {
        let backward = site.try_region(Region::PackedBackward, self.weight);
        let args = [
            Arg::conv2d(self.sizes),
            Arg::offset(site.parameter(self.weight)),
            Arg::offset(site.region(Region::PackedForward, self.weight)),
            Arg::some_offset(backward),
        ];
        if !site.trains(self.weight) {
            return vec![Call::new("pack_conv2d", args)];
        }
        let bias = self.bias.map(|bias| Call::update_vector(site, bias));
        let update = Call::new("update_conv2d", args);
        [update].into_iter().chain(bias).collect()
    }

    fn title(&self) -> String {
        let conv = format!("conv2d {}", pair(self.sizes.kernel));
        let pool = self.pool.map_or(String::new(), |pool| pool.op().title());
        fused_title(&[
            (&conv, true),
            ("batch_norm", self.folded.is_some()),
            ("statistics", self.statistics.is_some()),
            ("add", self.residual),
            fused_part(self.activation),
            (&pool, self.pool.is_some()),
        ])
    }

    fn macs(&self, output: Shape) -> u64 {
        let output = self.convolved(output);
        let pixels = (output.height * output.width) as u64;
        pixels * (self.sizes.taps() * self.sizes.out_channels) as u64
    }

    fn algorithm(&self) -> &'static str {
        self.sizes.algorithm_name(self.algorithm)
    }
}
