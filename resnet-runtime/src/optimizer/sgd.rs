//! Stochastic gradient descent, as PyTorch does it.

use crate::Element;
use crate::kernels::sweep::optimize::Momentum;

/// Stochastic gradient descent by `torch.optim.SGD`'s rule, with a dampening
/// of zero:
///
/// ```text
/// g         = gradient + weight_decay * parameter + l1 * sign(parameter)
/// momentum  = mu * momentum + g
/// step      = nesterov ? g + mu * momentum : momentum
/// parameter -= lr * step
/// ```
///
/// Momenta start from zero, which makes the first of them equal to `g`, as in
/// PyTorch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// Learning rate.
    pub lr: f64,
    /// Share of a momentum that lives on into the next step (`mu`).
    pub momentum: f64,
    /// Pull of weights towards zero, in proportion to them.
    pub weight_decay: f64,
    /// Pull of weights towards zero, the same for all.
    pub l1: f64,
    /// True for Nesterov's look-ahead.
    pub nesterov: bool,
}

impl Sgd {
    pub(super) fn momentum<E: Element>(&self) -> Momentum<E> {
        let mu = E::from_f64(self.momentum);
        let (direct, ahead) = match self.nesterov {
            true => (E::ONE, mu),
            false => (E::ZERO, E::ONE),
        };
        Momentum {
            lr: E::from_f64(self.lr),
            mu,
            direct,
            ahead,
            decay: E::from_f64(self.weight_decay),
            l1: E::from_f64(self.l1),
            trust: E::ONE,
        }
    }
}

impl Default for Sgd {
    /// A rate of 0.1 and a momentum of 0.9, nothing else.
    fn default() -> Self {
        Self {
            lr: 0.1,
            momentum: 0.9,
            weight_decay: 0.0,
            l1: 0.0,
            nesterov: false,
        }
    }
}
