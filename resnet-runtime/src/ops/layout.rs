//! Between the caller's arrays and maps.

use super::elementwise::combine;
use super::pack::Apart;
use super::rows::{Sweep, assert_same, elements, pixels_mut};
use crate::Element;
use crate::geometry::{Activation, CHANNEL_BLOCK, round_up};
use crate::kernels::sweep::interleave::InterleaveArgs;
use crate::seam::{Source, Target};

/// Images, plane by plane, to pixels. The only map that may lack whole channel
/// blocks: its padding channels are zero as far as it has them.
pub(crate) fn input<E: Element>(sweep: Sweep<E>, images: &[E], to: Target<'_, E>) {
    let map = to.map;
    let plane = map.height * map.width;
    let image_len = map.channels * plane;
    let images = &images[..to.batch * image_len];
    sweep.for_rows(to.batch, &map, &|image, rows| {
        let args = InterleaveArgs {
            rows: rows.len(),
            width: map.width,
            channels: map.channels,
            elements: map
                .channel_stride
                .min(round_up(map.channels, CHANNEL_BLOCK)),
            planes: images[image * image_len + rows.start * map.width..].as_ptr(),
            plane,
            output: pixels_mut(&to, image, rows.start),
        };
        // SAFETY: the rows lie inside the map, and inside each plane of the
        // image; each row is one thread's alone.
        unsafe {
            (sweep.kernels.interleave)(&args);
            to.zero_halo(image, rows);
        }
    });
}

/// Maps to an array, `[image][channel][row][column]`.
pub(crate) fn output<E: Element>(sweep: Sweep<E>, from: Source<'_, E>, outputs: &mut [E]) {
    let map = from.map;
    let plane = map.height * map.width;
    let image_len = map.channels * plane;
    let outputs = &mut outputs[..from.batch * image_len];
    if plane == 1 {
        for (image, output) in outputs.chunks_exact_mut(image_len).enumerate() {
            // SAFETY: the pixel has as many channels, and the array isn't part
            // of the arena.
            unsafe {
                output
                    .as_mut_ptr()
                    .copy_from_nonoverlapping(from.pixel(image, 0, 0), image_len);
            }
        }
        return;
    }
    let outputs = Apart::new(outputs);
    sweep.for_channels(from.batch, &map, &|image, channels| {
        // Planes are one after another; padding channels have none.
        let channels = channels.start..map.channels.min(channels.end);
        let start = image * image_len + channels.start * plane;
        // SAFETY: each range of channels is one thread's alone, and so are
        // its planes.
        let planes = unsafe { outputs.part(start..start + channels.len() * plane) };
        for row in 0..map.height {
            // These channels of a row stay in the cache from the first plane
            // to the last.
            let pixels = from.pixel(image, row, 0).wrapping_add(channels.start);
            let rows = planes[row * map.width..].chunks_mut(plane);
            for (channel, to) in rows.take(channels.len()).enumerate() {
                for (column, to) in to[..map.width].iter_mut().enumerate() {
                    // SAFETY: a row has so many columns, and a pixel as many
                    // channels.
                    *to = unsafe { *pixels.add(column * map.channel_stride + channel) };
                }
            }
        }
    });
}

/// The gradient of an output, an array as [`output`] gives it, to maps; zero
/// if there is none. `accumulate` is added.
pub(crate) fn d_output<E: Element>(
    sweep: Sweep<E>,
    d_output: Option<&[E]>,
    accumulate: Option<Source<'_, E>>,
    to: Target<'_, E>,
) {
    let map = to.map;
    let channels = elements(&map);
    match (d_output, accumulate) {
        (Some(d_output), None) => input(sweep, d_output, to),
        (None, Some(so_far)) => combine(sweep, so_far, None, None, Activation::Identity, to),
        (None, None) => sweep.for_rows(to.batch, &map, &|image, rows| {
            for row in rows.clone() {
                for column in 0..map.width {
                    // SAFETY: the pixel has so many channels, zero bits are
                    // the number zero; each row is one thread's alone.
                    unsafe { to.pixel(image, row, column).write_bytes(0, channels) };
                }
            }
            // SAFETY: as above.
            unsafe { to.zero_halo(image, rows) };
        }),
        (Some(d_output), Some(so_far)) => add(sweep, d_output, so_far, to),
    }
}

/// The sum of an array as [`output`] gives it and of maps, to maps.
fn add<E: Element>(sweep: Sweep<E>, d_output: &[E], so_far: Source<'_, E>, to: Target<'_, E>) {
    let map = to.map;
    assert_same(&so_far.map, &map);
    let (plane, padded) = (map.height * map.width, elements(&map));
    let image_len = map.channels * plane;
    let d_output = &d_output[..to.batch * image_len];
    sweep.for_rows(to.batch, &map, &|image, rows| {
        let planes = &d_output[image * image_len..][..image_len];
        for row in rows.clone() {
            for column in 0..map.width {
                let (from, to) = (
                    so_far.pixel(image, row, column),
                    to.pixel(image, row, column),
                );
                let values = planes[row * map.width + column..].iter().step_by(plane);
                for (channel, &value) in values.enumerate() {
                    // SAFETY: there are as many planes as channels; each row
                    // is one thread's alone.
                    unsafe { *to.add(channel) = *from.add(channel) + value };
                }
                // SAFETY: whole channel blocks end there.
                unsafe {
                    to.add(map.channels).write_bytes(0, padded - map.channels);
                }
            }
        }
        // SAFETY: as above.
        unsafe { to.zero_halo(image, rows) };
    });
}
