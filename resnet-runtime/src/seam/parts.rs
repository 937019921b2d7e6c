//! Seam values made by hand, for tests and benchmarks that go without a
//! network.

use super::{Forward, Observed, Step};
use crate::outputs::Slots;
use crate::{Element, Optimizer};

impl<'a, E> Forward<'a, E> {
    /// An inference over these regions.
    #[doc(hidden)]
    pub fn new(
        images: &'a [E],
        outputs: &'a mut [E],
        arena: &'a mut [E],
        packed: &'a [E],
        batch: usize,
        limit: usize,
        threads: usize,
    ) -> Self {
        Self {
            images,
            outputs: Slots::new(outputs, limit),
            arena,
            packed,
            workspace: &mut [],
            batch,
            limit,
            threads,
            observed: Observed::default(),
        }
    }

    /// The same with workspace for its threads.
    #[doc(hidden)]
    pub fn with_workspace(self, workspace: &'a mut [E]) -> Self {
        Self { workspace, ..self }
    }
}

/// The regions of a training step; none has elements unless given some.
#[doc(hidden)]
#[allow(missing_docs, reason = "named as the fields of `Step`")]
#[derive(Debug)]
pub struct StepParts<'a, E> {
    pub images: &'a [E],
    pub outputs: &'a mut [E],
    pub d_outputs: &'a [(&'a str, &'a [E])],
    pub arena: &'a mut [E],
    pub master: &'a mut [E],
    pub gradients: &'a mut [E],
    pub state: [&'a mut [E]; 2],
    pub running: &'a mut [E],
    pub saved: &'a mut [E],
    pub packed_forward: &'a mut [E],
    pub packed_backward: &'a mut [E],
    pub workspace: &'a mut [E],
    pub seed: u64,
    pub step: u64,
    pub optimizer: Option<&'a Optimizer>,
}

impl<E> Default for StepParts<'_, E> {
    fn default() -> Self {
        Self {
            images: &[],
            outputs: &mut [],
            d_outputs: &[],
            arena: &mut [],
            master: &mut [],
            gradients: &mut [],
            state: [&mut [], &mut []],
            running: &mut [],
            saved: &mut [],
            packed_forward: &mut [],
            packed_backward: &mut [],
            workspace: &mut [],
            seed: 0,
            step: 0,
            optimizer: None,
        }
    }
}

impl<'a, E: Element> Step<'a, E> {
    /// A training step over these regions, its update the first.
    #[doc(hidden)]
    pub fn new(parts: StepParts<'a, E>, batch: usize, limit: usize, threads: usize) -> Self {
        Self {
            images: parts.images,
            outputs: Slots::new(parts.outputs, limit),
            d_outputs: parts.d_outputs,
            arena: parts.arena,
            master: parts.master,
            gradients: parts.gradients,
            state: parts.state,
            running: parts.running,
            saved: parts.saved,
            packed_forward: parts.packed_forward,
            packed_backward: parts.packed_backward,
            workspace: parts.workspace,
            statistics_share: None,
            evaluates: false,
            explained: None,
            seed: parts.seed,
            step: parts.step,
            batch,
            limit,
            threads,
            observed: Observed::default(),
            optimizer: parts.optimizer.map(|optimizer| optimizer.rule(1)),
        }
    }
}
