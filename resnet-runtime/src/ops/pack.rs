//! Weights from training layout `[kernel_h][kernel_w][in][out]` to panels.

use core::marker::PhantomData;
use core::ops::Range;

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use super::conv2d_backward_input::Phase;
use crate::Element;
use crate::geometry::{CHANNEL_BLOCK, Conv2d, Groups, PANEL, round_up};

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

/// The panels of one weight, which are packed block by block of its rows: a
/// block that has just been computed is near.
///
/// Zeros between groups and behind the last channel are left as they are.
pub(crate) struct Panels<'a, E> {
    conv: &'a Conv2d,
    panel: usize,
    /// `[out / panel][kernel_h][kernel_w][run][panel]`.
    forward: Option<Apart<'a, E>>,
    /// Those of the input's gradient: for each phase of the stride
    /// `[in / panel][taps_h reversed][taps_w reversed][run][panel]`.
    backward: Option<Apart<'a, E>>,
}

impl<'a, E: Element> Panels<'a, E> {
    /// `panel` channels wide each.
    pub(crate) fn new(
        panel: usize,
        conv: &'a Conv2d,
        forward: Option<&'a mut [E]>,
        backward: Option<&'a mut [E]>,
    ) -> Self {
        Self {
            conv,
            panel,
            forward: forward.map(|panels| Apart::new(&mut panels[..conv.packed_len()])),
            backward: backward.map(|panels| Apart::new(&mut panels[..conv.packed_backward_len()])),
        }
    }

    /// Rows of a tap of the weight.
    fn rows(&self) -> usize {
        self.conv.in_channels / self.conv.groups
    }

    /// Rows that are packed together: those of one panel of the input's
    /// gradient, or all where groups share them.
    fn together(&self) -> usize {
        match self.conv.groups {
            1 => self.panel,
            _ => self.rows(),
        }
    }

    /// Elements of a row.
    fn row(&self) -> usize {
        round_up(self.conv.out_channels, CHANNEL_BLOCK)
    }

    /// Blocks of the weight.
    pub(crate) fn blocks(&self) -> usize {
        let [height, width] = self.conv.kernel;
        height * width * self.rows().div_ceil(self.together())
    }

    /// Tap and rows of a block.
    fn place(&self, block: usize) -> (usize, Range<usize>) {
        let (rows, together) = (self.rows(), self.together());
        let blocks = rows.div_ceil(together);
        let start = block % blocks * together;
        (block / blocks, start..rows.min(start + together))
    }

    /// Where a block lies in the weight.
    pub(crate) fn range(&self, block: usize) -> Range<usize> {
        let (tap, rows) = self.place(block);
        let first = tap * self.rows();
        (first + rows.start) * self.row()..(first + rows.end) * self.row()
    }

    /// Packs a whole weight.
    fn pack_all(&self, weight: &[E]) {
        for block in 0..self.blocks() {
            // SAFETY: there is one thread.
            unsafe { self.pack(block, &weight[self.range(block)]) };
        }
    }

    /// Packs a block with these values.
    ///
    /// # Safety
    ///
    /// No other thread packs the same block meanwhile.
    pub(crate) unsafe fn pack(&self, block: usize, values: &[E]) {
        let (tap, rows) = self.place(block);
        // SAFETY: each row of each tap has its own places in the panels.
        unsafe {
            self.pack_forward(tap, &rows, values);
            self.pack_backward(tap, &rows, values);
        }
    }

    /// # Safety
    ///
    /// As for [`pack`](Self::pack).
    unsafe fn pack_forward(&self, tap: usize, rows: &Range<usize>, values: &[E]) {
        let Some(packed) = &self.forward else { return };
        let (groups, panel) = (self.conv.forward_groups(), self.panel);
        let [height, width] = self.conv.kernel;
        for index in 0..self.row().div_ceil(panel) {
            let run = (index * height * width + tap) * groups.run();
            for tile in Tile::of_panel(groups, index * panel, panel) {
                for (row, from) in rows.clone().zip(values.chunks_exact(self.row())) {
                    let to = (run + tile.row + row) * panel + tile.lane;
                    // SAFETY: the caller's promise.
                    let to = unsafe { packed.part(to..to + tile.width) };
                    to.copy_from_slice(&from[tile.channel..][..tile.width]);
                }
            }
        }
    }

    /// # Safety
    ///
    /// As for [`pack`](Self::pack).
    unsafe fn pack_backward(&self, tap: usize, rows: &Range<usize>, values: &[E]) {
        let Some(packed) = &self.backward else { return };
        let (groups, panel) = (self.conv.backward_groups(), self.panel);
        let (start, taps, tap) = self.backward_tap(tap);
        let tap_len = groups.run() * panel;
        let panels = match self.conv.groups {
            1 => rows.start / panel..rows.start / panel + 1,
            _ => 0..round_up(self.conv.in_channels, CHANNEL_BLOCK).div_ceil(panel),
        };
        for index in panels {
            let at = start + (index * taps + tap) * tap_len;
            // SAFETY: the caller's promise: these rows are all lanes of the panel.
            let to = unsafe { packed.part(at..at + tap_len) };
            for tile in Tile::of_panel(groups, index * panel, panel) {
                let first = tile.channel % groups.to - rows.start;
                let from = &values[first * self.row() + tile.group * groups.from..];
                let to = &mut to[tile.row * panel + tile.lane..];
                transpose(from, self.row(), to, panel, [groups.from, tile.width]);
            }
        }
    }

    /// Where a tap lies among the panels of the input's gradient: the start of
    /// its phase, how many taps this has, and its number among them.
    fn backward_tap(&self, tap: usize) -> (usize, usize, usize) {
        let conv = self.conv;
        let per_tap = conv.backward_groups().run() * round_up(conv.in_channels, PANEL);
        let number = |phase: &Phase, place: usize| {
            (0..phase.taps).find(|&tap| phase.place(phase.taps - 1 - tap) == place)
        };
        let mut start = 0;
        for down in Phase::along(conv, 0, 0) {
            for across in Phase::along(conv, 1, 0) {
                let row = number(&down, tap / conv.kernel[1]);
                let column = number(&across, tap % conv.kernel[1]);
                let taps = down.taps * across.taps;
                if let (Some(row), Some(column)) = (row, column) {
                    return (start, taps, row * across.taps + column);
                }
                start += taps * per_tap;
            }
        }
        unreachable!("every place of a kernel is in one phase")
    }
}

/// Packs all of a weight's forward panels.
pub(crate) fn pack_forward<E: Element>(
    panel: usize,
    conv: &Conv2d,
    master: &[E],
    packed: &mut [E],
) {
    if conv.groups > 1 || !conv.out_channels.is_multiple_of(panel) {
        packed.fill(E::ZERO);
    }
    Panels::new(panel, conv, Some(packed), None).pack_all(master);
}

/// Packs all panels of the gradient of a weight's input.
#[cfg(test)]
pub(crate) fn pack_backward<E: Element>(
    panel: usize,
    conv: &Conv2d,
    master: &[E],
    packed: &mut [E],
) {
    packed.fill(E::ZERO);
    Panels::new(panel, conv, None, Some(packed)).pack_all(master);
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
    pack_forward(panel, conv, master, packed);
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
