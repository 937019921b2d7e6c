//! Shortcut A: every stride-th pixel, further channels zero (He et al. 2015, section 4.2).

use super::{Mistake, Op};
use crate::backward::Gradients;
use crate::diagnostics::Code;
use crate::emit::{Arg, Call, Site};
use crate::graph::Shape;

/// Keeps every `stride`-th pixel and appends channels of zeros.
#[derive(Debug)]
pub struct Subsample {
    /// Pixels from one kept pixel to the next, vertically and horizontally.
    pub stride: [usize; 2],
    /// Channels of the output, at least those of the input.
    pub out_channels: usize,
}

impl Op for Subsample {
    fn name(&self) -> &'static str {
        "subsample"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let [h, w] = self.stride;
        vec![
            ("stride", format!("{h}x{w}")),
            ("channels", self.out_channels.to_string()),
        ]
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        let input = inputs[0];
        if self.out_channels < input.channels {
            return Err(Mistake {
                code: Code::IdentityReducesChannels,
                message: format!(
                    "an identity shortcut can add channels of zeros but not drop any: the block reads {} channels and writes {}",
                    input.channels, self.out_channels
                ),
                help: "use `shortcut: projection`, or don't let the stage have fewer channels than the one before"
                    .to_owned(),
            });
        }
        Ok(vec![Shape::new(
            self.out_channels,
            input.height.div_ceil(self.stride[0]),
            input.width.div_ceil(self.stride[1]),
        )])
    }

    fn gradient(&self, gradients: &mut Gradients<'_>) {
        let input = gradients.shape(0);
        let d_output = gradients.d_output(0);
        let stride = self.stride;
        gradients.contribute(0, |accumulate| {
            let op = SubsampleBackward {
                stride,
                input,
                accumulate,
            };
            (op, vec![d_output])
        });
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![Call::new(
            "subsample",
            [
                Arg::pair(self.stride),
                Arg::buffer(site.input(0)),
                Arg::buffer(site.output(0)),
            ],
        )]
    }
}

/// Gradient of [`Subsample`]: inputs are the output's gradient and, if it
/// accumulates, the gradient so far.
#[derive(Debug)]
struct SubsampleBackward {
    stride: [usize; 2],
    input: Shape,
    accumulate: bool,
}

impl Op for SubsampleBackward {
    fn name(&self) -> &'static str {
        "subsample_backward"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let [h, w] = self.stride;
        vec![("stride", format!("{h}x{w}"))]
    }

    fn infer(&self, _: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![self.input])
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(1, 0)]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![Call::new(
            "subsample_backward",
            [
                Arg::pair(self.stride),
                Arg::buffer(site.input(0)),
                Arg::buffer(site.output(0)),
                Arg::some_buffer(self.accumulate.then(|| site.input(1))),
            ],
        )]
    }
}
