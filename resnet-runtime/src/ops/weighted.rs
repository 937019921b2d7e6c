//! Weighted sums over rows and columns.

use super::rows::{Sweep, assert_same, elements, pixels, pixels_mut};
use crate::Element;
use crate::kernels::Entry;
use crate::kernels::sweep::weighted::{WeightedArgs, Weights};
use crate::seam::{Source, Target};

/// `output = sum(weight * input) + accumulate`, with a kernel for these
/// weights. All their taps lie inside the input.
pub(super) fn weighted<E: Element, W: Weights>(
    sweep: Sweep<E>,
    kernel: Entry<WeightedArgs<E, W>>,
    axes: [W; 2],
    input: Source<'_, E>,
    accumulate: Option<Source<'_, E>>,
    output: Target<'_, E>,
) {
    let map = output.map;
    assert_eq!(input.map.channels, map.channels, "channels differ");
    assert_eq!(
        axes.map(|axis| axis.pixels()),
        [map.height, map.width],
        "weights for another map"
    );
    if let Some(accumulate) = accumulate {
        assert_same(&accumulate.map, &map);
    }
    let channels = elements(&map).min(elements(&input.map));
    sweep.for_rows(output.batch, &map, &|image, rows| {
        let args = WeightedArgs {
            axes,
            rows: rows.clone(),
            channels,
            input: pixels(&input, image, 0),
            accumulate: accumulate.map(|accumulate| pixels(&accumulate, image, 0)),
            output: pixels_mut(&output, image, 0),
        };
        // SAFETY: the caller made the weights for these two maps; the
        // accumulated one has the output's shape, all have whole channel
        // blocks; each row of the output is one thread's alone.
        unsafe {
            kernel(&args);
            output.zero_halo(image, rows);
        }
    });
}
