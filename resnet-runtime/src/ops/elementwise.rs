//! Additions and activations.

use super::rows::{Sweep, assert_same, extent, pixels, pixels_mut};
use crate::Element;
use crate::geometry::Activation;
use crate::kernels::sweep::pointwise::{CombineArgs, MaskArgs, NormVectors};
use crate::seam::{Source, Target};

/// The vectors of a batch norm, whole channel blocks each.
#[derive(Clone, Copy)]
pub(crate) struct Norm<'a, E> {
    pub(crate) weight: &'a [E],
    pub(crate) bias: &'a [E],
    pub(crate) mean: &'a [E],
    pub(crate) inv_std: &'a [E],
}

impl<E> Norm<'_, E> {
    /// Asserts that the vectors have so many elements.
    #[track_caller]
    pub(super) fn assert_len(&self, len: usize) {
        for vector in [self.weight, self.bias, self.mean, self.inv_std] {
            assert_eq!(vector.len(), len, "a batch norm of another size");
        }
    }

    /// The same, as kernels take it.
    pub(super) fn vectors(&self) -> NormVectors<E> {
        NormVectors {
            weight: self.weight.as_ptr(),
            bias: self.bias.as_ptr(),
            mean: self.mean.as_ptr(),
            inv_std: self.inv_std.as_ptr(),
        }
    }
}

/// `output = activation(norm(input) + residual)`; the output may be exactly
/// the input or the residual.
pub(crate) fn combine<E: Element>(
    sweep: Sweep<E>,
    input: Source<'_, E>,
    norm: Option<Norm<'_, E>>,
    residual: Option<Source<'_, E>>,
    activation: Activation,
    output: Target<'_, E>,
) {
    let map = output.map;
    for source in [Some(input), residual].into_iter().flatten() {
        assert_same(&source.map, &map);
    }
    if let Some(norm) = norm {
        norm.assert_len(extent(&map, &(0..0)).channels);
    }
    let floor = match activation {
        Activation::Identity => E::from_f64(f64::NEG_INFINITY),
        Activation::Relu => E::ZERO,
    };
    sweep.for_rows(output.batch, &map, &|image, rows| {
        let args = CombineArgs {
            extent: extent(&map, &rows),
            input: pixels(&input, image, rows.start),
            norm: norm.map(|norm| norm.vectors()),
            residual: residual.map(|residual| pixels(&residual, image, rows.start)),
            floor,
            output: pixels_mut(&output, image, rows.start),
        };
        // SAFETY: the rows lie inside maps of one shape with whole channel
        // blocks, the vectors are as long; each row is one thread's alone.
        unsafe {
            (sweep.kernels.combine)(&args);
            output.zero_halo(image, rows);
        }
    });
}

/// `d_input = d_output where the activation let values pass, + accumulate`.
pub(crate) fn activate_backward<E: Element>(
    sweep: Sweep<E>,
    activation: Activation,
    output: Source<'_, E>,
    d_output: Source<'_, E>,
    accumulate: Option<Source<'_, E>>,
    d_input: Target<'_, E>,
) {
    if activation == Activation::Identity {
        return combine(sweep, d_output, None, accumulate, activation, d_input);
    }
    let map = d_input.map;
    for source in [Some(output), Some(d_output), accumulate]
        .into_iter()
        .flatten()
    {
        assert_same(&source.map, &map);
    }
    sweep.for_rows(d_input.batch, &map, &|image, rows| {
        let args = MaskArgs {
            extent: extent(&map, &rows),
            output: pixels(&output, image, rows.start),
            d_output: pixels(&d_output, image, rows.start),
            accumulate: accumulate.map(|accumulate| pixels(&accumulate, image, rows.start)),
            d_input: pixels_mut(&d_input, image, rows.start),
        };
        // SAFETY: the rows lie inside maps of one shape with whole channel
        // blocks; each row is one thread's alone.
        unsafe {
            (sweep.kernels.mask)(&args);
            d_input.zero_halo(image, rows);
        }
    });
}
