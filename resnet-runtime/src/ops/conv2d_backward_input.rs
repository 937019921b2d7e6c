//! Gradient of a convolution's input.
//!
//! Input pixels fall into phases by what the stride leaves of their place;
//! those of one phase see the same part of the kernel, so that each phase is
//! a convolution of the output's gradient without a stride.

use super::conv2d::{MAX_STRIDE, check_same_pixels, run, strides};
use super::direct::Direct;
use super::extent::Extent;
use crate::Element;
use crate::geometry::{Activation, CHANNEL_BLOCK, Conv2d, Map, PANEL, round_up};
use crate::kernels::Kernels;
use crate::kernels::conv_tile::Taps;
use crate::seam::{Source, Target};

/// One phase along one axis: input places `first`, `first + stride`, ...
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Phase {
    /// First kernel place, others follow at the stride's distance.
    pub(crate) kernel: usize,
    /// Kernel places.
    pub(crate) taps: usize,
    /// First input place.
    first: usize,
    /// Input places.
    count: usize,
    /// Output place that the first input place's first tap reads; negative
    /// where it is in the halo.
    start: isize,
}

impl Phase {
    /// The phases of an axis of `len` input places, in order of `kernel`.
    pub(crate) fn along(
        conv: &Conv2d,
        axis: usize,
        len: usize,
    ) -> impl Iterator<Item = Self> + Clone {
        let (size, stride, padding) = (conv.kernel[axis], conv.stride[axis], conv.padding[axis]);
        (0..stride).map(move |kernel| {
            let taps = size.saturating_sub(kernel).div_ceil(stride);
            let first = (kernel + stride - padding % stride) % stride;
            let last_tap = (first + padding - kernel) / stride;
            Self {
                kernel,
                taps,
                first,
                count: len.saturating_sub(first).div_ceil(stride),
                start: last_tap as isize - taps as isize + 1,
            }
        })
    }

    /// Places outside an output of `len` that the phase reads.
    fn halo(&self, len: usize) -> usize {
        if self.taps == 0 || self.count == 0 {
            return 0;
        }
        let end = self.start + (self.count + self.taps - 1) as isize;
        (-self.start).max(end - len as isize).max(0) as usize
    }
}

/// `d_input = gradient of the input + accumulate`.
///
/// `packed` holds the panels of all phases; `accumulate` may be `d_input`.
pub(crate) fn conv2d_backward_input<E: Element>(
    kernels: &Kernels<E>,
    threads: usize,
    conv: &Conv2d,
    d_output: Source<'_, E>,
    d_input: Target<'_, E>,
    accumulate: Option<Source<'_, E>>,
    packed: &[E],
) {
    check(conv, &d_output.map, &d_input.map);
    assert_eq!(d_output.batch, d_input.batch);
    assert!(
        packed.len() >= conv.packed_backward_len(),
        "weights are missing: {conv:?}"
    );
    if let Some(accumulate) = accumulate {
        check_same_pixels(&accumulate.map, &d_input.map);
        assert_eq!(accumulate.batch, d_input.batch);
    }
    if d_input.batch == 0 {
        return;
    }
    let Map { height, width, .. } = d_input.map;
    let accumulate_map = accumulate.map_or(d_input.map, |accumulate| accumulate.map);
    let [stride_h, stride_w] = conv.stride;
    let mut weight = packed.as_ptr();
    let mut convolutions = Vec::with_capacity(stride_h * stride_w);
    for down in Phase::along(conv, 0, height) {
        for across in Phase::along(conv, 1, width) {
            let place =
                |map: &Map| down.first * map.row_stride() + across.first * map.channel_stride;
            let row_step = d_output.map.row_stride();
            let column_step = d_output.map.channel_stride;
            let extent = Extent {
                count: [d_input.batch, down.count, across.count],
                strides: [
                    strides(&d_output.map, 1, 1),
                    strides(&accumulate_map, stride_h, stride_w),
                    strides(&d_input.map, stride_h, stride_w),
                ],
            };
            let start = down.start * row_step as isize + across.start * column_step as isize;
            let taps = Taps {
                rows: down.taps,
                row_step,
                columns: across.taps,
                column_step,
                run: conv.out_channels,
            };
            if down.count * across.count > 0 {
                convolutions.push(Direct {
                    extent: extent.folded(),
                    input: d_output.pixel(0, 0, 0).wrapping_offset(start),
                    taps,
                    channels: round_up(conv.in_channels, CHANNEL_BLOCK),
                    weight,
                    bias: core::ptr::null(),
                    residual: accumulate.map_or(core::ptr::null(), |accumulate| {
                        accumulate
                            .pixel(0, 0, 0)
                            .wrapping_add(place(&accumulate.map))
                    }),
                    output: d_input.pixel(0, 0, 0).wrapping_add(place(&d_input.map)),
                    activation: Activation::Identity,
                });
            }
            let group = down.taps * across.taps * conv.out_channels;
            weight = weight.wrapping_add(group * round_up(conv.in_channels, PANEL));
        }
    }
    // SAFETY: checked above: the halo covers what the phases read outside the
    // output's gradient; phases write different pixels.
    unsafe { run(&kernels.conv, threads, &convolutions, &d_input) };
}

/// Asserts that the gradients' maps fit the convolution, and that the halo
/// covers what any phase reads.
fn check(conv: &Conv2d, d_output: &Map, d_input: &Map) {
    let fits = |axis: usize, from: usize, to: usize| {
        let (kernel, stride, padding) = (conv.kernel[axis], conv.stride[axis], conv.padding[axis]);
        // Paddings that overflow belong to no map that fits into memory.
        let padded = padding
            .checked_mul(2)
            .and_then(|both| both.checked_add(from));
        (1..=MAX_STRIDE).contains(&stride)
            && kernel > 0
            && padded.is_some_and(|padded| kernel <= padded && to == (padded - kernel) / stride + 1)
    };
    assert!(
        conv.in_channels == d_input.channels
            && conv.out_channels == d_output.channels
            && fits(0, d_input.height, d_output.height)
            && fits(1, d_input.width, d_output.width),
        "{conv:?} doesn't lead from {d_input:?} to {d_output:?}"
    );
    let sizes = [
        conv.kernel[0],
        conv.kernel[1],
        conv.out_channels,
        round_up(conv.in_channels, PANEL),
    ];
    let packed = sizes
        .iter()
        .try_fold(1usize, |product, &size| product.checked_mul(size));
    assert!(packed.is_some(), "a kernel larger than memory: {conv:?}");
    let down = Phase::along(conv, 0, d_input.height).map(|phase| phase.halo(d_output.height));
    let across = Phase::along(conv, 1, d_input.width).map(|phase| phase.halo(d_output.width));
    let halo = down.chain(across).max().unwrap_or(0);
    assert!(
        d_output.halo >= halo
            && d_output.channel_stride >= round_up(d_output.channels, CHANNEL_BLOCK),
        "{conv:?} needs a halo of {halo}: {d_output:?}"
    );
}
