//! Blurs that thin out pixels.

use super::rows::Sweep;
use super::weighted::weighted;
use crate::Element;
use crate::geometry::{BlurPool, Map};
use crate::kernels::sweep::blur::Blur;
use crate::seam::{Source, Target};

/// The binomial filter at every `stride`-th pixel of the mirrored map.
pub(crate) fn blur_pool<E: Element>(
    sweep: Sweep<E>,
    sizes: &BlurPool,
    input: Source<'_, E>,
    output: Target<'_, E>,
) {
    let axes = axes(sizes, &input.map, &output.map, false);
    weighted(sweep, sweep.kernels.blur, axes, input, None, output);
}

/// Gives each pixel's gradient to those it was made of, and adds `accumulate`,
/// which may be exactly `d_input`.
pub(crate) fn blur_pool_backward<E: Element>(
    sweep: Sweep<E>,
    sizes: &BlurPool,
    d_output: Source<'_, E>,
    accumulate: Option<Source<'_, E>>,
    d_input: Target<'_, E>,
) {
    let axes = axes(sizes, &d_input.map, &d_output.map, true);
    let kernel = sweep.kernels.blur;
    weighted(sweep, kernel, axes, d_output, accumulate, d_input);
}

#[track_caller]
fn axes(sizes: &BlurPool, map: &Map, blurred: &Map, backward: bool) -> [Blur; 2] {
    [
        Blur::new(sizes, map.height, blurred.height, backward),
        Blur::new(sizes, map.width, blurred.width, backward),
    ]
}
