//! Forward convolution.

use super::activation::Afterwards;
use super::direct::Direct;
use super::extent::{Extent, Strides, part};
use super::statistics::Statistics;
use crate::Element;
use crate::geometry::{Activation, CHANNEL_BLOCK, Conv2d, Map, PANEL, round_up};
use crate::kernels::conv_tile::Taps;
use crate::kernels::{ConvKernels, Kernels};
use crate::pool;
use crate::seam::{Source, Target, checked_len};

/// Strides and dilations beyond any use are refused, so that sizes don't
/// overflow.
const MAX_STRIDE: usize = 1 << 16;

/// What happens to each sum before it is stored.
#[derive(Clone, Copy)]
pub(crate) struct Epilogue<'a, E: 'static> {
    /// One for each channel, up to whole blocks.
    pub(crate) bias: Option<&'a [E]>,
    /// Added; may be the output itself.
    pub(crate) residual: Option<Source<'a, E>>,
    /// Applied last.
    pub(crate) activation: Activation,
    /// Statistics of the output to compute.
    pub(crate) statistics: Option<&'a Statistics<'a, E>>,
}

/// `output = activation(convolution + bias + residual)`, with weights in
/// forward panels, unless groups are narrow.
pub(crate) fn conv2d<E: Element>(
    kernels: &Kernels<E>,
    threads: usize,
    conv: &Conv2d,
    panels: &[E],
    input: Source<'_, E>,
    output: Target<'_, E>,
    epilogue: Epilogue<'_, E>,
) {
    assert!(
        !conv.forward_groups().is_narrow(),
        "narrow groups: {conv:?}"
    );
    let statistics = epilogue.statistics;
    if let Some(direct) = checked(kernels, conv, panels, &input, &output, epilogue) {
        convolve(kernels, threads, direct, output, statistics);
    }
}

/// The same in narrow groups.
pub(crate) fn conv2d_narrow<E: Element>(
    kernels: &Kernels<E>,
    threads: usize,
    conv: &Conv2d,
    panels: &[E],
    input: Source<'_, E>,
    output: Target<'_, E>,
    epilogue: Epilogue<'_, E>,
) {
    let groups = conv.forward_groups();
    assert!(groups.is_narrow(), "no narrow groups: {conv:?}");
    let statistics = epilogue.statistics;
    if let Some(direct) = checked(kernels, conv, panels, &input, &output, epilogue) {
        let narrow = Some(kernels.conv.narrow().of_groups(groups.to));
        convolve(
            kernels,
            threads,
            Direct { narrow, ..direct },
            output,
            statistics,
        );
    }
}

/// The same in groups of any kind.
pub(crate) fn conv2d_any<E: Element>(
    kernels: &Kernels<E>,
    threads: usize,
    conv: &Conv2d,
    panels: &[E],
    input: Source<'_, E>,
    output: Target<'_, E>,
    epilogue: Epilogue<'_, E>,
) {
    let convolve = if conv.forward_groups().is_narrow() {
        conv2d_narrow
    } else {
        conv2d
    };
    convolve(kernels, threads, conv, panels, input, output, epilogue);
}

/// The convolution of arguments that fit together, without the tiles of narrow
/// groups: the halo covers the padding, so that all taps of all pixels lie inside
/// the input, all three maps have the pixels, and whole panels and biases are
/// there. Nothing for no images.
pub(super) fn checked<E: Element>(
    kernels: &Kernels<E>,
    conv: &Conv2d,
    panels: &[E],
    input: &Source<'_, E>,
    output: &Target<'_, E>,
    epilogue: Epilogue<'_, E>,
) -> Option<Direct<E>> {
    let Epilogue {
        bias,
        residual,
        activation,
        ..
    } = epilogue;
    check(conv, &input.map, &output.map);
    assert_eq!(input.batch, output.batch);
    let blocks = round_up(conv.out_channels, CHANNEL_BLOCK);
    let width = round_up(blocks, kernels.conv.panel());
    assert!(
        panels.len() >= conv.kernel[0] * conv.kernel[1] * conv.forward_groups().run() * width,
        "weights are missing: {conv:?}"
    );
    assert!(
        bias.is_none_or(|bias| bias.len() >= blocks),
        "biases are missing: {conv:?}"
    );
    if let Some(residual) = residual {
        check_same_pixels(&residual.map, &output.map);
        assert_eq!(residual.batch, output.batch);
    }
    let (input_map, output_map) = (input.map, output.map);
    let residual_map = residual.map_or(output_map, |residual| residual.map);
    let [stride_h, stride_w] = conv.stride;
    if output.batch == 0 {
        return None;
    }
    let extent = Extent {
        count: [output.batch, output_map.height, output_map.width],
        strides: [
            strides(&input_map, stride_h, stride_w),
            strides(&residual_map, 1, 1),
            strides(&output_map, 1, 1),
        ],
    };
    Some(Direct {
        extent,
        input: first_tap(conv, input),
        taps: taps(conv, &input_map),
        groups: conv.forward_groups(),
        narrow: None,
        channels: blocks,
        weight: panels.as_ptr(),
        bias: bias.map_or(core::ptr::null(), <[E]>::as_ptr),
        residual: residual.map_or(core::ptr::null(), |residual| residual.pixel(0, 0, 0)),
        output: output.pixel(0, 0, 0),
        relu: activation == Activation::Relu,
        afterwards: Afterwards::new(&kernels.sweep, activation, &output_map),
    })
}

/// Computes a convolution whose arguments were checked.
fn convolve<E: Element>(
    kernels: &Kernels<E>,
    threads: usize,
    mut direct: Direct<E>,
    output: Target<'_, E>,
    statistics: Option<&Statistics<'_, E>>,
) {
    let shares = pool::threads_for(threads, direct.work()).max(1);
    let behind = statistics.filter(|statistics| {
        statistics.are_even(shares) && direct.shares_rows(&kernels.conv, shares)
    });
    if let Some(statistics) = behind {
        // SAFETY: as below.
        unsafe { run_by_blocks(&kernels.conv, shares, &direct, &output, statistics) };
        return;
    }
    direct.extent = direct.extent.folded();
    // SAFETY: the arguments were checked.
    unsafe { run(&kernels.conv, threads, &[Some(direct)], &output) };
    if let Some(statistics) = statistics {
        statistics.of_all(output.as_source());
    }
}

/// Computes a convolution block by block of its output's statistics, and those
/// of each behind it.
///
/// # Safety
///
/// As for [`run`]; the statistics are the output's.
unsafe fn run_by_blocks<E: Element>(
    kernels: &ConvKernels<E>,
    shares: usize,
    direct: &Direct<E>,
    output: &Target<'_, E>,
    statistics: &Statistics<'_, E>,
) {
    pool::run(shares, shares, &|range| {
        for share in range {
            for block in part(statistics.blocks(), share, shares) {
                let (image, rows) = statistics.rows(block);
                // SAFETY: the caller's promise; blocks are apart.
                unsafe {
                    direct.rows(kernels, image, &rows);
                    statistics.behind(output, block);
                    output.zero_halo(image, rows);
                }
            }
        }
    });
}

/// Computes convolutions that together make `output`, and its halo.
///
/// # Safety
///
/// Each convolution is as [`Direct::share`] asks, and they write apart.
pub(crate) unsafe fn run<E: Element>(
    kernels: &ConvKernels<E>,
    threads: usize,
    convolutions: &[Option<Direct<E>>],
    output: &Target<'_, E>,
) {
    let lines = output.batch * output.map.height;
    let work = convolutions.iter().flatten().map(Direct::work).sum();
    let shares = pool::threads_for(threads, work).max(1);
    pool::run(shares, shares, &|range| {
        for share in range {
            // SAFETY: the caller's promise; shares are apart.
            unsafe {
                zero_halo(output, part(lines, share, shares));
                for convolution in convolutions.iter().flatten() {
                    convolution.share(kernels, share, shares);
                }
            }
        }
    });
}

/// Zeros beside some of a batch's rows.
///
/// # Safety
///
/// The rows are there, and no other thread touches their halo.
pub(super) unsafe fn zero_halo<E: Element>(output: &Target<'_, E>, lines: core::ops::Range<usize>) {
    if output.map.halo == 0 {
        return;
    }
    let height = output.map.height;
    for line in lines {
        let row = line % height;
        // SAFETY: the caller's promise.
        unsafe { output.zero_halo(line / height, row..row + 1) };
    }
}

/// Strides of a map, every so many rows and columns.
pub(crate) fn strides(map: &Map, rows: usize, columns: usize) -> Strides {
    [
        map.len(),
        rows * map.row_stride(),
        columns * map.channel_stride,
    ]
}

/// Where the first pixel's first tap lies: inside the halo or before it.
pub(crate) fn first_tap<E>(conv: &Conv2d, input: &Source<'_, E>) -> *const E {
    let [top, left] = conv.padding;
    let before = top * input.map.row_stride() + left * input.map.channel_stride;
    input.pixel(0, 0, 0).wrapping_sub(before)
}

/// The taps of an output value. Where few channels are packed without padding,
/// as in the network's input, a row of the kernel is one run.
pub(crate) fn taps(conv: &Conv2d, input: &Map) -> Taps {
    let [rows, columns] = conv.kernel;
    let [dilation_h, dilation_w] = conv.dilation;
    let run = conv.forward_groups().run();
    let packed =
        conv.groups == 1 && dilation_w == 1 && input.channel_stride == run && run < CHANNEL_BLOCK;
    Taps {
        rows,
        row_step: dilation_h * input.row_stride(),
        columns: if packed { 1 } else { columns },
        column_step: dilation_w * input.channel_stride,
        run: if packed { columns * run } else { run },
    }
}

/// The layout of a convolution's output where no plan gives one.
pub(crate) fn output_map(conv: &Conv2d, input: &Map) -> Map {
    let along = |axis: usize, from: usize| {
        let padding = conv.padding[axis];
        assert!(
            padding <= input.halo && has_sound_window(conv, axis),
            "not a convolution of {input:?}: {conv:?}"
        );
        let room = (from + 2 * padding).checked_sub(conv.reach(axis));
        room.map_or(0, |room| room / conv.stride[axis] + 1)
    };
    let map = Map::new(
        conv.out_channels,
        along(0, input.height),
        along(1, input.width),
    );
    checked_len(&map);
    map
}

/// Asserts that a convolution leads from one map to the other and that the
/// input's halo covers its padding.
pub(crate) fn check(conv: &Conv2d, input: &Map, output: &Map) {
    let fits = |axis: usize, from: usize, to: usize| {
        let (stride, padding, reach) = (conv.stride[axis], conv.padding[axis], conv.reach(axis));
        // The halo is bounded by the arena, so the padding is too.
        padding <= input.halo
            && has_sound_window(conv, axis)
            && reach <= from + 2 * padding
            && to == (from + 2 * padding - reach) / stride + 1
    };
    assert!(
        has_sound_groups(conv)
            && conv.in_channels == input.channels
            && conv.out_channels == output.channels
            && fits(0, input.height, output.height)
            && fits(1, input.width, output.width)
            && (conv.kernel[0] * conv.kernel[1])
                .checked_mul(conv.in_channels)
                .and_then(|taps| taps.checked_mul(round_up(conv.out_channels, PANEL)))
                .is_some(),
        "{conv:?} doesn't lead from {input:?} to {output:?}, or the halo is too small"
    );
    // Whole vectors are read there instead of one channel after another.
    let narrow = conv.forward_groups().is_narrow();
    assert!(
        !narrow || input.channel_stride >= round_up(input.channels, CHANNEL_BLOCK),
        "{conv:?} needs whole channel blocks: {input:?}"
    );
}

/// Whether channels fall into groups of equal size.
pub(crate) fn has_sound_groups(conv: &Conv2d) -> bool {
    let even = |channels: usize| channels.checked_rem(conv.groups) == Some(0);
    even(conv.in_channels) && even(conv.out_channels)
}

/// Whether kernel, stride and dilation of an axis can be computed with.
pub(crate) fn has_sound_window(conv: &Conv2d, axis: usize) -> bool {
    conv.kernel[axis] > 0
        && (1..=MAX_STRIDE).contains(&conv.stride[axis])
        && (1..=MAX_STRIDE).contains(&conv.dilation[axis])
}

/// Asserts that two maps have the same pixels and whole channel blocks.
pub(crate) fn check_same_pixels(a: &Map, b: &Map) {
    assert!(
        (a.channels, a.height, a.width) == (b.channels, b.height, b.width)
            && a.channel_stride >= round_up(a.channels, CHANNEL_BLOCK),
        "maps of different pixels: {a:?} and {b:?}"
    );
}
