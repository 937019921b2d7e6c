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
        let width = args.width;
        let plane = (args.height * width) as u64;
        let mut place = args.rows.start * width;
        let end = args.rows.end * width;
        while place < end {
            // Places that share their draws in every channel, if any do.
            let group = if plane.is_multiple_of(4) {
                (4 - place % 4).min(end - place)
            } else {
                1
            };
            for first in (0..args.channels).step_by(CHANNEL_BLOCK) {
                let block = Block::draw(&args.draws, first as u64 * plane + place as u64, plane);
                for further in 0..group {
                    let words = block.words(further as u32);
                    let (row, column) = ((place + further) / width, (place + further) % width);
                    // SAFETY: the caller's promise: the pixel lies inside the
                    // maps and has whole channel blocks.
                    unsafe { write_block(args, row, column, first, &words) }
                }
            }
            place += group;
        }
    }
}

/// The draws of a channel block at a place of the map, and at those after it
/// in the same four.
struct Block {
    /// Four words for each channel.
    drawn: [[u32; CHANNEL_BLOCK]; 4],
    /// Each channel's place; which word it takes are the lowest two bits.
    places: [u32; CHANNEL_BLOCK],
}

// Loops over arrays, without branches: channels are computed side by side.
impl Block {
    /// The first channel's value is at place `start`, each further one's
    /// `plane` places on.
    #[inline(always)]
    fn draw(draws: &ImageDraws, start: u64, plane: u64) -> Self {
        let mut blocks = [0; CHANNEL_BLOCK];
        let mut places = [0; CHANNEL_BLOCK];
        for lane in 0..CHANNEL_BLOCK {
            let place = start.wrapping_add((lane as u64).wrapping_mul(plane));
            blocks[lane] = (place >> 2) as u32;
            places[lane] = place as u32;
        }
        let [image, step, stream] = draws.counter.map(|word| [word; CHANNEL_BLOCK]);
        Self {
            drawn: philox4x32([blocks, image, step, stream], draws.key),
            places,
        }
    }

    /// The words of the values `further` places on.
    #[inline(always)]
    fn words(&self, further: u32) -> [u32; CHANNEL_BLOCK] {
        let [a, b, c, d] = &self.drawn;
        let mut words = [0; CHANNEL_BLOCK];
        for lane in 0..CHANNEL_BLOCK {
            let which = self.places[lane].wrapping_add(further);
            let odd = (which & 1).wrapping_neg();
            let upper = (which >> 1 & 1).wrapping_neg();
            let low = a[lane] ^ ((a[lane] ^ b[lane]) & odd);
            let high = c[lane] ^ ((c[lane] ^ d[lane]) & odd);
            words[lane] = low ^ ((low ^ high) & upper);
        }
        words
    }
}

/// A channel block of a pixel, from channel `first` on.
#[inline(always)]
unsafe fn write_block<E: Element>(
    args: &DropoutArgs<E>,
    row: usize,
    column: usize,
    first: usize,
    words: &[u32; CHANNEL_BLOCK],
) {
    // SAFETY: as for `run`.
    unsafe {
        let input = args.input.at(row, column).add(first);
        let mut values = input.cast::<[E; CHANNEL_BLOCK]>().read();
        for (value, word) in values.iter_mut().zip(words) {
            let scaled = *value * args.factor;
            let kept = *word >= args.draws.share;
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
