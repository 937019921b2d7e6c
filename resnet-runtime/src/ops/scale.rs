//! Channels scaled by factors that the network computes.

use super::rows::{Sweep, assert_same, elements, extent, pixels, pixels_mut};
use crate::Element;
use crate::geometry::Map;
use crate::kernels::sweep::pixels::Extent;
use crate::kernels::sweep::scale::{Factors, ScaleArgs, ScaleSumsArgs};
use crate::seam::{Source, Target};

/// `output = factors * input + accumulate`: each channel of an image by its
/// own factor. The output may be exactly the input or `accumulate`.
pub(crate) fn scale<E: Element>(
    sweep: Sweep<E>,
    input: Source<'_, E>,
    factors: Source<'_, E>,
    accumulate: Option<Source<'_, E>>,
    output: Target<'_, E>,
) {
    assert_factors(&factors.map, &output.map);
    let of_image = |image| Factors::Channels(factors.pixel(image, 0, 0));
    scale_images(sweep, input, &of_image, accumulate, output);
}

/// The same with factors of the caller's choice: for channels, as many as the
/// map has elements in a pixel.
pub(super) fn scale_images<E: Element>(
    sweep: Sweep<E>,
    input: Source<'_, E>,
    factors: &(dyn Fn(usize) -> Factors<E> + Sync),
    accumulate: Option<Source<'_, E>>,
    output: Target<'_, E>,
) {
    let map = output.map;
    for source in [Some(input), accumulate].into_iter().flatten() {
        assert_same(&source.map, &map);
    }
    sweep.for_rows(output.batch, &map, &|image, rows| {
        let args = ScaleArgs {
            extent: extent(&map, &rows),
            factors: factors(image),
            input: pixels(&input, image, rows.start),
            accumulate: accumulate.map(|accumulate| pixels(&accumulate, image, rows.start)),
            output: pixels_mut(&output, image, rows.start),
        };
        // SAFETY: the rows lie inside maps of one shape with whole channel
        // blocks, as are the factors; each row is one thread's alone.
        unsafe {
            (sweep.kernels.scale)(&args);
            output.zero_halo(image, rows);
        }
    });
}

/// The gradient of the factors: `d_output * input` summed over an image's
/// pixels, plus `accumulate`, which may be exactly `d_factors`. Blocks of rows
/// fixed by the map are summed one after another.
pub(crate) fn scale_backward_factors<E: Element>(
    sweep: Sweep<E>,
    d_output: Source<'_, E>,
    input: Source<'_, E>,
    accumulate: Option<Source<'_, E>>,
    d_factors: Target<'_, E>,
) {
    let map = input.map;
    assert_same(&d_output.map, &map);
    for factors in [Some(d_factors.map), accumulate.map(|source| source.map)] {
        factors
            .iter()
            .for_each(|factors| assert_factors(factors, &map));
    }
    sweep.for_channels(input.batch, &map, &|image, channels| {
        let first = channels.start;
        let from = |source: &Source<'_, E>| {
            let mut pixels = pixels(source, image, 0);
            pixels.base = pixels.base.wrapping_add(first);
            pixels
        };
        let args = ScaleSumsArgs {
            extent: Extent {
                rows: map.height,
                width: map.width,
                channels: channels.len(),
            },
            block_rows: map.reduction_rows(),
            a: from(&d_output),
            b: from(&input),
            accumulate: accumulate
                .map(|accumulate| accumulate.pixel(image, 0, 0).wrapping_add(first)),
            sums: d_factors.pixel(image, 0, 0).wrapping_add(first),
        };
        // SAFETY: the channels lie inside pixels of whole channel blocks;
        // those of an image are one thread's alone, and the halo is that of
        // whoever has the first.
        unsafe {
            (sweep.kernels.training().scale_sums)(&args);
            if first == 0 {
                d_factors.zero_halo(image, 0..1);
            }
        }
    });
}

/// Asserts that there is one factor for each channel.
#[track_caller]
fn assert_factors(factors: &Map, map: &Map) {
    assert!(
        (factors.channels, factors.height, factors.width) == (map.channels, 1, 1),
        "not one factor for each channel: {factors:?} of {map:?}"
    );
    elements(factors);
}
