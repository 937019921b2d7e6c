//! Average pooling, over windows or over whole maps.

use super::rows::{Sweep, assert_same, elements, pixels, pixels_mut};
use super::weighted::weighted;
use super::windows::axes;
use crate::Element;
use crate::geometry::{Map, Pool2d};
use crate::kernels::sweep::means::Means;
use crate::kernels::sweep::window_sum::WindowSumArgs;
use crate::seam::{Source, Target};

/// The pool whose only window is the whole map.
pub(crate) fn global(map: &Map) -> Pool2d {
    Pool2d::new([map.height, map.width])
}

/// The mean of each window; padding counts as zeros unless the pool leaves it
/// out.
pub(crate) fn average_pool<E: Element>(
    sweep: Sweep<E>,
    pool: &Pool2d,
    input: Source<'_, E>,
    output: Target<'_, E>,
) {
    assert_eq!(input.map.channels, output.map.channels, "channels differ");
    let (from, to) = (input.map, output.map);
    if pool.divides_evenly([from.height, from.width]) {
        window_sum(sweep, pool, mean_factor(pool), false, input, None, output);
    } else {
        let axes = means(pool, &from, &to, false);
        weighted(sweep, sweep.kernels.window_mean, axes, input, None, output);
    }
}

/// Shares each window's gradient among its pixels, and adds `accumulate`,
/// which may be exactly `d_input`.
pub(crate) fn average_pool_backward<E: Element>(
    sweep: Sweep<E>,
    pool: &Pool2d,
    d_output: Source<'_, E>,
    accumulate: Option<Source<'_, E>>,
    d_input: Target<'_, E>,
) {
    assert_eq!(
        d_output.map.channels, d_input.map.channels,
        "channels differ"
    );
    let (to, from) = (d_input.map, d_output.map);
    if pool.divides_evenly([to.height, to.width]) {
        let factor = mean_factor(pool);
        window_sum(sweep, pool, factor, true, d_output, accumulate, d_input);
    } else {
        let (kernel, axes) = (sweep.kernels.window_mean, means(pool, &to, &from, true));
        weighted(sweep, kernel, axes, d_output, accumulate, d_input);
    }
}

fn mean_factor(pool: &Pool2d) -> f64 {
    1.0 / (pool.kernel[0] as f64 * pool.kernel[1] as f64)
}

/// The weights of windows that divide by different numbers.
#[track_caller]
fn means(pool: &Pool2d, map: &Map, pooled: &Map, backward: bool) -> [Means; 2] {
    axes(pool, map, pooled).map(|axis| Means {
        axis,
        count_padding: pool.count_padding,
        backward,
    })
}

/// `output = factor * sum(input over windows) + accumulate`: over the pixels
/// of each window, or backward over the windows of each pixel.
pub(super) fn window_sum<E: Element>(
    sweep: Sweep<E>,
    pool: &Pool2d,
    factor: f64,
    backward: bool,
    input: Source<'_, E>,
    accumulate: Option<Source<'_, E>>,
    output: Target<'_, E>,
) {
    let map = output.map;
    let axes = if backward {
        axes(pool, &map, &input.map)
    } else {
        axes(pool, &input.map, &map)
    };
    let (in_elements, out_elements) = (elements(&input.map), elements(&map));
    if let Some(accumulate) = accumulate {
        assert_same(&accumulate.map, &map);
    }
    sweep.for_rows(output.batch, &map, &|image, rows| {
        let args = WindowSumArgs {
            axes,
            backward,
            rows: rows.clone(),
            in_channels: input.map.channels,
            out_channels: map.channels,
            in_elements,
            out_elements,
            factor: E::from_f64(factor),
            input: pixels(&input, image, 0),
            accumulate: accumulate.map(|accumulate| pixels(&accumulate, image, 0)),
            output: pixels_mut(&output, image, 0),
        };
        // SAFETY: the windows lie between these two maps, the accumulated one
        // has the output's shape, all have whole channel blocks; each row of
        // the output is one thread's alone.
        unsafe {
            (sweep.kernels.window_sum)(&args);
            output.zero_halo(image, rows);
        }
    });
}
