//! The network's input: planes of channels become pixels.

use super::pixels::PixelsMut;
use crate::Element;
use crate::kernels::vector::{Kernel, Vector};

/// Rows of one image, channel by channel.
pub(crate) struct InterleaveArgs<E> {
    /// Rows of pixels.
    pub(crate) rows: usize,
    /// Pixels in a row; rows of a plane are one after another.
    pub(crate) width: usize,
    /// Planes.
    pub(crate) channels: usize,
    /// Elements to write in a pixel: zeros after the channels.
    pub(crate) elements: usize,
    /// The first row of the first plane.
    pub(crate) planes: *const E,
    /// Elements from one plane to the next.
    pub(crate) plane: usize,
    pub(crate) output: PixelsMut<E>,
}

/// The kernel of [`InterleaveArgs`].
pub(crate) struct Interleave;

impl<V: Vector> Kernel<V> for Interleave {
    type Args = InterleaveArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        // SAFETY: the caller's promise.
        unsafe {
            match (args.channels, args.elements, args.output.pixel) {
                (1, 1, 1) => interleave::<_, 1>(args),
                (3, 3, 3) => interleave::<_, 3>(args),
                _ => interleave_padded(args),
            }
        }
    }
}

/// Exactly `C` channels, pixels side by side.
#[inline(always)]
unsafe fn interleave<E: Element, const C: usize>(args: &InterleaveArgs<E>) {
    for row in 0..args.rows {
        let planes = args.planes.wrapping_add(row * args.width);
        let output = args.output.at(row, 0);
        for column in 0..args.width {
            for channel in 0..C {
                // SAFETY: the caller's promise: planes and map hold these rows.
                unsafe {
                    *output.add(column * C + channel) = *planes.add(channel * args.plane + column);
                }
            }
        }
    }
}

/// Any channels, zeros after them.
#[inline(always)]
unsafe fn interleave_padded<E: Element>(args: &InterleaveArgs<E>) {
    for row in 0..args.rows {
        let planes = args.planes.wrapping_add(row * args.width);
        for column in 0..args.width {
            let output = args.output.at(row, column);
            for channel in 0..args.elements {
                // SAFETY: the caller's promise: planes and map hold these rows.
                unsafe {
                    *output.add(channel) = if channel < args.channels {
                        *planes.add(channel * args.plane + column)
                    } else {
                        E::ZERO
                    };
                }
            }
        }
    }
}
