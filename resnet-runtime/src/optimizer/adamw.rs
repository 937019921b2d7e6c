//! Adam with decoupled weight decay, as PyTorch does it.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use crate::Element;
use crate::kernels::sweep::optimize::Adam;

/// Adam with weight decay apart from the gradient (Loshchilov and Hutter
/// 2017), by `torch.optim.AdamW`'s rule. In the `t`-th update:
///
/// ```text
/// parameter *= 1 - lr * weight_decay
/// g          = gradient + l1 * sign(parameter)
/// momentum   = beta1 * momentum + (1 - beta1) * g
/// second     = beta2 * second + (1 - beta2) * g^2
/// parameter -= lr / (1 - beta1^t) * momentum / (sqrt(second / (1 - beta2^t)) + epsilon)
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// Learning rate.
    pub lr: f64,
    /// Shares of momenta and second moments that live on (`beta1`, `beta2`).
    pub betas: [f64; 2],
    /// Keeps steps along tiny gradients small.
    pub epsilon: f64,
    /// Shrinks weights, by a share `lr * weight_decay` of each.
    pub weight_decay: f64,
    /// Pull of weights towards zero, the same for all.
    pub l1: f64,
}

impl AdamW {
    pub(super) fn adam<E: Element>(&self, update: u64) -> Adam<E> {
        let [beta1, beta2] = self.betas;
        // Beyond 2^31 updates the powers are zero anyway.
        let exponent = i32::try_from(update).unwrap_or(i32::MAX);
        let rest = |beta: f64| 1.0 - beta.powi(exponent);
        Adam {
            shrink: E::from_f64(1.0 - self.lr * self.weight_decay),
            l1: E::from_f64(self.l1),
            betas: self.betas.map(E::from_f64),
            rests: [1.0 - beta1, 1.0 - beta2].map(E::from_f64),
            step: E::from_f64(self.lr / rest(beta1)),
            root: E::from_f64(rest(beta2).sqrt()),
            epsilon: E::from_f64(self.epsilon),
        }
    }
}

impl Default for AdamW {
    /// PyTorch's settings.
    fn default() -> Self {
        Self {
            lr: 1e-3,
            betas: [0.9, 0.999],
            epsilon: 1e-8,
            weight_decay: 0.01,
            l1: 0.0,
        }
    }
}
