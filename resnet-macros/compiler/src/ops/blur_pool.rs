//! A blur before pixels are left out, so that small shifts of the input matter less.

use resnet_geometry::BlurPool as Sizes;

use super::{Mistake, Op};
use crate::backward::Gradients;
use crate::diagnostics::Code;
use crate::emit::{Arg, Call, Site};
use crate::graph::Shape;

/// A binomial filter at every `stride`-th pixel of a map mirrored at its
/// borders; timm's `BlurPool2d`.
#[derive(Debug)]
pub struct BlurPool {
    /// Taps along each axis, 2 to 15.
    pub kernel: usize,
    /// Pixels of the input between two pixels of the output.
    pub stride: usize,
}

impl BlurPool {
    fn sizes(&self) -> Sizes {
        Sizes::new(self.kernel, self.stride)
    }

    /// Pixels along an axis of the output.
    fn along(&self, axis: &str, input: usize) -> Result<usize, Mistake> {
        let Self { kernel, stride } = self;
        self.sizes().pixels(input).ok_or_else(|| {
            if !self.sizes().is_valid() {
                return Mistake {
                    code: Code::OutOfRange,
                    message: format!("a blur pool has a kernel of {kernel} and a stride of {stride}"),
                    help: format!(
                        "use a kernel from 2 to {} and a stride of at least 1",
                        Sizes::MOST_TAPS
                    ),
                };
            }
            Mistake {
                code: Code::KernelExceedsInput,
                message: format!(
                    "a blur pool of kernel {kernel} and stride {stride} mirrors {} pixels at the border, but its input's {axis} is {input}",
                    self.sizes().padding()
                ),
                help: "make the input larger, the kernel smaller, or use fewer strides before it"
                    .to_owned(),
            }
        })
    }
}

impl Op for BlurPool {
    fn name(&self) -> &'static str {
        "blur_pool"
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![
            ("kernel", self.kernel.to_string()),
            ("stride", self.stride.to_string()),
        ]
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        let Shape {
            channels,
            height,
            width,
        } = inputs[0];
        let (height, width) = (self.along("height", height)?, self.along("width", width)?);
        Ok(vec![Shape::new(channels, height, width)])
    }

    fn gradient(&self, gradients: &mut Gradients<'_>) {
        let input = gradients.shape(0);
        let d_output = gradients.d_output(0);
        let sizes = self.sizes();
        gradients.contribute(0, |accumulate| {
            let op = BlurPoolBackward {
                sizes,
                input,
                accumulate,
            };
            (op, vec![d_output])
        });
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![Call::new(
            "blur_pool",
            [
                Arg::count(self.kernel),
                Arg::count(self.stride),
                Arg::buffer(site.input(0)),
                Arg::buffer(site.output(0)),
            ],
        )]
    }

    fn title(&self) -> String {
        let kernel = self.kernel;
        format!("blur_pool {kernel}x{kernel}")
    }

    fn macs(&self, output: Shape) -> u64 {
        let taps = (self.kernel as u64).saturating_mul(self.kernel as u64);
        taps.saturating_mul(output.len() as u64)
    }
}

/// Gradient of [`BlurPool`]: inputs are the output's gradient and, if it
/// accumulates, the gradient so far.
#[derive(Debug)]
struct BlurPoolBackward {
    sizes: Sizes,
    input: Shape,
    accumulate: bool,
}

impl Op for BlurPoolBackward {
    fn name(&self) -> &'static str {
        "blur_pool_backward"
    }

    fn infer(&self, _: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(vec![self.input])
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(1, 0)]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        vec![Call::new(
            "blur_pool_backward",
            [
                Arg::count(self.sizes.kernel),
                Arg::count(self.sizes.stride),
                Arg::buffer(site.input(0)),
                Arg::buffer(site.output(0)),
                Arg::some_buffer(self.accumulate.then(|| site.input(1))),
            ],
        )]
    }
}
