//! Gradients of a convolution.

use resnet_geometry::{Algorithm, Conv2d as Sizes};

use super::{algorithm, window};
use crate::emit::{Arg, Call, Site};
use crate::graph::Shape;
use crate::ops::{Mistake, Op, Region};
use crate::parameter::ParameterId;

/// Gradient of the weight (and bias): reads the input and the output's gradient.
#[derive(Clone, Debug)]
pub(crate) struct BackwardWeight {
    pub(crate) sizes: Sizes,
    pub(super) weight: ParameterId,
    pub(crate) bias: Option<ParameterId>,
    /// How it is computed.
    pub(super) algorithm: Algorithm,
}

impl BackwardWeight {
    /// The same, computed otherwise.
    pub(crate) fn by(&self, algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            ..self.clone()
        }
    }
}

impl Op for BackwardWeight {
    fn name(&self) -> &'static str {
        "conv2d_backward_weight"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = window(&self.sizes);
        attributes.extend(algorithm(self.algorithm));
        attributes
    }

    fn infer(&self, _: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(Vec::new())
    }

    fn halo(&self, port: usize, _: Shape) -> usize {
        match port {
            0 => self.sizes.padding[0].max(self.sizes.padding[1]),
            // Where the last tile is cut off, zeros stand beside the map.
            _ => usize::from(self.algorithm != Algorithm::Direct),
        }
    }

    fn reads_scalars(&self, port: usize) -> bool {
        port == 0
            && self.algorithm == Algorithm::Direct
            && !self.sizes.forward_groups().is_depthwise()
    }

    fn workspace(&self) -> usize {
        match self.algorithm.tile() {
            None => self.sizes.gradient_workspace_len(),
            Some(m) => self.sizes.winograd_gradient_workspace_len(m),
        }
    }

    fn macs(&self, d_output: Shape) -> u64 {
        macs(&self.sizes, [d_output.height, d_output.width])
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        let args = [
            Arg::conv2d(self.sizes),
            Arg::buffer(site.input(0)),
            Arg::buffer(site.input(1)),
            Arg::offset(site.parameter(self.weight)),
            Arg::some_offset(self.bias.map(|bias| site.parameter(bias))),
            Arg::algorithm(self.algorithm),
        ];
        vec![Call::new("conv2d_backward_weight", args)]
    }
}

/// Gradient of the input: reads the output's gradient and, if it accumulates,
/// the gradient so far.
#[derive(Clone, Debug)]
pub(crate) struct BackwardInput {
    pub(crate) sizes: Sizes,
    pub(super) weight: ParameterId,
    pub(crate) input: Shape,
    pub(super) accumulate: bool,
    /// How the convolution that it is gets computed.
    pub(super) algorithm: Algorithm,
}

impl BackwardInput {
    /// The same, computed otherwise.
    pub(crate) fn by(&self, algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            ..self.clone()
        }
    }
}

impl Op for BackwardInput {
    fn name(&self) -> &'static str {
        "conv2d_backward_input"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = window(&self.sizes);
        attributes.extend(algorithm(self.algorithm));
        attributes
    }

    fn infer(&self, _: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![self.input])
    }

    fn halo(&self, port: usize, d_output: Shape) -> usize {
        if port != 0 {
            return 0;
        }
        let input = [self.input.height, self.input.width];
        let d_output = [d_output.height, d_output.width];
        (0..2)
            .map(|axis| self.sizes.backward_halo(axis, input[axis], d_output[axis]))
            .max()
            .unwrap_or(0)
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(1, 0)]
    }

    fn workspace(&self) -> usize {
        let sizes = self.sizes.transposed();
        let tile = self.algorithm.tile();
        tile.map_or(0, |m| sizes.winograd_training_workspace_len(m))
    }

    fn regions(&self) -> Vec<(Region, ParameterId, usize)> {
        let len = self.sizes.packed_backward_len();
        vec![(Region::PackedBackward, self.weight, len)]
    }

    fn macs(&self, d_input: Shape) -> u64 {
        let Sizes {
            padding, stride, ..
        } = self.sizes;
        let along = |axis: usize, input: usize| {
            (input + 2 * padding[axis] - self.sizes.reach(axis)) / stride[axis] + 1
        };
        macs(
            &self.sizes,
            [along(0, d_input.height), along(1, d_input.width)],
        )
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        let args = [
            Arg::conv2d(self.sizes),
            Arg::buffer(site.input(0)),
            Arg::buffer(site.output(0)),
            Arg::some_buffer(self.accumulate.then(|| site.input(1))),
            Arg::offset(site.region(Region::PackedBackward, self.weight)),
            Arg::algorithm(self.algorithm),
        ];
        vec![Call::new("conv2d_backward_input", args)]
    }
}

/// Multiply-adds of a gradient: as many as of the output.
fn macs(sizes: &Sizes, [height, width]: [usize; 2]) -> u64 {
    (height * width) as u64 * (sizes.taps() * sizes.out_channels) as u64
}
