//! The optimiser, and the panels that follow the new weights.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use core::ops::Range;

use super::Step;
use crate::element::sealed::Sealed;
use crate::geometry::{Conv2d, Linear};
use crate::kernels::sweep::optimize::Formula;
use crate::kernels::sweep::optimize::OptimizeArgs;
use crate::ops::flat::{SWEEP, SWEEP_BLOCK, sum_of_squares};
use crate::ops::pack::{Apart, Panels};
use crate::{CHANNEL_BLOCK, Element, pool};

for_each_element! {
impl Step<'_, E> {
    /// Updates a convolution's weight (if the step carries an optimiser) and
    /// packs it again for both passes.
    pub fn update_conv2d(
        &mut self,
        conv: &Conv2d,
        weight: usize,
        packed_forward: usize,
        packed_backward: Option<usize>,
    ) {
        let [height, width] = conv.kernel;
        self.observed.update("update_conv2d", [conv.out_channels, height, width]);
        let formula = self.optimizer.map(|rule| {
            let of = |region: &[E]| {
                sum_of_squares(self.threads, &region[weight..][..conv.master_len()]).sqrt()
            };
            rule.of_weight(|| [of(self.master), of(self.gradients)])
        });
        self.repack(conv, weight, packed_forward, packed_backward, formula);
    }

    /// Packs a frozen convolution's weight for both passes, when the trainer
    /// is made: no step changes it.
    pub fn pack_conv2d(
        &mut self,
        conv: &Conv2d,
        weight: usize,
        packed_forward: usize,
        packed_backward: Option<usize>,
    ) {
        if self.optimizer.is_none() {
            self.repack(conv, weight, packed_forward, packed_backward, None);
        }
    }

    /// Updates the weight by a formula, if there is one, and packs it, block by
    /// block.
    fn repack(
        &mut self,
        conv: &Conv2d,
        weight: usize,
        packed_forward: usize,
        packed_backward: Option<usize>,
        formula: Option<Formula<E>>,
    ) {
        let forward = &mut self.packed_forward[packed_forward..];
        let backward = packed_backward.map(|offset| &mut self.packed_backward[offset..]);
        let panel = E::kernels().conv.panel();
        let panels = Panels::new(panel, conv, Some(forward), backward);
        let range = weight..weight + conv.master_len();
        let [first, second] = &mut self.state;
        let descent = formula.map(|formula| {
            Descent::new(formula, &self.gradients[range.clone()], [&mut **first, &mut **second], range.clone())
        });
        let values = Apart::new(&mut self.master[range.clone()]);
        let threads = pool::threads_for(self.threads, 2 * SWEEP * range.len());
        pool::run(threads, panels.blocks(), &|blocks| {
            for block in blocks {
                let range = panels.range(block);
                // SAFETY: blocks are apart.
                unsafe {
                    let values = values.part(range.clone());
                    if let Some(descent) = &descent {
                        descent.step(values, range);
                    }
                    panels.pack(block, values);
                }
            }
        });
    }

    /// As [`update_conv2d`](Self::update_conv2d).
    pub fn update_linear(
        &mut self,
        linear: &Linear,
        weight: usize,
        packed_forward: usize,
        packed_backward: Option<usize>,
    ) {
        self.update_conv2d(&linear.as_conv2d(), weight, packed_forward, packed_backward);
    }

    /// As [`pack_conv2d`](Self::pack_conv2d).
    pub fn pack_linear(
        &mut self,
        linear: &Linear,
        weight: usize,
        packed_forward: usize,
        packed_backward: Option<usize>,
    ) {
        self.pack_conv2d(&linear.as_conv2d(), weight, packed_forward, packed_backward);
    }

    /// Updates biases and norms, which don't decay.
    pub fn update_vector(&mut self, offset: usize, len: usize) {
        self.observed.update("update_vector", [len, 1, 1]);
        if let Some(rule) = self.optimizer {
            self.update(offset, len, rule.of_vector());
        }
    }

    fn update(&mut self, offset: usize, len: usize, formula: Formula<E>) {
        assert!(len.is_multiple_of(CHANNEL_BLOCK), "parameters come in whole blocks");
        let range = offset..offset + len;
        let [first, second] = &mut self.state;
        let gradients = &self.gradients[range.clone()];
        let state = [&mut **first, &mut **second];
        let descent = Descent::new(formula, gradients, state, range.clone());
        let values = Apart::new(&mut self.master[range]);
        let threads = pool::threads_for(self.threads, SWEEP * len);
        pool::run(threads, len.div_ceil(SWEEP_BLOCK), &|blocks| {
            let range = blocks.start * SWEEP_BLOCK..len.min(blocks.end * SWEEP_BLOCK);
            // SAFETY: blocks are apart.
            unsafe { descent.step(values.part(range.clone()), range) };
        });
    }
}
}

/// One step of an optimiser on some parameters, which threads take apart.
struct Descent<'a, E> {
    formula: Formula<E>,
    gradients: &'a [E],
    first: Apart<'a, E>,
    /// Where the formula has second moments.
    second: Option<Apart<'a, E>>,
}

impl<'a, E: Element> Descent<'a, E> {
    /// `state` is that of all parameters, of which these are a range.
    fn new(
        formula: Formula<E>,
        gradients: &'a [E],
        [first, second]: [&'a mut [E]; 2],
        range: Range<usize>,
    ) -> Self {
        let second = match formula {
            Formula::Momentum(_) => None,
            Formula::Adam(_) => Some(Apart::new(&mut second[range.clone()])),
        };
        let first = Apart::new(&mut first[range]);
        Self {
            formula,
            gradients,
            first,
            second,
        }
    }

    /// Moves a range of the parameters, whole channel blocks.
    ///
    /// # Safety
    ///
    /// No other thread moves the same parameters meanwhile.
    unsafe fn step(&self, parameters: &mut [E], range: Range<usize>) {
        assert_eq!(parameters.len(), range.len());
        // SAFETY: the caller's promise.
        let part = |of: &Apart<'_, E>| unsafe { of.part(range.clone()) }.as_mut_ptr();
        let args = OptimizeArgs {
            formula: self.formula,
            len: range.len(),
            parameters: parameters.as_mut_ptr(),
            gradients: self.gradients[range.clone()].as_ptr(),
            first: part(&self.first),
            second: self.second.as_ref().map_or(core::ptr::null_mut(), part),
        };
        // SAFETY: all have so many elements, a multiple of any vector's, and
        // Adam has second moments.
        unsafe { (E::kernels().sweep.training().optimize)(&args) }
    }
}
