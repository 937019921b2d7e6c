//! Maps side by side in the channels of one.

use super::rows::{Sweep, assert_same, elements, pixels, pixels_mut};
use crate::Element;
use crate::geometry::Map;
use crate::kernels::sweep::slice::SliceArgs;
use crate::seam::{Source, Target};

/// Writes the input's channels from channel `first` of the output on. Whoever
/// writes the last channels completes the pixels and the halo.
pub(crate) fn concat<E: Element>(
    sweep: Sweep<E>,
    first: usize,
    input: Source<'_, E>,
    output: Target<'_, E>,
) {
    assert_part(first, &input.map, &output.map);
    let (channels, map) = (input.map.channels, output.map);
    let padding = elements(&map) - map.channels;
    let is_last = first + channels == map.channels;
    sweep.for_rows(output.batch, &map, &|image, rows| {
        for row in rows.clone() {
            for column in 0..map.width {
                let from = input.pixel(image, row, column);
                let to = output.pixel(image, row, column).wrapping_add(first);
                // SAFETY: the pixels lie inside these two maps, which don't
                // overlap, and the channels inside the pixels; each row is
                // one thread's alone. Zero bits are the number zero.
                unsafe {
                    to.copy_from_nonoverlapping(from, channels);
                    if is_last {
                        to.add(channels).write_bytes(0, padding);
                    }
                }
            }
        }
        if is_last {
            // SAFETY: the rows lie inside the map and are one thread's alone.
            unsafe { output.zero_halo(image, rows) }
        }
    });
}

/// The gradient of the map whose channels begin at `first`, plus `accumulate`,
/// which may be exactly `d_input`.
pub(crate) fn concat_backward<E: Element>(
    sweep: Sweep<E>,
    first: usize,
    d_output: Source<'_, E>,
    accumulate: Option<Source<'_, E>>,
    d_input: Target<'_, E>,
) {
    let map = d_input.map;
    assert_part(first, &map, &d_output.map);
    if let Some(accumulate) = accumulate {
        assert_same(&accumulate.map, &map);
    }
    sweep.for_rows(d_input.batch, &map, &|image, rows| {
        let mut input = pixels(&d_output, image, rows.start);
        input.base = input.base.wrapping_add(first);
        let args = SliceArgs {
            rows: rows.len(),
            width: map.width,
            channels: map.channels,
            elements: elements(&map),
            input,
            accumulate: accumulate.map(|accumulate| pixels(&accumulate, image, rows.start)),
            output: pixels_mut(&d_input, image, rows.start),
        };
        // SAFETY: the rows lie inside maps of one height and width, the
        // channels inside the pixels; each row is one thread's alone.
        unsafe {
            (sweep.kernels.training().slice)(&args);
            d_input.zero_halo(image, rows);
        }
    });
}

/// Asserts that a map's channels from `first` on are those of `part`.
#[track_caller]
fn assert_part(first: usize, part: &Map, map: &Map) {
    let inside = first
        .checked_add(part.channels)
        .is_some_and(|end| end <= map.channels);
    assert!(
        inside && (part.height, part.width) == (map.height, map.width),
        "channels from {first} on of {map:?} are not {part:?}"
    );
    elements(map);
}
