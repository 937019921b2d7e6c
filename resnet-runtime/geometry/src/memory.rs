//! What a network allocates: the compiler's limits and the runtime's figures
//! come from the same sums.

/// Element counts of the regions that don't depend on the batch.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Master parameters in training layout.
    pub master: usize,
    /// Those of them that are trained, and so gradients and momenta; frozen
    /// ones come after them.
    pub trained: usize,
    /// Running means and variances.
    pub running: usize,
    /// Weights packed for inference, biases included.
    pub packed: usize,
    /// Workspace of inference, for each thread.
    pub workspace: usize,
    /// Workspace of a training step, for each thread.
    pub training_workspace: usize,
    /// Weights packed for the forward pass of a training step.
    pub packed_forward: usize,
    /// Weights packed for the backward pass.
    pub packed_backward: usize,
    /// Batch statistics kept from the forward to the backward pass.
    pub saved: usize,
}

/// Elements that a core's own cache (1 MiB) has room for.
const NEAR: usize = 256 * 1024;

impl Sizes {
    /// Elements that inference allocates beside arena and outputs.
    pub const fn inference(&self, threads: usize) -> u64 {
        self.packed as u64 + threads as u64 * self.workspace as u64
    }

    /// Images of a batch that go through the layers together: those whose
    /// arenas, of so many elements each, fit near the threads' cores. More would
    /// have every layer read from memory what the one before has written there.
    pub const fn micro_batch(arena: usize, batch: usize, threads: usize) -> usize {
        let near = threads * NEAR / if arena > 0 { arena } else { 1 };
        if near < 1 {
            1
        } else if near < batch {
            near
        } else {
            batch
        }
    }

    /// Elements that training allocates beside arena and outputs: parameters,
    /// gradients and momenta, running and saved statistics, weights packed for
    /// both passes and for inference.
    pub const fn training(&self, threads: usize) -> u64 {
        self.packed as u64
            + threads as u64 * self.trainer_workspace() as u64
            + self.master as u64
            + 2 * self.trained as u64
            + self.running as u64
            + self.saved as u64
            + self.packed_forward as u64
            + self.packed_backward as u64
    }

    /// Elements of workspace for each thread of a trainer, in which it also
    /// evaluates.
    pub const fn trainer_workspace(&self) -> usize {
        if self.training_workspace > self.workspace {
            self.training_workspace
        } else {
            self.workspace
        }
    }

    /// Elements per image of a trainer's arena, in which it also evaluates, by
    /// the lengths of the arenas of a training step and of inference.
    pub const fn training_arena(training: usize, inference: usize) -> usize {
        if training > inference {
            training
        } else {
            inference
        }
    }
}
