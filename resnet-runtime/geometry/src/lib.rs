//! Sizes of maps and operators: what the compiler plans and the runtime runs,
//! so that both count the same elements.
//!
//! Activations are NHWC. A [`Map`] gives the sizes of one image of a batch; a
//! [`Buffer`] is a map at an offset of the arena.

#![no_std]
#![forbid(unsafe_code)]

mod groups;
mod winograd;

pub use groups::Groups;
pub use winograd::{Algorithm, FREQUENCY_GAP};

/// Channels are computed in blocks of this many elements, whatever the
/// instruction set: one AVX-512 vector of `f32`. A map written by an operator
/// has its channels rounded up to whole blocks, and those padding channels
/// always hold zero, so that no kernel needs a channel tail.
pub const CHANNEL_BLOCK: usize = 16;

/// Packed weights hold whole panels of this many output channels. Every
/// instruction set's own panel width divides it, so that one plan of offsets
/// serves all of them.
pub const PANEL: usize = 32;

/// `n` rounded up to a multiple of `to`.
pub const fn round_up(n: usize, to: usize) -> usize {
    n.div_ceil(to) * to
}

/// One image of an activation or gradient: `height x width` pixels of
/// `channels`, pixels `channel_stride` elements apart, with `halo` further
/// pixels of zeros on each side (written by whoever writes the map).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Map {
    /// Channels that carry values.
    pub channels: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// Elements from one pixel to the next; at least `channels`, and for a
    /// map written by an operator at least `channels` rounded up to
    /// [`CHANNEL_BLOCK`]. Only the network's input is packed tighter.
    pub channel_stride: usize,
    /// Pixels of zeros around the map, on all four sides.
    pub halo: usize,
}

impl Map {
    /// A map without halo, its channel stride rounded up to whole blocks.
    pub const fn new(channels: usize, height: usize, width: usize) -> Self {
        let channel_stride = round_up(channels, CHANNEL_BLOCK);
        Self {
            channels,
            height,
            width,
            channel_stride,
            halo: 0,
        }
    }

    /// The same map with another channel stride.
    pub const fn channel_stride(self, channel_stride: usize) -> Self {
        Self {
            channel_stride,
            ..self
        }
    }

    /// The same map with a halo.
    pub const fn halo(self, halo: usize) -> Self {
        Self { halo, ..self }
    }

    /// The map at an offset of the arena, in elements per image.
    pub const fn at(self, offset: usize) -> Buffer {
        Buffer { map: self, offset }
    }

    /// Elements from one row of pixels to the next.
    pub const fn row_stride(&self) -> usize {
        (self.width + 2 * self.halo) * self.channel_stride
    }

    /// Elements of one image, halo included.
    pub const fn len(&self) -> usize {
        (self.height + 2 * self.halo) * self.row_stride()
    }

    /// True when the map holds no element.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Elements from the start of an image to its first pixel inside the halo.
    pub const fn origin(&self) -> usize {
        self.halo * (self.row_stride() + self.channel_stride)
    }

    /// Rows in one block of a reduction over pixels. Blocks are fixed by the
    /// shape, so that sums never depend on the number of threads.
    pub const fn reduction_rows(&self) -> usize {
        if self.width >= 1024 {
            1
        } else {
            1024usize.div_ceil(self.width)
        }
    }

    /// Blocks of a reduction over the pixels of one image.
    pub const fn reduction_blocks(&self) -> usize {
        self.height.div_ceil(self.reduction_rows())
    }

    /// Scratch elements per image of a reduction that yields two sums for
    /// every channel.
    pub const fn reduction_scratch(&self) -> usize {
        2 * self.reduction_blocks() * round_up(self.channels, CHANNEL_BLOCK)
    }
}

/// A map at an offset of the arena. The offset counts elements *per image*:
/// with a batch limit of `B`, image `n` starts at `offset * B + n * map.len()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Buffer {
    /// Layout of one image.
    pub map: Map,
    /// Elements per image.
    pub offset: usize,
}

/// Sizes of a two-dimensional convolution (`[height, width]` where two).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Conv2d {
    /// Channels read.
    pub in_channels: usize,
    /// Channels written.
    pub out_channels: usize,
    /// Kernel size.
    pub kernel: [usize; 2],
    /// Pixels of the input between two pixels of the output.
    pub stride: [usize; 2],
    /// Pixels of zeros around the input.
    pub padding: [usize; 2],
    /// Pixels of the input between two places of the kernel.
    pub dilation: [usize; 2],
    /// Groups that channels fall into, in order; output channels see the
    /// input channels of their own group alone.
    pub groups: usize,
}

impl Conv2d {
    /// A 1x1 convolution with stride 1, without padding, in one group.
    pub const fn new(in_channels: usize, out_channels: usize) -> Self {
        Self {
            in_channels,
            out_channels,
            kernel: [1, 1],
            stride: [1, 1],
            padding: [0, 0],
            dilation: [1, 1],
            groups: 1,
        }
    }

    /// The same with another kernel size.
    pub const fn kernel(self, kernel: [usize; 2]) -> Self {
        Self { kernel, ..self }
    }

    /// The same with another stride.
    pub const fn stride(self, stride: [usize; 2]) -> Self {
        Self { stride, ..self }
    }

    /// The same with another padding.
    pub const fn padding(self, padding: [usize; 2]) -> Self {
        Self { padding, ..self }
    }

    /// The same with another dilation.
    pub const fn dilation(self, dilation: [usize; 2]) -> Self {
        Self { dilation, ..self }
    }

    /// The same in so many groups.
    pub const fn groups(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    /// Input pixels from the kernel's first place to its last along an axis,
    /// both included: the kernel's size as the dilation spreads it.
    pub const fn reach(&self, axis: usize) -> usize {
        self.kernel[axis]
            .saturating_sub(1)
            .saturating_mul(self.dilation[axis])
            .saturating_add(1)
    }

    /// Products that make one output value.
    pub const fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1] * (self.in_channels / self.groups)
    }

    /// The groups as the forward pass sees them.
    pub const fn forward_groups(&self) -> Groups {
        Groups {
            count: self.groups,
            from: self.in_channels / self.groups,
            to: self.out_channels / self.groups,
        }
    }

    /// The groups as the gradient of the input sees them.
    pub const fn backward_groups(&self) -> Groups {
        let Groups { count, from, to } = self.forward_groups();
        Groups {
            count,
            from: to,
            to: from,
        }
    }

    /// Elements of the weight in training layout,
    /// `[kernel_h][kernel_w][in / groups][out rounded up to CHANNEL_BLOCK]`.
    pub const fn master_len(&self) -> usize {
        self.taps() * round_up(self.out_channels, CHANNEL_BLOCK)
    }

    /// Elements of the weight packed into panels for the forward pass,
    /// `[out / panel][kernel_h][kernel_w][run][panel]`, where a run is all
    /// input channels or, in groups, those of [`Groups::run`].
    pub const fn packed_len(&self) -> usize {
        let taps = self.kernel[0] * self.kernel[1] * self.forward_groups().run();
        taps * round_up(self.out_channels, PANEL)
    }

    /// Elements of the weight packed for the input's gradient: one set of
    /// panels for each phase of the stride, input and output channels swapped.
    pub const fn packed_backward_len(&self) -> usize {
        let taps = self.kernel[0] * self.kernel[1] * self.backward_groups().run();
        taps * round_up(self.in_channels, PANEL)
    }

    /// Pixels that the input's gradient reads beyond the output's gradient,
    /// along an axis (0: height, 1: width) where these have `input` and
    /// `output` pixels. Input pixel `i` is reached from output pixel
    /// `(i + padding - k) / stride` for every kernel position that leaves no
    /// remainder, where `k` is its distance from the first.
    pub const fn backward_halo(&self, axis: usize, input: usize, output: usize) -> usize {
        let (reach, stride) = (self.reach(axis), self.stride[axis]);
        let padding = self.padding[axis];
        let mut halo = 0;
        let mut k = 0;
        while k < reach {
            // The first input pixel that position `k` reaches, from an output
            // pixel that may lie before the first one.
            let first = (k + stride - padding % stride) % stride;
            if first < input {
                let last = first + (input - 1 - first) / stride * stride;
                let before = if first + padding < k {
                    (k - first - padding) / stride
                } else {
                    0
                };
                let after = if last + padding > k {
                    ((last + padding - k) / stride + 1).saturating_sub(output)
                } else {
                    0
                };
                halo = if before > halo { before } else { halo };
                halo = if after > halo { after } else { halo };
            }
            k += self.dilation[axis];
        }
        halo
    }
}

/// Sizes of a pooling window (`[height, width]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pool2d {
    /// Window size.
    pub kernel: [usize; 2],
    /// Pixels of the input between two pixels of the output.
    pub stride: [usize; 2],
    /// Pixels around the input that never win a maximum; an average counts
    /// them as zeros, as PyTorch's `count_include_pad` does.
    pub padding: [usize; 2],
}

impl Pool2d {
    /// A window with stride 1 and without padding.
    pub const fn new(kernel: [usize; 2]) -> Self {
        Self {
            kernel,
            stride: [1, 1],
            padding: [0, 0],
        }
    }

    /// The same with another stride.
    pub const fn stride(self, stride: [usize; 2]) -> Self {
        Self { stride, ..self }
    }

    /// The same with another padding.
    pub const fn padding(self, padding: [usize; 2]) -> Self {
        Self { padding, ..self }
    }
}

/// Sizes of a fully connected layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Linear {
    /// Values read.
    pub in_features: usize,
    /// Values written.
    pub out_features: usize,
}

impl Linear {
    /// A layer from `in_features` to `out_features`.
    pub const fn new(in_features: usize, out_features: usize) -> Self {
        Self {
            in_features,
            out_features,
        }
    }

    /// The 1x1 convolution that computes the same.
    pub const fn as_conv2d(&self) -> Conv2d {
        Conv2d::new(self.in_features, self.out_features)
    }
}

/// What an epilogue applies to each value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// `max(x, 0)`.
    Relu,
}

/// Where one batch norm finds its parameters: offsets into the master
/// parameters (`weight`, `bias`) and into the running statistics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNorm {
    /// Offset of the scale in the master parameters.
    pub weight: usize,
    /// Offset of the shift in the master parameters.
    pub bias: usize,
    /// Offset of the mean in the running statistics.
    pub running_mean: usize,
    /// Offset of the variance in the running statistics.
    pub running_var: usize,
    /// Added to the variance before the square root.
    pub epsilon: f64,
    /// Share of the batch's statistics in the new running statistics.
    pub momentum: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backward_halo_is_the_farthest_read() {
        for (kernel, stride, padding, dilation, input) in (1..6usize)
            .flat_map(|k| (1..4).map(move |s| (k, s)))
            .flat_map(|(k, s)| (0..k).map(move |p| (k, s, p)))
            .flat_map(|(k, s, p)| (1..5).map(move |d| (k, s, p, d)))
            .flat_map(|(k, s, p, d)| (1..12).map(move |i| (k, s, p, d, i)))
        {
            let conv = Conv2d::new(1, 1)
                .kernel([kernel, kernel])
                .stride([stride, stride])
                .padding([padding, padding])
                .dilation([dilation, dilation]);
            if input + 2 * padding < conv.reach(0) {
                continue;
            }
            let output = (input + 2 * padding - conv.reach(0)) / stride + 1;
            let mut farthest = 0;
            for i in 0..input as isize {
                for k in 0..kernel as isize {
                    let reached = i + padding as isize - k * dilation as isize;
                    if reached.rem_euclid(stride as isize) == 0 {
                        let o = reached.div_euclid(stride as isize);
                        farthest = farthest.max(-o).max(o - output as isize + 1);
                    }
                }
            }
            let found = conv.backward_halo(0, input, output);
            assert_eq!(found as isize, farthest, "{conv:?} on {input}");
        }
    }
}
