//! The optimiser, and the panels that follow the new weights.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use super::Step;
use crate::element::sealed::Sealed;
use crate::geometry::{Conv2d, Linear};
use crate::kernels::sweep::optimize::Formula;
use crate::kernels::sweep::optimize::OptimizeArgs;
use crate::ops::flat::{SWEEP, SWEEP_BLOCK, sum_of_squares};
use crate::ops::pack::{Apart, pack_backward, pack_forward};
use crate::{CHANNEL_BLOCK, pool};

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
        self.update_weight(weight, conv.master_len());
        self.pack(conv, weight, packed_forward, packed_backward);
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
            self.pack(conv, weight, packed_forward, packed_backward);
        }
    }

    fn pack(
        &mut self,
        conv: &Conv2d,
        weight: usize,
        packed_forward: usize,
        packed_backward: Option<usize>,
    ) {
        let master = &self.master[weight..][..conv.master_len()];
        let panel = E::kernels().conv.panel();
        let forward = &mut self.packed_forward[packed_forward..][..conv.packed_len()];
        pack_forward(panel, self.threads, conv, master, forward);
        if let Some(offset) = packed_backward {
            let backward = &mut self.packed_backward[offset..][..conv.packed_backward_len()];
            pack_backward(panel, self.threads, conv, master, backward);
        }
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

    /// Updates a convolution's or linear layer's weight.
    fn update_weight(&mut self, offset: usize, len: usize) {
        if let Some(rule) = self.optimizer {
            let of = |region: &[E]| sum_of_squares(self.threads, &region[offset..][..len]).sqrt();
            let formula = rule.of_weight(|| [of(self.master), of(self.gradients)]);
            self.update(offset, len, formula);
        }
    }

    fn update(&mut self, offset: usize, len: usize, formula: Formula<E>) {
        assert!(len.is_multiple_of(CHANNEL_BLOCK), "parameters come in whole blocks");
        let gradients = &self.gradients[offset..][..len];
        let parameters = Apart::new(&mut self.master[offset..][..len]);
        let [first, second] = &mut self.state;
        let first = Apart::new(&mut first[offset..][..len]);
        let second = match formula {
            Formula::Momentum(_) => None,
            Formula::Adam(_) => Some(Apart::new(&mut second[offset..][..len])),
        };
        let threads = pool::threads_for(self.threads, SWEEP * len);
        pool::run(threads, len.div_ceil(SWEEP_BLOCK), &|blocks| {
            let range = blocks.start * SWEEP_BLOCK..len.min(blocks.end * SWEEP_BLOCK);
            // SAFETY: blocks are apart.
            let part = |of: &Apart<'_, E>| unsafe { of.part(range.clone()) }.as_mut_ptr();
            let args = OptimizeArgs {
                formula,
                len: range.len(),
                parameters: part(&parameters),
                gradients: gradients[range.clone()].as_ptr(),
                first: part(&first),
                second: second.as_ref().map_or(core::ptr::null_mut(), part),
            };
            // SAFETY: all have so many elements, a multiple of any vector's,
            // and Adam has second moments.
            unsafe { (E::kernels().sweep.training().optimize)(&args) }
        });
    }
}
}
