//! Winograd convolution: blocks of tiles that stay in a core's cache are
//! transformed, multiplied with one panel of weights after another, and
//! transformed back.
//!
//! Every tile is computed in the same way wherever it falls, so that neither
//! blocks nor threads matter to the result.

use core::ops::Range;

mod ahead;
mod backward_weight;
mod by_rows;
mod multiply;
mod packed_input;
mod tiles;
mod weights;

use ahead::Ahead;
pub(crate) use backward_weight::conv2d_backward_weight_winograd;
pub(crate) use by_rows::WinogradByRows;
use tiles::{Run, Tiles, Transformed};
pub(crate) use weights::Weights;

use super::activation::Afterwards;
use super::conv2d::{Epilogue, check, check_same_pixels, zero_halo};
use super::extent::{part, pieces};
use super::shares::share_out;
use super::statistics::Statistics;
use crate::Element;
use crate::geometry::{Activation, CHANNEL_BLOCK, Conv2d, FREQUENCY_GAP, PANEL, round_up};
use crate::kernels::sweep::pixels::{Extent, PixelsMut};
use crate::kernels::winograd::OutputTiles;
use crate::kernels::{ConvKernels, Kernels};
use crate::pool;
use crate::seam::{Source, Target};

/// `output = activation(convolution + bias + residual)` with tiles of `m x m`
/// pixels and some workspace for each thread.
#[expect(clippy::too_many_arguments, reason = "those of `conv2d`, and two more")]
pub(crate) fn conv2d_winograd<E: Element>(
    kernels: &Kernels<E>,
    threads: usize,
    m: usize,
    conv: &Conv2d,
    weights: Weights<'_, E>,
    input: Source<'_, E>,
    output: Target<'_, E>,
    epilogue: Epilogue<'_, E>,
    workspace: &mut [E],
) {
    let winograd = Winograd::new(kernels, m, conv, weights, input, output, epilogue);
    let shares = pool::threads_for(threads, winograd.work()).max(1);
    let each = weights.workspace_len(conv, m);
    let lines = output.batch * output.map.height;
    share_out(shares, each, workspace, &|share, workspace| {
        // SAFETY: shares are apart in the output; everything they read was
        // checked above.
        unsafe {
            zero_halo(&output, part(lines, share, shares));
            winograd.share(&kernels.conv, share, shares, workspace);
        }
    });
    if let Some(statistics) = epilogue.statistics
        && winograd.behind(&kernels.conv, shares).is_none()
    {
        statistics.of_all(output.as_source());
    }
}

/// A convolution whose arguments were checked.
struct Winograd<'a, E: 'static> {
    m: usize,
    tiles: Tiles,
    input: Source<'a, E>,
    output: Target<'a, E>,
    /// Channels read.
    phase: usize,
    /// Those of all phases of the stride.
    depth: usize,
    /// Channels written, whole blocks.
    channels: usize,
    weights: Weights<'a, E>,
    epilogue: Epilogue<'a, E>,
    /// An activation that isn't in the transform's epilogue.
    afterwards: Option<Afterwards<E>>,
    /// Elements between two tiles of the transformed input.
    tile_stride: usize,
    /// Most tiles of a block.
    block: usize,
    /// Panels of weights that a thread transforms and keeps at once.
    kept_panels: usize,
}

/// A thread's workspace, but for weights.
struct Room<'a, E> {
    /// A block of the input, transformed.
    values: &'a mut [E],
    /// Its products with one panel of weights.
    sums: &'a mut [E],
    /// What products ask for.
    ahead: Ahead<E>,
}

impl<'a, E: Element> Winograd<'a, E> {
    /// The convolution of arguments that fit together.
    fn new(
        kernels: &Kernels<E>,
        m: usize,
        conv: &Conv2d,
        weights: Weights<'a, E>,
        input: Source<'a, E>,
        output: Target<'a, E>,
        epilogue: Epilogue<'a, E>,
    ) -> Self {
        check(conv, &input.map, &output.map);
        let by_phases = conv.suits_winograd_phases() && m == 4;
        let changes = matches!(weights, Weights::Panels(_));
        assert!(
            conv.suits_winograd() && (m == 2 || m == 4) || by_phases && !changes,
            "no Winograd convolution: {conv:?} by tiles of {m}"
        );
        let is_packed =
            by_phases && conv.suits_packed_phases() && input.map.channel_stride == conv.in_channels;
        assert!(
            is_packed || input.map.channel_stride >= round_up(conv.in_channels, CHANNEL_BLOCK),
            "an input needs whole channel blocks: {:?}",
            input.map
        );
        assert_eq!(input.batch, output.batch);
        let channels = round_up(conv.out_channels, CHANNEL_BLOCK);
        let winograd = Self {
            m,
            tiles: Tiles::new(m, conv, [&input.map, &output.map], output.batch),
            input,
            output,
            phase: conv.in_channels,
            depth: conv.winograd_depth(),
            channels,
            weights,
            epilogue,
            afterwards: Afterwards::new(&kernels.sweep, epilogue.activation, &output.map),
            tile_stride: conv.winograd_tile_stride(),
            block: weights.block(conv, m),
            kept_panels: conv.winograd_kept_panels(m) * PANEL / kernels.conv.panel(),
        };
        let panels = channels.div_ceil(kernels.conv.panel());
        assert!(
            weights.has_panels(panels, m, conv, kernels.conv.panel())
                && epilogue.bias.is_none_or(|bias| bias.len() >= channels),
            "weights or biases are missing: {conv:?}"
        );
        if let Some(residual) = epilogue.residual {
            check_same_pixels(&residual.map, &output.map);
            assert_eq!(residual.batch, output.batch);
        }
        winograd
    }

    /// Multiply-adds of the batch.
    fn work(&self) -> usize {
        self.tiles.count() * self.frequencies() * self.depth * self.channels
    }

    /// Panels of channels.
    fn panels(&self, kernels: &ConvKernels<E>) -> usize {
        self.channels.div_ceil(kernels.panel())
    }

    /// Frequencies of a tile.
    fn frequencies(&self) -> usize {
        self.tiles.frequencies()
    }

    /// Computes one thread's share. Shares cover the output once.
    ///
    /// # Safety
    ///
    /// Nobody else reads or writes this share of the output meanwhile.
    unsafe fn share(
        &self,
        kernels: &ConvKernels<E>,
        share: usize,
        shares: usize,
        workspace: &mut [E],
    ) {
        let tiles = self.tiles.count();
        let panels = self.panels(kernels);
        let behind = self.behind(kernels, shares);
        let mut written = part(behind.map_or(0, Statistics::blocks), share, shares);
        let (tiles, panels) = if self.prefers_panels(tiles, panels, shares) {
            (0..tiles, part(panels, share, shares))
        } else if let Some(statistics) = behind {
            let first = |block| self.first_tile(statistics, block);
            (first(written.start)..first(written.end), 0..panels)
        } else {
            (part(tiles, share, shares), 0..panels)
        };
        // SAFETY: the caller's promise.
        unsafe {
            self.blocks(kernels, tiles, panels, workspace, &mut |end| {
                let Some(statistics) = behind else { return };
                while !written.is_empty() && self.first_tile(statistics, written.start + 1) <= end {
                    statistics.behind(&self.output, written.start);
                    written.start += 1;
                }
            });
        }
    }

    /// Computes some tiles of some panels, block by block; `done` is told the
    /// end of each.
    ///
    /// # Safety
    ///
    /// Nobody else reads or writes these parts of the output meanwhile.
    unsafe fn blocks(
        &self,
        kernels: &ConvKernels<E>,
        tiles: Range<usize>,
        panels: Range<usize>,
        workspace: &mut [E],
        done: &mut dyn FnMut(usize),
    ) {
        if panels.is_empty() {
            return;
        }
        let values = self.frequencies() * (self.block * self.tile_stride + FREQUENCY_GAP);
        let (values, rest) = workspace.split_at_mut(values);
        let sums = self.frequencies() * (self.block * PANEL + FREQUENCY_GAP);
        let (sums, transformed) = rest.split_at_mut(sums);
        let mut room = Room {
            values,
            sums,
            ahead: Ahead::nothing(),
        };
        // SAFETY: the caller's promise.
        let mut weights = unsafe { self.weights_of(kernels, panels.clone(), transformed) };
        let blocks = pieces(tiles.len(), self.block);
        for block in 0..blocks {
            let block = part(tiles.len(), block, blocks);
            let block = tiles.start + block.start..tiles.start + block.end;
            // SAFETY: the caller's promise; the workspace is as long as
            // `winograd_workspace_len` says, for blocks of `self.block` tiles.
            unsafe {
                self.transform_input(kernels, block.clone(), room.values);
                let next = block.end..tiles.end.min(block.end + self.block);
                room.ahead = self.ahead(block.clone(), next);
                for panel in panels.clone() {
                    let weights = weights.panel(self, kernels, panel);
                    self.multiply(kernels, block.len(), panel, weights, &mut room);
                    self.transform_output(kernels, block.clone(), panel, room.sums);
                }
            }
            done(block.end);
        }
    }

    /// Statistics to compute behind the tiles, where threads share those out.
    fn behind(&self, kernels: &ConvKernels<E>, shares: usize) -> Option<&'a Statistics<'a, E>> {
        let panels = self.panels(kernels);
        self.epilogue.statistics.filter(|statistics| {
            statistics.are_even(shares) && !self.prefers_panels(self.tiles.count(), panels, shares)
        })
    }

    /// The first tile of a block of statistics.
    fn first_tile(&self, statistics: &Statistics<'_, E>, block: usize) -> usize {
        let (image, rows) = statistics.rows(block);
        self.tiles.at_row(image, rows.start)
    }

    /// Whether threads had better share out panels of weights, each
    /// transforming all of the input: where the weights that every thread
    /// would read are much more than the input.
    fn prefers_panels(&self, tiles: usize, panels: usize, shares: usize) -> bool {
        let even = panels.is_multiple_of(shares) || panels >= 4 * shares;
        match self.weights {
            Weights::Transformed(_) => even && (tiles < 14 * shares || self.depth >= 256),
            // Transforming weights costs as much as transforming the input.
            Weights::Panels(_) => even && tiles < self.channels,
        }
    }

    /// Elements between two frequencies of a block's transformed input.
    fn values_frequency(&self, tiles: usize) -> usize {
        tiles * self.tile_stride + FREQUENCY_GAP
    }

    /// Elements between two frequencies of a block's products.
    fn sums_frequency(&self, kernels: &ConvKernels<E>, tiles: usize) -> usize {
        tiles * kernels.panel() + FREQUENCY_GAP
    }

    /// Transforms a block of the input.
    ///
    /// # Safety
    ///
    /// `values` holds the block.
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
        // SAFETY: the halo is at least one pixel wide; the caller vouches for
        // the rest.
        unsafe {
            self.tiles
                .transform(kernels, &self.input, block, to, values)
        };
    }

    /// Vectors of a panel that hold channels.
    fn vectors(&self, kernels: &ConvKernels<E>, panel: usize) -> usize {
        let left = self.channels - panel * kernels.panel();
        (left / kernels.lanes).min(2)
    }

    /// Transforms the products of a block back, into one panel of channels.
    ///
    /// # Safety
    ///
    /// `sums` holds the block; nobody else reads or writes its output.
    unsafe fn transform_output(
        &self,
        kernels: &ConvKernels<E>,
        block: Range<usize>,
        panel: usize,
        sums: &[E],
    ) {
        let channel = panel * kernels.panel();
        let Epilogue {
            bias,
            residual,
            activation,
            ..
        } = self.epilogue;
        let map = self.output.map;
        let residual_map = residual.map_or(map, |residual| residual.map);
        let sums_frequency = self.sums_frequency(kernels, block.len());
        for run in self.tiles.runs(block) {
            let Run {
                image, row, column, ..
            } = run;
            let tiles = OutputTiles {
                sums: sums[run.first * kernels.panel()..].as_ptr(),
                sums_frequency,
                tiles: run.tiles,
                rows: run.inside[0],
                columns: run.inside[1],
                vectors: self.vectors(kernels, panel),
                bias: bias.map_or(core::ptr::null(), |bias| bias[channel..].as_ptr()),
                residual: residual.map_or(core::ptr::null(), |residual| {
                    residual.pixel(image, row, column).wrapping_add(channel)
                }),
                residual_row: residual_map.row_stride(),
                residual_pixel: residual_map.channel_stride,
                output: self.output.pixel(image, row, column).wrapping_add(channel),
                output_row: map.row_stride(),
                output_pixel: map.channel_stride,
                relu: activation == Activation::Relu,
            };
            // SAFETY: the rows and columns are inside the maps, whose channels
            // come in whole blocks; the caller vouches for the rest.
            unsafe { (kernels.winograd().of_side(self.tiles.side).output)(&tiles) };
            if let Some(afterwards) = self.afterwards {
                let extent = Extent {
                    rows: tiles.rows,
                    width: (tiles.tiles - 1) * self.m + tiles.columns,
                    channels: tiles.vectors * kernels.lanes,
                };
                let written = PixelsMut {
                    base: tiles.output,
                    row: tiles.output_row,
                    pixel: tiles.output_pixel,
                };
                // SAFETY: that is what the transform has written.
                unsafe { afterwards.apply(extent, channel, written) };
            }
        }
    }
}
