//! Batch norm over the statistics of the batch, and its gradients.

use super::elementwise::Norm;
use super::rows::{Sweep, assert_same, elements, extent, pixels, pixels_mut};
use super::statistics::{assert_scratch, partial, partials};
use crate::Element;
use crate::geometry::{Activation, BatchNorm};
use crate::kernels::sweep::activate::ActivateGradientArgs;
use crate::kernels::sweep::norm_gradient::{Mask, MergeSumsArgs, NormGradientArgs, NormSumsArgs};
use crate::seam::{Scratch, Source, Target};

/// Moves running statistics towards the batch's. `count` is the number of
/// values of a channel; the running variance is the unbiased one where there
/// are two of them.
pub(crate) fn update_running<E: Element>(
    norm: &BatchNorm,
    count: usize,
    mean: &[E],
    inv_std: &[E],
    running_mean: &mut [E],
    running_var: &mut [E],
) {
    let unbiased = if count > 1 {
        count as f64 / (count - 1) as f64
    } else {
        1.0
    };
    let step = |running: &mut E, value: f64| {
        *running = E::from_f64((1.0 - norm.momentum) * running.to_f64() + norm.momentum * value);
    };
    let statistics = mean.iter().zip(inv_std);
    let running = running_mean.iter_mut().zip(running_var);
    for ((mean, inv_std), (running_mean, running_var)) in statistics.zip(running) {
        let precision = inv_std.to_f64() * inv_std.to_f64();
        let variance = (1.0 / precision - norm.epsilon).max(0.0);
        step(running_mean, mean.to_f64());
        step(running_var, variance * unbiased);
    }
}

/// What flows back through a batch norm, the addition after it and an
/// activation.
#[derive(Clone, Copy)]
pub(crate) struct Backward<'a, E> {
    /// Input of the batch norm.
    pub(crate) input: Source<'a, E>,
    /// Whether the statistics are those of the batch, and so depend on the input.
    pub(crate) follows_batch: bool,
    /// What followed; its derivative must follow from its output.
    pub(crate) activation: Activation,
    /// Output of the activation, where one followed. A ReLU's may be left out
    /// where nothing was added before it.
    pub(crate) output: Option<Source<'a, E>>,
    pub(crate) d_output: Source<'a, E>,
    /// May be exactly `d_output`.
    pub(crate) d_residual: Option<Target<'a, E>>,
    /// May be exactly `d_output` where that isn't `d_residual`.
    pub(crate) d_input: Target<'a, E>,
}

impl<E: Element> Backward<'_, E> {
    /// Writes the gradients of the parameters, the input and the residual.
    pub(crate) fn run(
        &self,
        sweep: Sweep<E>,
        norm: Norm<'_, E>,
        scratch: Scratch<'_, E>,
        d_weight: &mut [E],
        d_bias: &mut [E],
    ) {
        let map = self.d_input.map;
        let sources = [Some(self.input), self.output, Some(self.d_output)];
        for source in sources.into_iter().flatten() {
            assert_same(&source.map, &map);
        }
        if let Some(d_residual) = self.d_residual {
            assert_same(&d_residual.map, &map);
        }
        assert!(
            self.activation.derivative_from_output() && (self.output.is_some() || self.is_cheap()),
            "the derivative of {:?} is unknown",
            self.activation
        );
        norm.assert_len(elements(&map));
        assert_eq!(d_weight.len(), elements(&map), "gradients of another size");
        assert_eq!(d_bias.len(), elements(&map), "gradients of another size");
        assert_scratch(&scratch, &map);
        self.sums(sweep, norm, &scratch);
        let args = MergeSumsArgs {
            partials: partials(&scratch, &map, self.input.batch),
            inv_std: norm.inv_std.as_ptr(),
            d_weight: d_weight.as_mut_ptr(),
            d_bias: d_bias.as_mut_ptr(),
        };
        // SAFETY: every block has written its partial results; the vectors
        // have whole channel blocks.
        unsafe { (sweep.kernels.training().merge_sums)(&args) }
        self.gradient(sweep, norm, d_weight, d_bias);
    }

    /// Where the gradient before the activation is kept between the sweeps.
    /// Without a residual to receive it, only one that is as cheap to make
    /// again as ReLU's isn't kept.
    fn kept(&self) -> Option<Target<'_, E>> {
        let spare = (!self.is_cheap()).then_some(self.d_input);
        self.d_residual.or(spare)
    }

    fn is_cheap(&self) -> bool {
        matches!(self.activation, Activation::Identity | Activation::Relu)
    }

    /// Where gradients pass, from a row of an image on.
    fn mask(&self, image: usize, row: usize) -> Mask<E> {
        match (self.activation, self.output) {
            (Activation::Relu, Some(output)) => Mask::Above(pixels(&output, image, row)),
            (Activation::Relu, None) => Mask::Norm,
            _ => Mask::Everywhere,
        }
    }

    /// The sweep that goes back through the activation, stores and sums, block
    /// by block.
    fn sums(&self, sweep: Sweep<E>, norm: Norm<'_, E>, scratch: &Scratch<'_, E>) {
        let map = self.input.map;
        sweep.for_blocks(self.input.batch, &map, &|image, block, rows| {
            let [sums, products] = partial(scratch, &map, image, block);
            let first = rows.start;
            let kept = self.kept().map(|to| pixels_mut(&to, image, first));
            let mut args = NormSumsArgs {
                extent: extent(&map, &rows),
                input: pixels(&self.input, image, first),
                mask: self.mask(image, first),
                d_output: pixels(&self.d_output, image, first),
                d_residual: kept,
                norm: norm.vectors(),
                sums,
                products,
            };
            // SAFETY: the rows lie inside maps of one shape with whole channel
            // blocks, the partial results inside the scratch; each block is
            // one thread's alone.
            unsafe {
                if let (false, Some(output), Some(d_input)) = (self.is_cheap(), self.output, kept) {
                    (sweep.kernels.training().activate_gradient)(&ActivateGradientArgs {
                        extent: args.extent,
                        activation: self.activation,
                        kept: pixels(&output, image, first),
                        d_output: args.d_output,
                        accumulate: None,
                        d_input,
                    });
                    args.d_output = d_input.as_read();
                    args.d_residual = None;
                }
                (sweep.kernels.training().norm_sums)(&args);
                if let Some(kept) = self.kept() {
                    kept.zero_halo(image, rows);
                }
            }
        });
    }

    /// The sweep that writes the input's gradient, back from where the sums
    /// ended. A gradient before the
    /// activation that was stored is read again, else it is made again.
    fn gradient(&self, sweep: Sweep<E>, norm: Norm<'_, E>, d_weight: &[E], d_bias: &[E]) {
        let map = self.d_input.map;
        let count = self.input.batch * map.height * map.width;
        let share = match self.follows_batch {
            true => E::from_f64(1.0 / count as f64),
            false => E::ZERO,
        };
        sweep.for_rows_back(self.input.batch, &map, &|image, rows| {
            let first = rows.start;
            let (mask, d_output) = match self.kept() {
                Some(kept) => (Mask::Everywhere, pixels_mut(&kept, image, first).as_read()),
                None => (
                    self.mask(image, first),
                    pixels(&self.d_output, image, first),
                ),
            };
            let args = NormGradientArgs {
                extent: extent(&map, &rows),
                input: pixels(&self.input, image, first),
                mask,
                d_output,
                d_input: pixels_mut(&self.d_input, image, first),
                norm: norm.vectors(),
                d_weight: d_weight.as_ptr(),
                d_bias: d_bias.as_ptr(),
                share,
            };
            // SAFETY: the rows lie inside maps of one shape with whole channel
            // blocks, the vectors are as long; each row is one thread's alone.
            unsafe {
                (sweep.kernels.training().norm_gradient)(&args);
                self.d_input.zero_halo(image, rows);
            }
        });
    }
}
