//! The optimiser, and the panels that follow the new weights.

use super::Step;
use crate::element::sealed::Sealed;
use crate::geometry::{Conv2d, Linear};
use crate::ops::pack::{Apart, pack_backward, pack_forward};
use crate::pool;

/// Parameters that a thread updates at a time.
const UPDATE_BLOCK: usize = 4096;

/// Multiply-adds that take as long as updating one parameter, roughly.
const UPDATE: usize = 32;

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
        self.update(weight, conv.master_len(), true);
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
        self.update(offset, len, false);
    }

    fn update(&mut self, offset: usize, len: usize, decay: bool) {
        let Some(optimizer) = self.optimizer else {
            return;
        };
        let gradients = &self.gradients[offset..][..len];
        let parameters = Apart::new(&mut self.master[offset..][..len]);
        let momentum = Apart::new(&mut self.momentum[offset..][..len]);
        let threads = pool::threads_for(self.threads, UPDATE * len);
        pool::run(threads, len.div_ceil(UPDATE_BLOCK), &|blocks| {
            let range = blocks.start * UPDATE_BLOCK..len.min(blocks.end * UPDATE_BLOCK);
            // SAFETY: blocks are apart.
            let (parameters, momentum) =
                unsafe { (parameters.part(range.clone()), momentum.part(range.clone())) };
            optimizer.apply(parameters, &gradients[range], momentum, decay);
        });
    }
}
}
