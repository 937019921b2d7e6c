//! Activations: on their own, and after what other operators have written.

use super::rows::{Sweep, assert_same, extent, pixels, pixels_mut};
use crate::Element;
use crate::geometry::{Activation, Map};
use crate::kernels::Entry;
use crate::kernels::sweep::SweepKernels;
use crate::kernels::sweep::activate::{ActivateArgs, ActivateGradientArgs};
use crate::kernels::sweep::pixels::{Extent, PixelsMut};
use crate::seam::{Source, Target};

/// An activation that no kernel has in its epilogue: it is applied to what a
/// kernel has just written, while the cache holds it.
pub(crate) struct Afterwards<E: 'static> {
    kernel: Entry<ActivateArgs<E>>,
    activation: Activation,
    /// Of the map that is written.
    channels: usize,
}

impl<E> Clone for Afterwards<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Afterwards<E> {}

impl<E: Element> Afterwards<E> {
    /// Nothing where epilogues do it themselves.
    pub(crate) fn new(
        kernels: &SweepKernels<E>,
        activation: Activation,
        output: &Map,
    ) -> Option<Self> {
        let in_epilogue = matches!(activation, Activation::Identity | Activation::Relu);
        (!in_epilogue).then_some(Self {
            kernel: kernels.activate,
            activation,
            channels: output.channels,
        })
    }

    /// Applies it to some vectors of some pixels, from a channel on.
    ///
    /// # Safety
    ///
    /// The pixels have as many channels as the extent says, from `channel` on
    /// and where `output` points; nobody else reads or writes them meanwhile.
    pub(crate) unsafe fn apply(&self, extent: Extent, channel: usize, output: PixelsMut<E>) {
        let args = ActivateArgs {
            extent,
            channels: extent.channels.min(self.channels.saturating_sub(channel)),
            activation: self.activation,
            input: output.as_read(),
            output,
        };
        // SAFETY: the caller's promise.
        unsafe { (self.kernel)(&args) }
    }
}

/// `output = activation(input)`; the output may be exactly the input.
pub(crate) fn activate<E: Element>(
    sweep: Sweep<E>,
    activation: Activation,
    input: Source<'_, E>,
    output: Target<'_, E>,
) {
    let map = output.map;
    assert_same(&input.map, &map);
    sweep.for_rows(output.batch, &map, &|image, rows| {
        let args = ActivateArgs {
            extent: extent(&map, &rows),
            channels: map.channels,
            activation,
            input: pixels(&input, image, rows.start),
            output: pixels_mut(&output, image, rows.start),
        };
        // SAFETY: the rows lie inside maps of one shape with whole channel
        // blocks; each row is one thread's alone.
        unsafe {
            (sweep.kernels.activate)(&args);
            output.zero_halo(image, rows);
        }
    });
}

/// `d_input = d_output * derivative + accumulate`, where `kept` is the output
/// if the derivative follows from it, else the input.
pub(crate) fn activate_backward<E: Element>(
    sweep: Sweep<E>,
    activation: Activation,
    kept: Source<'_, E>,
    d_output: Source<'_, E>,
    accumulate: Option<Source<'_, E>>,
    d_input: Target<'_, E>,
) {
    let map = d_input.map;
    for source in [Some(kept), Some(d_output), accumulate]
        .into_iter()
        .flatten()
    {
        assert_same(&source.map, &map);
    }
    sweep.for_rows(d_input.batch, &map, &|image, rows| {
        let args = ActivateGradientArgs {
            extent: extent(&map, &rows),
            activation,
            kept: pixels(&kept, image, rows.start),
            d_output: pixels(&d_output, image, rows.start),
            accumulate: accumulate.map(|accumulate| pixels(&accumulate, image, rows.start)),
            d_input: pixels_mut(&d_input, image, rows.start),
        };
        // SAFETY: the rows lie inside maps of one shape with whole channel
        // blocks; each row is one thread's alone.
        unsafe {
            (sweep.kernels.training().activate_gradient)(&args);
            d_input.zero_halo(image, rows);
        }
    });
}
