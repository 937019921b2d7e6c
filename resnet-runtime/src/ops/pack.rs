//! Weights from training layout `[kernel_h][kernel_w][in][out]` to panels.

use core::marker::PhantomData;
use core::ops::Range;

use super::conv2d_backward_input::Phase;
use crate::Element;
use crate::geometry::{CHANNEL_BLOCK, Conv2d, PANEL, round_up};
use crate::pool;

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

/// Packs the forward panels, `[out / panel][kernel_h][kernel_w][in][panel]`.
pub(crate) fn pack_forward<E: Element>(
    panel: usize,
    threads: usize,
    conv: &Conv2d,
    master: &[E],
    packed: &mut [E],
) {
    let taps = conv.taps();
    let block = round_up(conv.out_channels, CHANNEL_BLOCK);
    let master = &master[..taps * block];
    let panels = block.div_ceil(panel);
    let packed = Apart::new(&mut packed[..panels * taps * panel]);
    pool::run(threads, panels * taps, &|range| {
        // SAFETY: ranges are apart.
        let rows = unsafe { packed.part(range.start * panel..range.end * panel) };
        for (index, row) in range.zip(rows.chunks_exact_mut(panel)) {
            let (channel, tap) = (index / taps * panel, index % taps);
            let width = panel.min(block - channel);
            let from = tap * block + channel;
            row[..width].copy_from_slice(&master[from..from + width]);
            row[width..].fill(E::ZERO);
        }
    });
}

/// Packs the panels of the input's gradient: for each phase of the stride
/// `[in / panel][taps_h reversed][taps_w reversed][out][panel]`.
pub(crate) fn pack_backward<E: Element>(
    panel: usize,
    threads: usize,
    conv: &Conv2d,
    master: &[E],
    packed: &mut [E],
) {
    let block = round_up(conv.out_channels, CHANNEL_BLOCK);
    let master = &master[..conv.taps() * block];
    let panels = round_up(conv.in_channels, CHANNEL_BLOCK).div_ceil(panel);
    let mut packed = &mut packed[..conv.packed_backward_len()];
    for down in Phase::along(conv, 0, 0) {
        for across in Phase::along(conv, 1, 0) {
            let taps = down.taps * across.taps;
            let len = taps * conv.out_channels * round_up(conv.in_channels, PANEL);
            let (phase, rest) = packed.split_at_mut(len);
            packed = rest;
            let phase = Apart::new(phase);
            let tap_len = conv.out_channels * panel;
            pool::run(threads, panels * taps, &|range| {
                for index in range {
                    // SAFETY: every index has its own part.
                    let to = unsafe { phase.part(index * tap_len..(index + 1) * tap_len) };
                    let (tap, channel) = (index % taps, index / taps * panel);
                    let reversed = [
                        down.taps - 1 - tap / across.taps,
                        across.taps - 1 - tap % across.taps,
                    ];
                    let row = down.kernel + conv.stride[0] * reversed[0];
                    let column = across.kernel + conv.stride[1] * reversed[1];
                    let from = (row * conv.kernel[1] + column) * conv.in_channels;
                    // A panel of padding alone starts beyond the channels.
                    let first = channel.min(conv.in_channels);
                    let end = (channel + panel).min(conv.in_channels);
                    let from = &master[(from + first) * block..(from + end) * block];
                    transpose(from, block, to, panel);
                }
            });
        }
    }
}

/// `to[o][i] = from[i][o]`; what `from` doesn't fill becomes zero.
fn transpose<E: Element>(from: &[E], from_stride: usize, to: &mut [E], panel: usize) {
    for (o, to) in to.chunks_exact_mut(panel).enumerate() {
        let column = from.iter().skip(o).step_by(from_stride).copied();
        to.iter_mut()
            .zip(column.chain(core::iter::repeat(E::ZERO)))
            .for_each(|(to, from)| *to = from);
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
    let panel_len = conv.taps() * panel;
    let scales: Vec<f64> = (0..conv.out_channels).map(scale).collect();
    for (panels, scales) in packed.chunks_exact_mut(panel_len).zip(scales.chunks(panel)) {
        for row in panels.chunks_exact_mut(panel) {
            for (weight, scale) in row.iter_mut().zip(scales) {
                *weight = E::from_f64(weight.to_f64() * scale);
            }
        }
    }
}
