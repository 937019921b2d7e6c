//! Gradient of a convolution's weight by Winograd: tiles of the input and of
//! the output's gradient are transformed, multiplied at each frequency, and
//! summed over the batch before the sums are transformed back to taps.
//!
//! Every sum adds blocks of tiles in their order; threads share out panels of
//! output channels, never tiles.

use core::ops::Range;

use super::super::conv2d::check;
use super::super::extent::{part, pieces};
use super::super::shares::share_out;
use super::ahead::Ahead;
use super::tiles::{Tiles, Transformed};
use crate::Element;
use crate::geometry::{CHANNEL_BLOCK, Conv2d, FREQUENCY_GAP, PANEL, round_up};
use crate::kernels::weight_tile::WeightTile;
use crate::kernels::winograd::{GradientPanel, GradientTiles};
use crate::kernels::{ConvKernels, Kernels};
use crate::pool;
use crate::seam::Source;

/// Overwrites `weight` (training layout) with its gradient, by tiles of
/// `m x m` pixels and with some workspace for each thread.
#[expect(
    clippy::too_many_arguments,
    reason = "those of the direct one, and two more"
)]
pub(crate) fn conv2d_backward_weight_winograd<E: Element>(
    kernels: &Kernels<E>,
    threads: usize,
    m: usize,
    conv: &Conv2d,
    input: Source<'_, E>,
    d_output: Source<'_, E>,
    weight: &mut [E],
    workspace: &mut [E],
) {
    check(conv, &input.map, &d_output.map);
    assert!(
        conv.suits_winograd() && (m == 2 || m == 4),
        "no Winograd convolution: {conv:?} by tiles of {m}"
    );
    let channels = round_up(conv.out_channels, CHANNEL_BLOCK);
    assert!(
        input.map.channel_stride >= round_up(conv.in_channels, CHANNEL_BLOCK)
            && d_output.map.channel_stride >= channels
            && d_output.map.halo >= 1,
        "whole channel blocks and a halo are needed: {:?}, {:?}",
        input.map,
        d_output.map
    );
    assert_eq!(input.batch, d_output.batch);
    let weight = &mut weight[..conv.taps() * channels];
    let panels = channels.div_ceil(kernels.conv.panel());
    let narrower = PANEL / kernels.conv.panel();
    let gradient = Gradient {
        m,
        tiles: Tiles::new(m, conv, [&input.map, &d_output.map], d_output.batch),
        input,
        d_output,
        depth: conv.in_channels,
        channels,
        weight: weight.as_mut_ptr(),
        tile_stride: conv.winograd_tile_stride(),
        block: conv.winograd_gradient_block(m),
        group: conv.winograd_gradient_panels(m) * narrower,
    };
    let tiles = gradient.tiles.count();
    let work = tiles * gradient.tiles.frequencies() * conv.in_channels * channels;
    let shares = pool::threads_for(threads, work).clamp(1, panels);
    let each = conv.winograd_gradient_workspace_len(m);
    share_out(shares, each, workspace, &|share, workspace| {
        // SAFETY: shares are apart in the gradient; everything they read was
        // checked above.
        unsafe { gradient.share(&kernels.conv, part(panels, share, shares), workspace) };
    });
}

/// A gradient whose arguments were checked.
struct Gradient<'a, E> {
    m: usize,
    tiles: Tiles,
    input: Source<'a, E>,
    d_output: Source<'a, E>,
    /// Input channels.
    depth: usize,
    /// Output channels, whole blocks.
    channels: usize,
    weight: *mut E,
    /// Elements between two tiles of the transformed input.
    tile_stride: usize,
    /// Most tiles of a block.
    block: usize,
    /// Panels that are summed at once.
    group: usize,
}

// SAFETY: the pointer is used by `Gradient::share` alone, whose caller vouches
// for it on every thread.
unsafe impl<E: Sync> Sync for Gradient<'_, E> {}

/// A thread's workspace.
struct Room<'a, E> {
    /// A block of the input, transformed.
    values: &'a mut [E],
    /// The same block of the output's gradient, a group of panels.
    gradients: &'a mut [E],
    /// Sums of that group.
    sums: &'a mut [E],
    /// What products ask for.
    ahead: Ahead<E>,
}

impl<E: Element> Gradient<'_, E> {
    /// Computes some panels.
    ///
    /// # Safety
    ///
    /// Nobody else touches these panels' weights meanwhile.
    unsafe fn share(&self, kernels: &ConvKernels<E>, panels: Range<usize>, workspace: &mut [E]) {
        let frequencies = self.tiles.frequencies();
        let values = frequencies * (self.block * self.tile_stride + FREQUENCY_GAP);
        let (values, rest) = workspace.split_at_mut(values);
        let width = self.group * kernels.panel();
        let (gradients, sums) =
            rest.split_at_mut(frequencies * (self.block * width + FREQUENCY_GAP));
        let mut room = Room {
            values,
            gradients,
            sums,
            ahead: Ahead::nothing(),
        };
        let count = self.tiles.count();
        let blocks = pieces(count, self.block);
        let groups = pieces(panels.len(), self.group);
        for group in 0..groups {
            let group = part(panels.len(), group, groups);
            let group = panels.start + group.start..panels.start + group.end;
            for index in 0..blocks {
                let block = part(count, index, blocks);
                // A single block of the input serves all groups.
                let is_new = blocks > 1 || group.start == panels.start;
                room.ahead = self.ahead(if index + 1 < blocks {
                    part(count, index + 1, blocks)
                } else {
                    count..count
                });
                // SAFETY: the caller's promise; the workspace is as long as
                // `winograd_gradient_workspace_len` says.
                unsafe {
                    if is_new {
                        self.transform_input(kernels, block.clone(), room.values);
                    }
                    for (place, panel) in group.clone().enumerate() {
                        self.transform_gradient(kernels, block.clone(), place, panel, &mut room);
                        self.multiply(kernels, block.len(), place, panel, index > 0, &mut room);
                    }
                }
            }
            for (place, panel) in group.enumerate() {
                // SAFETY: as above.
                unsafe { self.transform_sums(kernels, place, panel, blocks > 0, &room) };
            }
        }
    }

    /// What products ask for: the next block.
    fn ahead(&self, next: Range<usize>) -> Ahead<E> {
        let mut ahead = Ahead::nothing();
        for map in [&self.input, &self.d_output] {
            ahead.add(map.image(0), self.tiles.outputs(&map.map, next.clone()));
        }
        ahead
    }

    /// Elements between two frequencies of a block's transformed input.
    fn values_frequency(&self, tiles: usize) -> usize {
        tiles * self.tile_stride + FREQUENCY_GAP
    }

    /// Elements between two frequencies of a block's transformed gradient.
    fn gradients_frequency(&self, kernels: &ConvKernels<E>, tiles: usize) -> usize {
        tiles * self.group * kernels.panel() + FREQUENCY_GAP
    }

    /// Elements between two frequencies of a panel's sums.
    fn sums_frequency(&self, kernels: &ConvKernels<E>) -> usize {
        (self.depth * PANEL + FREQUENCY_GAP) * kernels.panel() / PANEL
    }

    /// Vectors of a panel that hold channels.
    fn vectors(&self, kernels: &ConvKernels<E>, panel: usize) -> usize {
        let left = self.channels - panel * kernels.panel();
        (left / kernels.lanes).min(2)
    }

    /// Transforms a block of the input.
    ///
    /// # Safety
    ///
    /// As for [`share`](Self::share).
    unsafe fn transform_input(
        &self,
        kernels: &ConvKernels<E>,
        block: Range<usize>,
        values: &mut [E],
    ) {
        let to = Transformed {
            tile: self.tile_stride,
            frequency: self.values_frequency(block.len()),
        };
        // SAFETY: the input was checked, and the workspace holds a block.
        unsafe {
            self.tiles
                .transform(kernels, &self.input, block, to, values)
        };
    }

    /// Transforms a block of the output's gradient, one panel of it.
    ///
    /// # Safety
    ///
    /// As for [`share`](Self::share).
    unsafe fn transform_gradient(
        &self,
        kernels: &ConvKernels<E>,
        block: Range<usize>,
        place: usize,
        panel: usize,
        room: &mut Room<'_, E>,
    ) {
        let map = self.d_output.map;
        let (row_stride, pixel) = (map.row_stride(), map.channel_stride);
        let width = kernels.panel();
        let values_frequency = self.gradients_frequency(kernels, block.len());
        let values = &mut room.gradients[place * block.len() * width..];
        for run in self.tiles.runs(block) {
            // Beyond the map's last row and column lie the halo's zeros.
            let [rows, columns] = run
                .inside
                .map(|inside| core::array::from_fn::<_, 4, _>(|i| i.min(inside)));
            let first = self.d_output.pixel(run.image, run.row, run.column);
            let tiles = GradientTiles {
                d_output: first.wrapping_add(panel * width),
                rows: rows.map(|row| row * row_stride),
                columns: columns.map(|column| column * pixel),
                d_output_tile: self.m * pixel,
                tiles: run.tiles,
                vectors: self.vectors(kernels, panel),
                values: values[run.first * width..].as_mut_ptr(),
                values_frequency,
            };
            // SAFETY: the pixels are inside the map and its halo; the caller
            // vouches for the rest.
            unsafe { (kernels.training().winograd[self.m / 4].gradient)(&tiles) };
        }
    }

    /// Adds a block's products to the sums of a panel, at every frequency.
    ///
    /// # Safety
    ///
    /// As for [`share`](Self::share).
    unsafe fn multiply(
        &self,
        kernels: &ConvKernels<E>,
        tiles: usize,
        place: usize,
        panel: usize,
        accumulate: bool,
        room: &mut Room<'_, E>,
    ) {
        let table = kernels.training().weight[self.vectors(kernels, panel) - 1];
        let cuts = pieces(self.depth, table.len());
        let width = kernels.panel();
        let sums_frequency = self.sums_frequency(kernels);
        let sums = &mut room.sums[place * self.tiles.frequencies() * sums_frequency..];
        let gradients = &room.gradients[place * tiles * width..];
        for frequency in 0..self.tiles.frequencies() {
            let values = &room.values[frequency * self.values_frequency(tiles)..];
            let gradients = &gradients[frequency * self.gradients_frequency(kernels, tiles)..];
            let sums = &mut sums[frequency * sums_frequency..][..self.depth * width];
            for cut in 0..cuts {
                let rows = part(self.depth, cut, cuts);
                let (later, later_step) = match room.ahead.take(tiles * kernels.lanes) {
                    Some(place) => (place, kernels.lanes),
                    None => (gradients.as_ptr(), 0),
                };
                let tile = WeightTile {
                    input: values[rows.start..].as_ptr(),
                    input_strides: [0, 0, self.tile_stride],
                    input_step: 1,
                    d_output: gradients.as_ptr(),
                    d_output_strides: [0, 0, width],
                    count: [1, 1, tiles],
                    later,
                    later_strides: [0, 0, later_step],
                    gradient: sums[rows.start * width..].as_mut_ptr(),
                    gradient_stride: width,
                    accumulate,
                };
                // SAFETY: the block and the sums are in the workspace, and the
                // table is of this processor's instructions.
                unsafe { table[rows.len() - 1](&tile) };
            }
        }
    }

    /// Transforms a panel's sums to the gradient; zeros if there are none.
    ///
    /// # Safety
    ///
    /// As for [`share`](Self::share).
    unsafe fn transform_sums(
        &self,
        kernels: &ConvKernels<E>,
        place: usize,
        panel: usize,
        are_there: bool,
        room: &Room<'_, E>,
    ) {
        let sums_frequency = self.sums_frequency(kernels);
        let vectors = self.vectors(kernels, panel);
        let gradient = self.weight.wrapping_add(panel * kernels.panel());
        if !are_there {
            for row in 0..9 * self.depth {
                // SAFETY: whole vectors of this panel's weights.
                unsafe {
                    let row = gradient.add(row * self.channels);
                    row.write_bytes(0, vectors * kernels.lanes);
                }
            }
            return;
        }
        let sums = &room.sums[place * self.tiles.frequencies() * sums_frequency..];
        let args = GradientPanel {
            sums: sums.as_ptr(),
            sums_frequency,
            depth: self.depth,
            vectors,
            gradient,
            gradient_tap: self.depth * self.channels,
            gradient_row: self.channels,
        };
        // SAFETY: the sums are in the workspace, the weights were checked.
        unsafe { (kernels.training().winograd[self.m / 4].taps)(&args) };
    }
}
