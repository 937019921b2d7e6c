//! Weights from training layout `[kernel_h][kernel_w][in][out]` to panels.

use core::marker::PhantomData;
use core::ops::Range;

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use super::conv2d_backward_input::Phase;
use crate::Element;
use crate::geometry::{CHANNEL_BLOCK, Conv2d, Groups, PANEL, round_up};
use crate::pool;

/// Multiply-adds that take as long as moving one weight, roughly.
const COPY: usize = 32;

/// A mutable slice that threads take apart.
pub(crate) struct Apart<'a, E> {
    base: *mut E,
    len: usize,
    lifetime: PhantomData<&'a mut [E]>,
}

// SAFETY: a mutable slice of its own, given out in parts that don't overlap.
unsafe impl<E: Send> Sync for Apart<'_, E> {}

impl<'a, E> Apart<'a, E> {
    /// Nothing taken yet.
    pub(crate) fn new(slice: &'a mut [E]) -> Self {
        Self {
            base: slice.as_mut_ptr(),
            len: slice.len(),
            lifetime: PhantomData,
        }
    }

    /// One part.
    ///
    /// # Safety
    ///
    /// Parts that live at the same time don't overlap.
    #[expect(clippy::mut_from_ref, reason = "the caller keeps parts apart")]
    pub(crate) unsafe fn part(&self, range: Range<usize>) -> &mut [E] {
        assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: inside the slice; the caller keeps parts apart.
        unsafe { core::slice::from_raw_parts_mut(self.base.add(range.start), range.len()) }
    }
}

/// Packs the forward panels, `[out / panel][kernel_h][kernel_w][run][panel]`.
pub(crate) fn pack_forward<E: Element>(
    panel: usize,
    threads: usize,
    conv: &Conv2d,
    master: &[E],
    packed: &mut [E],
) {
    let groups = conv.forward_groups();
    let taps = conv.kernel[0] * conv.kernel[1];
    let block = round_up(conv.out_channels, CHANNEL_BLOCK);
    let panels = block.div_ceil(panel);
    let (tap_len, rows) = (groups.run() * panel, conv.taps() / taps);
    let packed = Apart::new(&mut packed[..panels * taps * tap_len]);
    let threads = pool::threads_for(threads, COPY * master.len());
    pool::run(threads, panels * taps, &|range| {
        for index in range {
            // SAFETY: every index has its own part.
            let to = unsafe { packed.part(index * tap_len..(index + 1) * tap_len) };
            let from = &master[index % taps * rows * block..][..rows * block];
            if !Tile::fills_panel(groups, index / taps * panel, panel) {
                to.fill(E::ZERO);
            }
            for tile in Tile::of_panel(groups, index / taps * panel, panel) {
                for (row, to) in to[tile.row * panel..]
                    .chunks_exact_mut(panel)
                    .take(rows)
                    .enumerate()
                {
                    let from = &from[row * block + tile.channel..][..tile.width];
                    to[tile.lane..][..tile.width].copy_from_slice(from);
                }
            }
        }
    });
}

/// Packs the panels of the input's gradient: for each phase of the stride
/// `[in / panel][taps_h reversed][taps_w reversed][run][panel]`.
pub(crate) fn pack_backward<E: Element>(
    panel: usize,
    threads: usize,
    conv: &Conv2d,
    master: &[E],
    packed: &mut [E],
) {
    let groups = conv.backward_groups();
    let block = round_up(conv.out_channels, CHANNEL_BLOCK);
    let panels = round_up(conv.in_channels, CHANNEL_BLOCK).div_ceil(panel);
    let tap_len = groups.run() * panel;
    let rows = conv.in_channels / conv.groups;
    let threads = pool::threads_for(threads, COPY * master.len());
    let mut packed = &mut packed[..conv.packed_backward_len()];
    for down in Phase::along(conv, 0, 0) {
        for across in Phase::along(conv, 1, 0) {
            let taps = down.taps * across.taps;
            let len = taps * groups.run() * round_up(conv.in_channels, PANEL);
            let (phase, rest) = packed.split_at_mut(len);
            packed = rest;
            let phase = Apart::new(phase);
            pool::run(threads, panels * taps, &|range| {
                for index in range {
                    // SAFETY: every index has its own part.
                    let to = unsafe { phase.part(index * tap_len..(index + 1) * tap_len) };
                    let tap = index % taps;
                    let row = down.place(down.taps - 1 - tap / across.taps);
                    let column = across.place(across.taps - 1 - tap % across.taps);
                    let from = (row * conv.kernel[1] + column) * rows;
                    let from = &master[from * block..][..rows * block];
                    if !Tile::fills_panel(groups, index / taps * panel, panel) {
                        to.fill(E::ZERO);
                    }
                    for tile in Tile::of_panel(groups, index / taps * panel, panel) {
                        let first = tile.channel % groups.to;
                        let from = &from[first * block + tile.group * groups.from..];
                        let to = &mut to[tile.row * panel + tile.lane..];
                        transpose(from, block, to, panel, [groups.from, tile.width]);
                    }
                }
            });
        }
    }
}

/// What one group gives to a panel: `Groups::from` rows by a few lanes.
struct Tile {
    group: usize,
    /// Of the panel's run.
    row: usize,
    lane: usize,
    /// The first lane's channel.
    channel: usize,
    /// Lanes.
    width: usize,
}

impl Tile {
    /// Whether the panel that starts at a channel is one tile, with no zeros.
    fn fills_panel(groups: Groups, panel: usize, width: usize) -> bool {
        groups.count == 1 && panel + width <= groups.to
    }

    /// The tiles of the panel that starts at a channel; the rest is zero.
    fn of_panel(groups: Groups, panel: usize, width: usize) -> impl Iterator<Item = Self> {
        let end = (panel + width).min(groups.count * groups.to);
        let mut channel = panel;
        core::iter::from_fn(move || {
            if channel >= end {
                return None;
            }
            let group = channel / groups.to;
            // Up to the end of the group, the panel and, where blocks may start
            // at different rows, the channel block.
            let block_end = match groups.count {
                1 => end,
                _ => (channel / CHANNEL_BLOCK + 1) * CHANNEL_BLOCK,
            };
            let next = ((group + 1) * groups.to).min(block_end).min(end);
            let row = group * groups.from - groups.start(channel);
            let tile = Self {
                group,
                row,
                lane: channel - panel,
                channel,
                width: next - channel,
            };
            channel = next;
            Some(tile)
        })
    }
}

/// Rows that are transposed together: a cache line of each lane.
const TOGETHER: usize = 16;

/// `to[row][lane] = from[lane][row]` for so many rows and lanes.
fn transpose<E: Element>(
    from: &[E],
    from_stride: usize,
    to: &mut [E],
    to_stride: usize,
    [rows, lanes]: [usize; 2],
) {
    for (index, to) in to.chunks_mut(TOGETHER * to_stride).enumerate() {
        let first = index * TOGETHER;
        if first >= rows {
            break;
        }
        let count = TOGETHER.min(rows - first);
        for lane in 0..lanes {
            let from = &from[lane * from_stride + first..][..count];
            let places = to[lane..].iter_mut().step_by(to_stride);
            places.zip(from).for_each(|(to, from)| *to = *from);
        }
    }
}

/// Scales the panels' output channels by one factor each and writes them to
/// `packed`; computed in `f64` and rounded once.
pub(crate) fn pack_scaled<E: Element>(
    panel: usize,
    conv: &Conv2d,
    master: &[E],
    scale: impl Fn(usize) -> f64,
    packed: &mut [E],
) {
    pack_forward(panel, 1, conv, master, packed);
    let panel_len = conv.packed_len() / round_up(conv.out_channels, PANEL) * panel;
    let scales: Vec<f64> = (0..conv.out_channels).map(scale).collect();
    for (panels, scales) in packed.chunks_exact_mut(panel_len).zip(scales.chunks(panel)) {
        for row in panels.chunks_exact_mut(panel) {
            for (weight, scale) in row.iter_mut().zip(scales) {
                *weight = E::from_f64(weight.to_f64() * scale);
            }
        }
    }
}
