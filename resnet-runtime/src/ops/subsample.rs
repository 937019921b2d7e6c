//! The shortcut without weights: every `stride`-th pixel, further channels
//! zero.

use super::average_pool::window_sum;
use super::rows::Sweep;
use crate::Element;
use crate::geometry::Pool2d;
use crate::seam::{Source, Target};

/// Takes every `stride`-th pixel; output channels beyond the input's are zero.
pub(crate) fn subsample<E: Element>(
    sweep: Sweep<E>,
    stride: [usize; 2],
    input: Source<'_, E>,
    output: Target<'_, E>,
) {
    assert!(
        input.map.channels <= output.map.channels,
        "a shortcut never drops channels"
    );
    window_sum(sweep, &single(stride), 1.0, false, input, None, output);
}

/// The gradient of the pixels that were taken, zero elsewhere, plus
/// `accumulate`, which may be exactly `d_input`.
pub(crate) fn subsample_backward<E: Element>(
    sweep: Sweep<E>,
    stride: [usize; 2],
    d_output: Source<'_, E>,
    accumulate: Option<Source<'_, E>>,
    d_input: Target<'_, E>,
) {
    assert!(
        d_input.map.channels <= d_output.map.channels,
        "a shortcut never drops channels"
    );
    window_sum(
        sweep,
        &single(stride),
        1.0,
        true,
        d_output,
        accumulate,
        d_input,
    );
}

/// Windows of one pixel.
fn single(stride: [usize; 2]) -> Pool2d {
    Pool2d::new([1, 1]).stride(stride)
}
