//! Optimisers: what a step does to parameters along their gradients.

mod adamw;
mod lars;
mod sgd;

use crate::Element;
use crate::kernels::sweep::optimize::Formula;
use crate::kernels::sweep::optimize::{Adam, Momentum};

pub use adamw::AdamW;
pub use lars::Lars;
pub use sgd::Sgd;

/// An optimiser and its settings; a [`Trainer`](crate::Trainer) holds what it
/// remembers between steps.
///
/// In all of them weight decay is for the weights of convolutions and linear
/// layers alone, not for norms and biases: `weight_decay` pulls by the squares
/// of weights (L2), `l1` by their magnitudes. Values are rounded after every
/// operation, so that results depend on no instruction set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimizer {
    /// Stochastic gradient descent.
    Sgd(Sgd),
    /// Adam with decoupled weight decay.
    AdamW(AdamW),
    /// Stochastic gradient descent with a rate of its own for each weight.
    Lars(Lars),
}

impl Optimizer {
    /// The learning rate.
    pub fn lr(&self) -> f64 {
        match self {
            Self::Sgd(sgd) => sgd.lr,
            Self::AdamW(adamw) => adamw.lr,
            Self::Lars(lars) => lars.sgd.lr,
        }
    }

    /// Sets the learning rate, as schedules do before each step.
    pub fn set_lr(&mut self, lr: f64) {
        match self {
            Self::Sgd(sgd) => sgd.lr = lr,
            Self::AdamW(adamw) => adamw.lr = lr,
            Self::Lars(lars) => lars.sgd.lr = lr,
        }
    }

    /// True when it keeps second moments besides momenta.
    pub(crate) fn has_second_moments(&self) -> bool {
        matches!(self, Self::AdamW(_))
    }

    /// What the update of a number (counted from 1) computes.
    pub(crate) fn rule<E: Element>(&self, update: u64) -> Rule<E> {
        match self {
            Self::Sgd(sgd) => Rule::Momentum(sgd.momentum(), None),
            Self::AdamW(adamw) => Rule::Adam(adamw.adam(update)),
            Self::Lars(lars) => Rule::Momentum(lars.sgd.momentum(), Some(*lars)),
        }
    }
}

impl From<Sgd> for Optimizer {
    fn from(sgd: Sgd) -> Self {
        Self::Sgd(sgd)
    }
}

impl From<AdamW> for Optimizer {
    fn from(adamw: AdamW) -> Self {
        Self::AdamW(adamw)
    }
}

impl From<Lars> for Optimizer {
    fn from(lars: Lars) -> Self {
        Self::Lars(lars)
    }
}

/// One update of all parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule<E> {
    /// With a rate for each weight, if these are LARS's.
    Momentum(Momentum<E>, Option<Lars>),
    Adam(Adam<E>),
}

impl<E: Element> Rule<E> {
    /// What it is for a bias or a norm.
    pub(crate) fn of_vector(self) -> Formula<E> {
        match self {
            Self::Momentum(momentum, _) => Formula::Momentum(momentum.without_decay()),
            Self::Adam(adam) => Formula::Adam(adam.without_decay()),
        }
    }

    /// What it is for a weight; `norms` computes the lengths of the weight and
    /// its gradient where they matter.
    pub(crate) fn of_weight(self, norms: impl FnOnce() -> [f64; 2]) -> Formula<E> {
        match self {
            Self::Momentum(momentum, None) => Formula::Momentum(momentum),
            Self::Momentum(momentum, Some(lars)) => Formula::Momentum(Momentum {
                trust: E::from_f64(lars.trust(norms())),
                ..momentum
            }),
            Self::Adam(adam) => Formula::Adam(adam),
        }
    }
}

#[cfg(test)]
mod tests;
