//! Some channels of each pixel as pixels of their own.

use super::pixels::{Pixels, PixelsMut};
use crate::Element;
use crate::kernels::vector::{Kernel, Vector};

/// `output = input + accumulate`, where the input's pixels begin at the first
/// of the channels.
pub(crate) struct SliceArgs<E> {
    pub(crate) rows: usize,
    pub(crate) width: usize,
    /// Channels that carry values.
    pub(crate) channels: usize,
    /// Elements of a pixel to write, whole channel blocks.
    pub(crate) elements: usize,
    pub(crate) input: Pixels<E>,
    /// May be the output.
    pub(crate) accumulate: Option<Pixels<E>>,
    pub(crate) output: PixelsMut<E>,
}

/// The kernel of [`SliceArgs`].
pub(crate) struct Slice;

impl<V: Vector> Kernel<V> for Slice {
    type Args = SliceArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        // The last vector may reach into the next channels: these go one by one.
        let whole = args.channels - args.channels % V::LANES;
        for row in 0..args.rows {
            for column in 0..args.width {
                let input = args.input.at(row, column);
                let output = args.output.at(row, column);
                let accumulate = args.accumulate.map(|more| more.at(row, column));
                // SAFETY: the caller's promise: the pixels have as many
                // channels, those to be written whole blocks.
                unsafe {
                    for at in (0..whole).step_by(V::LANES) {
                        let mut value = V::load(input.add(at));
                        if let Some(accumulate) = accumulate {
                            value = value.add(V::load(accumulate.add(at)));
                        }
                        value.store(output.add(at));
                    }
                    for at in whole..args.channels {
                        let more = accumulate.map_or(V::Element::ZERO, |more| *more.add(at));
                        *output.add(at) = *input.add(at) + more;
                    }
                    let padding = args.elements - args.channels;
                    output.add(args.channels).write_bytes(0, padding);
                }
            }
        }
    }
}
