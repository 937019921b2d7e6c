//! Values that are kept or dropped by chance.

use core::ops::Range;

use super::pixels::{Pixels, PixelsMut};
use crate::Element;
use crate::geometry::CHANNEL_BLOCK;
use crate::kernels::vector::{Kernel, Vector};
use crate::philox::philox4x32;

/// What tells the draws of an image apart from those of others.
#[derive(Clone, Copy)]
pub(crate) struct ImageDraws {
    /// The trainer's seed.
    pub(crate) key: [u32; 2],
    /// Image, step and layer: the upper words of the counter.
    pub(crate) counter: [u32; 3],
    /// What a draw has to reach for its value to be kept.
    pub(crate) share: u32,
}

/// Rows of one image: `output = kept ? factor * input : 0, plus accumulate`.
///
/// Values are counted as channel, row, column; four of them in a row share a
/// block of four draws.
pub(crate) struct DropoutArgs<E> {
    pub(crate) draws: ImageDraws,
    pub(crate) factor: E,
    pub(crate) rows: Range<usize>,
    /// Sizes of the whole map.
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// Elements of a pixel, whole channel blocks.
    pub(crate) channels: usize,
    pub(crate) input: Pixels<E>,
    pub(crate) accumulate: Option<Pixels<E>>,
    /// May be any of the maps that are read.
    pub(crate) output: PixelsMut<E>,
}

/// The kernel of [`DropoutArgs`].
pub(crate) struct Dropout;

impl<V: Vector> Kernel<V> for Dropout {
    type Args = DropoutArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        let plane = (args.height * args.width) as u64;
        for row in args.rows.clone() {
            for column in 0..args.width {
                let place = (row * args.width + column) as u64;
                for first in (0..args.channels).step_by(CHANNEL_BLOCK) {
                    let kept = keeps(&args.draws, first as u64 * plane + place, plane);
                    // SAFETY: the caller's promise: the pixel lies inside the
                    // maps and has whole channel blocks.
                    unsafe { write_block(args, row, column, first, kept) }
                }
            }
        }
    }
}

/// Which values of a channel block are kept: the first at place `start`, each
/// further one `plane` places on.
#[inline(always)]
fn keeps(draws: &ImageDraws, start: u64, plane: u64) -> [bool; CHANNEL_BLOCK] {
    let mut places = [0; CHANNEL_BLOCK];
    for (lane, place) in places.iter_mut().enumerate() {
        *place = start + lane as u64 * plane;
    }
    let [image, step, stream] = draws.counter.map(|word| [word; CHANNEL_BLOCK]);
    let blocks = places.map(|place| (place / 4) as u32);
    let words = philox4x32([blocks, image, step, stream], draws.key);
    let mut kept = [false; CHANNEL_BLOCK];
    for (lane, kept) in kept.iter_mut().enumerate() {
        // Written as choices, so that lanes run side by side.
        let [first, second, third, fourth] = words.map(|word| word[lane]);
        let (odd, upper) = (places[lane] & 1 != 0, places[lane] & 2 != 0);
        let low = if odd { second } else { first };
        let high = if odd { fourth } else { third };
        *kept = (if upper { high } else { low }) >= draws.share;
    }
    kept
}

/// A channel block of a pixel, from channel `first` on.
#[inline(always)]
unsafe fn write_block<E: Element>(
    args: &DropoutArgs<E>,
    row: usize,
    column: usize,
    first: usize,
    kept: [bool; CHANNEL_BLOCK],
) {
    // SAFETY: as for `run`.
    unsafe {
        let input = args.input.at(row, column).add(first);
        let mut values = input.cast::<[E; CHANNEL_BLOCK]>().read();
        for (value, kept) in values.iter_mut().zip(kept) {
            let scaled = *value * args.factor;
            *value = if kept { scaled } else { E::ZERO };
        }
        if let Some(accumulate) = args.accumulate {
            let more = accumulate.at(row, column).add(first);
            let more = more.cast::<[E; CHANNEL_BLOCK]>().read();
            for (value, more) in values.iter_mut().zip(more) {
                *value += more;
            }
        }
        let output = args.output.at(row, column).add(first);
        output.cast::<[E; CHANNEL_BLOCK]>().write(values);
    }
}
