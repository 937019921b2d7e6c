//! Between the caller's arrays and maps.

use super::rows::{Sweep, elements, pixels_mut};
use crate::Element;
use crate::geometry::{CHANNEL_BLOCK, Map, round_up};
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

/// Maps of a single pixel to rows of an array.
pub(crate) fn output<E: Element>(from: Source<'_, E>, outputs: &mut [E]) {
    let classes = single_pixel(&from.map);
    let outputs = &mut outputs[..from.batch * classes];
    for (image, output) in outputs.chunks_exact_mut(classes).enumerate() {
        // SAFETY: the pixel has as many channels, and the array isn't part of
        // the arena.
        unsafe {
            output
                .as_mut_ptr()
                .copy_from_nonoverlapping(from.pixel(image, 0, 0), classes);
        }
    }
}

/// Rows of an array to maps of a single pixel.
pub(crate) fn d_output<E: Element>(d_outputs: &[E], to: Target<'_, E>) {
    let classes = single_pixel(&to.map);
    let padding = elements(&to.map) - classes;
    let d_outputs = &d_outputs[..to.batch * classes];
    for (image, d_output) in d_outputs.chunks_exact(classes).enumerate() {
        let pixel = to.pixel(image, 0, 0);
        // SAFETY: the pixel has as many channels and then the padding, and the
        // array isn't part of the arena; no other thread writes.
        unsafe {
            pixel.copy_from_nonoverlapping(d_output.as_ptr(), classes);
            pixel.add(classes).write_bytes(0, padding);
            to.zero_halo(image, 0..1);
        }
    }
}

/// Channels of a map of one pixel.
#[track_caller]
fn single_pixel(map: &Map) -> usize {
    assert!(
        map.height == 1 && map.width == 1,
        "outputs have a single pixel: {map:?}"
    );
    map.channels
}
