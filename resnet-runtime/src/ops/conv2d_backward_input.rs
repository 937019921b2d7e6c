//! Gradient of a convolution's input.
//!
//! Input pixels fall into phases by what the stride leaves of their place;
//! those of one phase see the same part of the kernel, so that each phase is
//! a convolution of the output's gradient without a stride.

use super::conv2d::{check_same_pixels, has_sound_groups, has_sound_window, run, strides};
use super::direct::Direct;
use super::extent::Extent;
use crate::Element;
use crate::geometry::{CHANNEL_BLOCK, Conv2d, Map, PANEL, round_up};
use crate::kernels::Kernels;
use crate::kernels::conv_tile::Taps;
use crate::seam::{Source, Target};

/// Phases that run together: all those of a stride of two.
const PHASES: usize = 4;

/// One phase along one axis: input places `first`, `first + stride`, ...
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Phase {
    /// First kernel place.
    kernel: usize,
    /// From one kernel place to the next.
    kernel_step: usize,
    /// Kernel places.
    pub(crate) taps: usize,
    /// Output places from one tap to the next, which is one kernel place
    /// before it.
    tap_step: usize,
    /// First input place.
    first: usize,
    /// Input places.
    count: usize,
    /// Output place that the first input place's first tap reads; negative
    /// where it is in the halo.
    start: isize,
}

impl Phase {
    /// The phases of an axis of `len` input places, in order of what the
    /// stride leaves of an input place and the padding.
    pub(crate) fn along(
        conv: &Conv2d,
        axis: usize,
        len: usize,
    ) -> impl Iterator<Item = Self> + Clone {
        let (size, stride, padding) = (conv.kernel[axis], conv.stride[axis], conv.padding[axis]);
        let dilation = conv.dilation[axis];
        // Kernel places of one phase follow each other at this distance.
        let common = greatest_common_divisor(stride, dilation);
        let kernel_step = stride / common;
        let tap_step = dilation / common;
        (0..stride).map(move |rest| {
            // Where dilation and stride share a divisor, some phases see no
            // place of the kernel.
            let kernel = (0..kernel_step.min(size)).find(|k| k * dilation % stride == rest);
            let taps = kernel.map_or(0, |kernel| (size - kernel).div_ceil(kernel_step));
            let kernel = kernel.unwrap_or(0);
            let first = (rest + stride - padding % stride) % stride;
            let from = (first + padding) as isize - (kernel * dilation) as isize;
            let before = taps.saturating_sub(1) * tap_step;
            Self {
                kernel,
                kernel_step,
                taps,
                tap_step,
                first,
                count: len.saturating_sub(first).div_ceil(stride),
                start: from.div_euclid(stride as isize) - before as isize,
            }
        })
    }

    /// The kernel place of a number among the phase's.
    pub(crate) fn place(&self, number: usize) -> usize {
        self.kernel + number * self.kernel_step
    }

    /// Places outside an output of `len` that the phase reads.
    fn halo(&self, len: usize) -> usize {
        if self.taps == 0 || self.count == 0 {
            return 0;
        }
        let reach = (self.taps - 1) * self.tap_step;
        let end = self.start + (self.count + reach) as isize;
        (-self.start).max(end - len as isize).max(0) as usize
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
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
    let groups = conv.backward_groups();
    let narrow = groups
        .is_narrow()
        .then(|| kernels.conv.narrow().of_groups(groups.to));
    let mut weight = packed.as_ptr();
    // Phases run together as far as there is room: a vector of them would be
    // allocated anew at every step.
    let mut convolutions = [const { None }; PHASES];
    let mut filled = 0;
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
                row_step: down.tap_step * row_step,
                columns: across.taps,
                column_step: across.tap_step * column_step,
                run: groups.run(),
            };
            if down.count * across.count > 0 {
                let convolution = Direct {
                    extent: extent.folded(),
                    input: d_output.pixel(0, 0, 0).wrapping_offset(start),
                    taps,
                    groups,
                    narrow,
                    channels: round_up(conv.in_channels, CHANNEL_BLOCK),
                    weight,
                    bias: core::ptr::null(),
                    residual: accumulate.map_or(core::ptr::null(), |accumulate| {
                        accumulate
                            .pixel(0, 0, 0)
                            .wrapping_add(place(&accumulate.map))
                    }),
                    output: d_input.pixel(0, 0, 0).wrapping_add(place(&d_input.map)),
                    relu: false,
                    afterwards: None,
                };
                if filled == PHASES {
                    // SAFETY: as below.
                    unsafe { run(&kernels.conv, threads, &convolutions, &d_input) };
                    convolutions = [const { None }; PHASES];
                    filled = 0;
                }
                convolutions[filled] = Some(convolution);
                filled += 1;
            }
            let rows = down.taps * across.taps * groups.run();
            weight = weight.wrapping_add(rows * round_up(conv.in_channels, PANEL));
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
        let (padding, reach) = (conv.padding[axis], conv.reach(axis));
        // Paddings that overflow belong to no map that fits into memory.
        let padded = padding
            .checked_mul(2)
            .and_then(|both| both.checked_add(from));
        has_sound_window(conv, axis)
            && padded.is_some_and(|padded| {
                reach <= padded && to == (padded - reach) / conv.stride[axis] + 1
            })
    };
    assert!(
        has_sound_groups(conv)
            && conv.in_channels == d_input.channels
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
