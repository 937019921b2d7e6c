//! Maximum and average over windows.

use resnet_geometry::Pool2d as Sizes;

use super::{Mistake, Op};
use crate::backward::Gradients;
use crate::diagnostics::Code;
use crate::emit::{Arg, Call, Site};
use crate::graph::Shape;

/// What a window yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// The largest value; padding never wins.
    Max,
    /// The mean; the sizes say whether padding counts, as zeros.
    Average,
}

/// A pooling window moved over the map.
#[derive(Debug)]
pub struct Pool2d {
    /// Maximum or average.
    pub kind: PoolKind,
    /// Sizes of the window.
    pub sizes: Sizes,
}

/// Pixels along one axis that a window of `kernel` yields, or a mistake.
pub(crate) fn window_positions(
    what: &str,
    axis: &str,
    input: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
) -> Result<usize, Mistake> {
    let padded = input + 2 * padding;
    if kernel > padded {
        return Err(Mistake {
            code: Code::KernelExceedsInput,
            message: format!(
                "{what} has a kernel {axis} of {kernel}, but its input's {axis} is {input} ({padded} with padding)"
            ),
            help: "make the input larger, the kernel smaller, or use fewer strides before it"
                .to_owned(),
        });
    }
    Ok((padded - kernel) / stride + 1)
}

impl Pool2d {
    /// Windows along an axis of `input` pixels.
    fn along(&self, axis: usize, input: usize) -> Result<usize, Mistake> {
        let Sizes {
            kernel,
            stride,
            padding,
            ..
        } = self.sizes;
        let (kernel, stride, padding) = (kernel[axis], stride[axis], padding[axis]);
        let extra = self.sizes.extra[axis];
        if padding + extra > kernel / 2 {
            let behind = match extra {
                0 => String::new(),
                _ => format!(" ({} behind its input)", padding + extra),
            };
            return Err(Mistake {
                code: Code::PaddingTooLarge,
                message: format!(
                    "a pool has a kernel of {kernel} and a padding of {padding}{behind}"
                ),
                help: format!("use a padding of at most {}", kernel / 2),
            });
        }
        let name = ["height", "width"][axis];
        match self.sizes.windows(axis, input) {
            Some(windows) => Ok(windows),
            None => window_positions("a pool", name, input, kernel, stride, padding + extra),
        }
    }
}

impl Op for Pool2d {
    fn name(&self) -> &'static str {
        match self.kind {
            PoolKind::Max => "max_pool",
            PoolKind::Average => "average_pool",
        }
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let pair = |[h, w]: [usize; 2]| format!("{h}x{w}");
        let mut attributes = vec![
            ("kernel", pair(self.sizes.kernel)),
            ("stride", pair(self.sizes.stride)),
            ("padding", pair(self.sizes.padding)),
        ];
        if self.sizes.extra != [0, 0] {
            attributes.push(("extra_padding", pair(self.sizes.extra)));
        }
        if self.sizes.ceil {
            attributes.push(("ceil", "true".to_owned()));
        }
        if self.kind == PoolKind::Average && !self.sizes.count_padding {
            attributes.push(("count_padding", "false".to_owned()));
        }
        attributes
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        let Shape {
            channels,
            height,
            width,
        } = inputs[0];
        let (height, width) = (self.along(0, height)?, self.along(1, width)?);
        Ok(vec![Shape::new(channels, height, width)])
    }

    fn gradient(&self, gradients: &mut Gradients<'_>) {
        let input = gradients.input(0);
        let shape = gradients.shape(0);
        let d_output = gradients.d_output(0);
        let Self { kind, sizes } = *self;
        gradients.contribute(0, |accumulate| {
            let op = Pool2dBackward {
                kind,
                sizes,
                input: shape,
                accumulate,
            };
            match kind {
                PoolKind::Max => (op, vec![d_output, input]),
                PoolKind::Average => (op, vec![d_output]),
            }
        });
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![Call::new(
            self.name(),
            [
                Arg::pool2d(self.sizes),
                Arg::buffer(site.input(0)),
                Arg::buffer(site.output(0)),
            ],
        )]
    }

    fn title(&self) -> String {
        let [h, w] = self.sizes.kernel;
        format!("{} {h}x{w}", self.name())
    }
}

/// Gradient of [`Pool2d`]: inputs are the output's gradient, the input (a
/// maximum finds its winner again) and, if it accumulates, the gradient so far.
#[derive(Debug)]
struct Pool2dBackward {
    kind: PoolKind,
    sizes: Sizes,
    input: Shape,
    accumulate: bool,
}

impl Op for Pool2dBackward {
    fn name(&self) -> &'static str {
        match self.kind {
            PoolKind::Max => "max_pool_backward",
            PoolKind::Average => "average_pool_backward",
        }
    }

    fn infer(&self, _: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![self.input])
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        match self.kind {
            PoolKind::Max => &[(2, 0)],
            PoolKind::Average => &[(1, 0)],
        }
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        let mut args = vec![Arg::pool2d(self.sizes)];
        let so_far = match self.kind {
            PoolKind::Max => {
                args.push(Arg::buffer(site.input(1)));
                2
            }
            PoolKind::Average => 1,
        };
        args.extend([
            Arg::buffer(site.input(0)),
            Arg::buffer(site.output(0)),
            Arg::some_buffer(self.accumulate.then(|| site.input(so_far))),
        ]);
        vec![Call::new(self.name(), args)]
    }
}
