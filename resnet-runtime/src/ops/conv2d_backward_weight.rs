//! Gradient of a convolution's weight and bias.
//!
//! Every weight's gradient is one sum over all pixels of the batch, in order
//! of images, rows and columns; threads share out weights, never pixels.

mod blocks;

use core::ops::Range;

use blocks::Block;

use super::conv2d::{check, first_tap, strides, taps};
use super::extent::{Extent, part, pieces};
use super::shares::share_out;
use crate::Element;
use crate::geometry::{CHANNEL_BLOCK, Conv2d, Groups, round_up};
use crate::kernels::conv_tile::Taps;
use crate::kernels::weight_tile::WeightTile;
use crate::kernels::{ConvKernels, Kernels};
use crate::pool;
use crate::seam::Source;

/// Sums of one tile, at most.
const MOST_SUMS: usize = 16 * 32;

/// The gradients of one convolution as addresses and strides.
struct Gradient<E> {
    /// Output pixels, and the strides of input and output gradient.
    extent: Extent<2>,
    input: *const E,
    /// What the output sums; in a depthwise convolution the kernel's columns
    /// are the run, as each is one vector of input.
    taps: Taps,
    /// From one element of a run to the next.
    run_step: usize,
    groups: Groups,
    /// Output channels that carry values.
    carrying: usize,
    d_output: *const E,
    /// Output channels, whole blocks.
    channels: usize,
    weight: *mut E,
    /// Or null.
    bias: *mut E,
    /// What the bias multiplies.
    one: E,
    /// Tiles that a run of taps is cut into.
    cuts: usize,
}

// SAFETY: the pointers are used by `Gradient::items` alone, whose caller
// vouches for them on every thread.
unsafe impl<E: Sync> Sync for Gradient<E> {}

/// Overwrites `weight` (training layout) and `bias` with their gradients, with
/// some workspace for each thread.
#[expect(
    clippy::too_many_arguments,
    reason = "those of the convolution, and workspace"
)]
pub(crate) fn conv2d_backward_weight<E: Element>(
    kernels: &Kernels<E>,
    threads: usize,
    conv: &Conv2d,
    input: Source<'_, E>,
    d_output: Source<'_, E>,
    weight: &mut [E],
    bias: Option<&mut [E]>,
    workspace: &mut [E],
) {
    check(conv, &input.map, &d_output.map);
    assert_eq!(input.batch, d_output.batch);
    let channels = round_up(conv.out_channels, CHANNEL_BLOCK);
    assert!(
        d_output.map.channel_stride >= channels,
        "a gradient needs whole channel blocks"
    );
    assert!(
        weight.len() >= conv.taps() * channels,
        "gradients are missing: {conv:?}"
    );
    assert!(
        bias.as_ref().is_none_or(|bias| bias.len() >= channels),
        "gradients are missing: {conv:?}"
    );
    if d_output.batch == 0 {
        weight.fill(E::ZERO);
        bias.into_iter().for_each(|bias| bias.fill(E::ZERO));
        return;
    }
    let [stride_h, stride_w] = conv.stride;
    let extent = Extent {
        count: [d_output.batch, d_output.map.height, d_output.map.width],
        strides: [
            strides(&input.map, stride_h, stride_w),
            strides(&d_output.map, 1, 1),
        ],
    };
    let groups = conv.forward_groups();
    let pixels: usize = extent.count.iter().product();
    let work = pixels.saturating_mul(conv.master_len());
    let threads = pool::threads_for(threads, work);
    let mut taps = taps(conv, &input.map);
    let mut run_step = 1;
    if groups.is_depthwise() {
        run_step = taps.column_step;
        taps.run = taps.columns;
        taps.columns = 1;
    } else if groups.is_narrow() {
        // Every channel of a block is multiplied with all that it sees.
        taps.run = groups.block_run();
    }
    let gradient = Gradient {
        extent: extent.folded(),
        input: first_tap(conv, &input),
        taps,
        run_step,
        groups,
        carrying: conv.out_channels,
        d_output: d_output.pixel(0, 0, 0),
        channels,
        weight: weight.as_mut_ptr(),
        bias: bias.map_or(core::ptr::null_mut(), <[E]>::as_mut_ptr),
        one: E::ONE,
        cuts: cuts(&kernels.conv, groups, taps, channels, threads),
    };
    if !gradient.is_direct() {
        // Blocks of channels give their groups' parts one after another.
        weight.fill(E::ZERO);
    }
    let count = gradient.count(&kernels.conv);
    let shares = threads.clamp(1, count);
    let each = conv.gradient_workspace_len();
    share_out(shares, each, workspace, &|share, workspace| {
        // SAFETY: checked above: all taps of all pixels lie inside the input,
        // the gradients have the pixels and the weights; items are apart.
        unsafe { gradient.items(&kernels.conv, part(count, share, shares), workspace) };
    });
}

/// How many tiles to cut a run of taps into: the fewest, or more where
/// threads would otherwise come out uneven.
fn cuts<E: Element>(
    kernels: &ConvKernels<E>,
    groups: Groups,
    taps: Taps,
    channels: usize,
    threads: usize,
) -> usize {
    let vectors = (channels / kernels.lanes).min(2);
    let table = if groups.is_depthwise() {
        kernels.training().depthwise_weight
    } else {
        kernels.training().weight
    };
    let fewest = pieces(taps.run, table[vectors - 1].len());
    let panels = channels.div_ceil(kernels.panel());
    let cost = |cuts: usize| {
        let items = panels * taps.rows * taps.columns * cuts;
        // A tile of few sums waits for them, and loads as much as larger ones.
        let tile = (taps.run.div_ceil(cuts) * vectors).max(8) + 2;
        items.div_ceil(threads.max(1)) * tile
    };
    (fewest..=fewest + 2)
        .filter(|&cuts| cuts <= taps.run)
        .min_by_key(|&cuts| cost(cuts))
        .unwrap_or(fewest)
}

impl<E: Element> Gradient<E> {
    /// Tiles of weights, then panels of biases.
    fn count(&self, kernels: &ConvKernels<E>) -> usize {
        let panels = self.channels.div_ceil(kernels.panel());
        let biases = if self.bias.is_null() { 0 } else { panels };
        panels * self.tiles_per_panel() + biases
    }

    fn tiles_per_panel(&self) -> usize {
        self.cuts * self.taps.rows * self.taps.columns
    }

    /// Computes some items' sums over the pixels of `tile`. Taps vary
    /// fastest, since they share the pixels.
    ///
    /// # Safety
    ///
    /// As for [`items`](Self::items).
    unsafe fn block(&self, kernels: &ConvKernels<E>, block: Block<E>, items: Range<usize>) {
        let Block {
            tile, panel: step, ..
        } = block;
        let first = items.start;
        let Taps {
            rows: _,
            row_step,
            columns,
            column_step,
            run,
        } = self.taps;
        let per_panel = self.tiles_per_panel();
        let taps = self.taps.rows * columns;
        let panels = self.channels.div_ceil(kernels.panel());
        for item in items {
            let is_bias = item >= panels * per_panel;
            let panel = if is_bias {
                item - panels * per_panel
            } else {
                item / per_panel
            };
            let channel = panel * kernels.panel();
            let vectors = ((self.channels - channel) / kernels.lanes).min(2);
            let (later, later_strides) = self.later(&block, item - first);
            let tile = WeightTile {
                d_output: tile.d_output.wrapping_add(panel * step),
                later,
                later_strides,
                ..tile
            };
            if is_bias {
                let bias = WeightTile {
                    input: &self.one,
                    input_strides: [0; 3],
                    gradient: self.bias.wrapping_add(channel),
                    ..tile
                };
                // SAFETY: the caller's promise; the input is the same 1 for
                // all pixels.
                unsafe { kernels.training().weight[vectors - 1][0](&bias) };
                continue;
            }
            let run = part(run, item % per_panel / taps, self.cuts);
            let (row, column) = (item % taps / columns, item % columns);
            let tap = item % taps;
            let input = row * row_step + column * column_step + run.start * self.run_step;
            let tile = WeightTile {
                input: tile.input.wrapping_add(input),
                ..tile
            };
            let start = |vector: usize| self.groups.block_start(channel + vector * kernels.lanes);
            let split = vectors == 2 && !self.groups.is_depthwise() && start(0) != start(1);
            let (width, strips) = if split { (1, 2) } else { (vectors, 1) };
            for strip in 0..strips {
                let lane = strip * kernels.lanes;
                let channel = channel + lane;
                let tile = WeightTile {
                    d_output: tile.d_output.wrapping_add(lane),
                    ..tile
                };
                // SAFETY: the caller's promise.
                unsafe { self.strip(kernels, tile, channel, width, tap, run.clone()) };
            }
        }
    }

    /// Whether every sum of a tile is the gradient of a weight: not where
    /// channel blocks touch several groups.
    fn is_direct(&self) -> bool {
        self.groups.count == 1
            || self.groups.is_depthwise()
            || self.groups.to.is_multiple_of(CHANNEL_BLOCK)
    }

    /// Sums one or two vectors of channels, which see the same input, by a
    /// part of a run.
    ///
    /// # Safety
    ///
    /// As for [`items`](Self::items).
    unsafe fn strip(
        &self,
        kernels: &ConvKernels<E>,
        tile: WeightTile<E>,
        channel: usize,
        vectors: usize,
        tap: usize,
        run: Range<usize>,
    ) {
        let (start, table) = if self.groups.is_depthwise() {
            (channel, kernels.training().depthwise_weight)
        } else {
            (self.groups.block_start(channel), kernels.training().weight)
        };
        let entry = table[vectors - 1][run.len() - 1];
        let tile = WeightTile {
            input: tile.input.wrapping_add(start),
            ..tile
        };
        if self.is_direct() {
            let row = tap * self.taps.run + run.start;
            let gradient = self.weight.wrapping_add(row * self.channels + channel);
            // SAFETY: the caller's promise, and the table is of this
            // processor's instructions.
            unsafe { entry(&WeightTile { gradient, ..tile }) };
            return;
        }
        let width = vectors * kernels.lanes;
        let mut sums = [E::ZERO; MOST_SUMS];
        assert!(run.len() * width <= MOST_SUMS);
        let block = WeightTile {
            gradient: sums.as_mut_ptr(),
            gradient_stride: width,
            accumulate: false,
            ..tile
        };
        // SAFETY: the caller's promise, and all sums fit.
        unsafe { entry(&block) };
        for (lane, channel) in (channel..self.carrying.min(channel + width)).enumerate() {
            let group = channel / self.groups.to * self.groups.from;
            for place in 0..self.groups.from {
                // Where the group's channel lies among those summed.
                let Some(m) = (group + place).checked_sub(start + run.start) else {
                    continue;
                };
                if m < run.len() {
                    let row = tap * self.groups.from + place;
                    let gradient = self.weight.wrapping_add(row * self.channels + channel);
                    // SAFETY: the caller's promise.
                    unsafe { *gradient += sums[m * width + lane] };
                }
            }
        }
    }
}
