//! Sizes of convolutions, and of what they keep in memory.

use crate::{CHANNEL_BLOCK, Groups, PANEL, round_up};

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

/// Pixels of the output's gradient that are multiplied at once for the
/// weight's: a panel of them stays in the nearest cache beside the input.
pub const GRADIENT_PIXELS: usize = 128;

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

    /// Elements of workspace that each thread needs for the weight's gradient:
    /// a block of pixels of the output's gradient, if their channels are more
    /// than a panel.
    pub const fn gradient_workspace_len(&self) -> usize {
        let channels = round_up(self.out_channels, PANEL);
        if channels <= PANEL || self.forward_groups().is_depthwise() {
            return 0;
        }
        GRADIENT_PIXELS * channels
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
