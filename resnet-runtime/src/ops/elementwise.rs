//! Additions and norms.

use core::ops::Range;

use super::activation::Afterwards;
use super::rows::{Sweep, assert_same, extent, pixels, pixels_mut};
use crate::Element;
use crate::geometry::Activation;
use crate::kernels::sweep::pointwise::{CombineArgs, NormVectors};
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
        Activation::Relu => E::ZERO,
        _ => E::from_f64(f64::NEG_INFINITY),
    };
    let afterwards = Afterwards::new(sweep.kernels, activation, &map);
    let combine = |image, rows: Range<usize>| {
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
            if let Some(afterwards) = afterwards {
                afterwards.apply(args.extent, 0, args.output);
            }
            output.zero_halo(image, rows);
        }
    };
    // Back from where whatever made the input ended.
    sweep.for_rows_back(output.batch, &map, &|image, rows| match afterwards {
        None => combine(image, rows),
        // One row after another stays in the cache.
        Some(_) => rows.for_each(|row| combine(image, row..row + 1)),
    });
}
