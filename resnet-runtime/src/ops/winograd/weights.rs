//! Transformed weights: kept, or made by every thread for itself.

use core::ops::Range;

use super::Winograd;
use crate::Element;
use crate::geometry::{Conv2d, FREQUENCY_GAP, PANEL};
use crate::kernels::ConvKernels;
use crate::kernels::winograd::WeightPanel;

/// The weights of a convolution.
#[derive(Clone, Copy)]
pub(crate) enum Weights<'a, E> {
    /// Transformed, `[out / panel][frequency][phase][in][panel]`.
    Transformed(&'a [E]),
    /// Panels of a direct convolution, `[out / panel][tap][in][panel]`:
    /// weights that have just changed, to be transformed where they are used.
    Panels(&'a [E]),
}

impl<E> Weights<'_, E> {
    /// Whether so many panels are there.
    pub(super) fn has_panels(&self, panels: usize, m: usize, conv: &Conv2d, panel: usize) -> bool {
        let (len, rows) = match self {
            Self::Transformed(weights) => (weights.len(), conv.winograd_side(m).pow(2)),
            Self::Panels(weights) => (weights.len(), TAPS),
        };
        len >= panels * rows * conv.winograd_depth() * panel
    }

    /// The most tiles of a block.
    pub(super) fn block(&self, conv: &Conv2d, m: usize) -> usize {
        match self {
            Self::Transformed(_) => conv.winograd_block(m),
            Self::Panels(_) => conv.winograd_training_block(m),
        }
    }

    /// Elements of workspace for each thread.
    pub(super) fn workspace_len(&self, conv: &Conv2d, m: usize) -> usize {
        match self {
            Self::Transformed(_) => conv.winograd_workspace_len(m),
            Self::Panels(_) => conv.winograd_training_workspace_len(m),
        }
    }
}

/// Taps of a kernel.
const TAPS: usize = 9;

/// One panel of transformed weights.
#[derive(Clone, Copy)]
pub(super) struct PanelWeights<'a, E> {
    /// `[frequency][in][panel]`.
    pub(super) values: &'a [E],
    /// From one frequency to the next.
    pub(super) frequency: usize,
    /// Whether they are in this core's own cache.
    pub(super) are_near: bool,
}

/// What a thread has of the weights.
pub(super) enum Held<'a, E> {
    /// All of them, kept by whoever owns the network.
    Kept(&'a [E]),
    /// Those of the panels from the first on, in its workspace.
    All(&'a [E], usize),
    /// One panel at a time.
    One(&'a mut [E]),
}

impl<'a, E: Element> Winograd<'a, E> {
    /// Weights for some panels; transforms them all at once where there is
    /// room.
    ///
    /// # Safety
    ///
    /// The convolution was checked, and the kernels are of this processor's
    /// instructions.
    pub(super) unsafe fn weights_of<'b>(
        &self,
        kernels: &ConvKernels<E>,
        panels: Range<usize>,
        workspace: &'b mut [E],
    ) -> Held<'b, E>
    where
        'a: 'b,
    {
        match self.weights {
            Weights::Transformed(weights) => Held::Kept(weights),
            Weights::Panels(_) if panels.len() <= self.kept_panels => {
                let first = panels.start;
                let len = self.held_len(kernels);
                for (to, panel) in workspace.chunks_exact_mut(len).zip(panels) {
                    // SAFETY: the caller's promise.
                    unsafe { self.transform_weights(kernels, panel, to) };
                }
                Held::All(workspace, first)
            }
            Weights::Panels(_) => Held::One(workspace),
        }
    }

    /// Elements between two frequencies of a panel that a thread holds.
    fn held_frequency(&self, kernels: &ConvKernels<E>) -> usize {
        (self.depth * PANEL + FREQUENCY_GAP) * kernels.panel() / PANEL
    }

    /// Elements of a panel that a thread holds.
    fn held_len(&self, kernels: &ConvKernels<E>) -> usize {
        self.frequencies() * self.held_frequency(kernels)
    }

    /// Transforms the weights of a panel.
    ///
    /// # Safety
    ///
    /// As for [`weights_of`](Self::weights_of).
    unsafe fn transform_weights(&self, kernels: &ConvKernels<E>, panel: usize, to: &mut [E]) {
        let Weights::Panels(weights) = self.weights else {
            return;
        };
        let tap = self.depth * kernels.panel();
        let from = &weights[panel * TAPS * tap..][..TAPS * tap];
        let to = &mut to[..self.held_len(kernels)];
        let args = WeightPanel {
            weights: from.as_ptr(),
            weights_tap: tap,
            depth: self.depth,
            vectors: self.vectors(kernels, panel),
            values: to.as_mut_ptr(),
            values_frequency: self.held_frequency(kernels),
        };
        // SAFETY: both slices are as long as the sizes say; the caller
        // vouches for the instructions.
        unsafe { (kernels.winograd().weights[self.m / 4])(&args) };
    }
}

impl<E: Element> Held<'_, E> {
    /// The weights of a panel.
    ///
    /// # Safety
    ///
    /// As for [`Winograd::weights_of`].
    pub(super) unsafe fn panel(
        &mut self,
        winograd: &Winograd<'_, E>,
        kernels: &ConvKernels<E>,
        panel: usize,
    ) -> PanelWeights<'_, E> {
        let (values, frequency, are_near) = match self {
            Self::Kept(weights) => {
                let frequency = winograd.depth * kernels.panel();
                let len = winograd.frequencies() * frequency;
                (&weights[panel * len..][..len], frequency, false)
            }
            Self::All(workspace, first) => {
                let len = winograd.held_len(kernels);
                let values = &workspace[(panel - *first) * len..][..len];
                (values, winograd.held_frequency(kernels), true)
            }
            Self::One(workspace) => {
                // SAFETY: the caller's promise.
                unsafe { winograd.transform_weights(kernels, panel, workspace) };
                (&workspace[..], winograd.held_frequency(kernels), true)
            }
        };
        PanelWeights {
            values,
            frequency,
            are_near,
        }
    }
}
