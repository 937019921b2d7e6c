//! Max pooling.

use super::rows::{Sweep, assert_same, elements, pixels, pixels_mut};
use super::windows::axes;
use crate::Element;
use crate::geometry::Pool2d;
use crate::kernels::sweep::window_max::{WindowMaxArgs, WindowMaxGradientArgs};
use crate::seam::{Source, Target};

/// The maximum of each window; padding never wins, NaN always does.
pub(crate) fn max_pool<E: Element>(
    sweep: Sweep<E>,
    pool: &Pool2d,
    input: Source<'_, E>,
    output: Target<'_, E>,
) {
    let axes = axes(pool, &input.map, &output.map);
    assert_eq!(input.map.channels, output.map.channels, "channels differ");
    let channels = elements(&output.map).min(elements(&input.map));
    sweep.for_rows(output.batch, &output.map, &|image, rows| {
        let args = WindowMaxArgs {
            axes,
            rows: rows.clone(),
            channels,
            input: pixels(&input, image, 0),
            output: pixels_mut(&output, image, 0),
            merges: false,
        };
        // SAFETY: the windows lie between these two maps, which have whole
        // channel blocks; each row of the output is one thread's alone.
        unsafe {
            (sweep.kernels.window_max)(&args);
            output.zero_halo(image, rows);
        }
    });
}

/// Gives each window's gradient to its first maximum in scan order, and adds
/// `accumulate`, which may be exactly `d_input`.
pub(crate) fn max_pool_backward<E: Element>(
    sweep: Sweep<E>,
    pool: &Pool2d,
    input: Source<'_, E>,
    d_output: Source<'_, E>,
    accumulate: Option<Source<'_, E>>,
    d_input: Target<'_, E>,
) {
    let map = d_input.map;
    let axes = axes(pool, &map, &d_output.map);
    assert_same(&input.map, &map);
    if let Some(accumulate) = accumulate {
        assert_same(&accumulate.map, &map);
    }
    assert_eq!(d_output.map.channels, map.channels, "channels differ");
    let channels = elements(&map).min(elements(&d_output.map));
    sweep.for_rows(d_input.batch, &map, &|image, rows| {
        let args = WindowMaxGradientArgs {
            axes,
            rows: rows.clone(),
            channels,
            input: pixels(&input, image, 0),
            d_output: pixels(&d_output, image, 0),
            accumulate: accumulate.map(|accumulate| pixels(&accumulate, image, 0)),
            d_input: pixels_mut(&d_input, image, 0),
        };
        // SAFETY: the windows lie between these maps, which have whole channel
        // blocks; each row of the gradient is one thread's alone.
        unsafe {
            (sweep.kernels.training().window_max_gradient)(&args);
            d_input.zero_halo(image, rows);
        }
    });
}
