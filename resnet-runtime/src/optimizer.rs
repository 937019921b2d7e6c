//! Stochastic gradient descent, as PyTorch does it.

use crate::Element;

/// Stochastic gradient descent by `torch.optim.SGD`'s rule, with a dampening
/// of zero:
///
/// ```text
/// g        = gradient + weight_decay * parameter
/// momentum = mu * momentum + g
/// step     = nesterov ? g + mu * momentum : momentum
/// parameter -= lr * step
/// ```
///
/// Momenta start from zero, which makes the first of them equal to `g`, as in
/// PyTorch. Weight decay applies to the weights of convolutions and linear
/// layers alone, not to norms and biases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// Learning rate.
    pub lr: f64,
    /// Share of a momentum that lives on into the next step (`mu`).
    pub momentum: f64,
    /// Pull of weights towards zero.
    pub weight_decay: f64,
    /// True for Nesterov's look-ahead.
    pub nesterov: bool,
}

impl Sgd {
    /// One step on slices of one length; `decay` says whether weight decay
    /// applies to these parameters.
    ///
    /// # Panics
    ///
    /// When the lengths differ.
    pub(crate) fn apply<E: Element>(
        &self,
        parameters: &mut [E],
        gradients: &[E],
        momenta: &mut [E],
        decay: bool,
    ) {
        assert_eq!(parameters.len(), gradients.len());
        assert_eq!(parameters.len(), momenta.len());
        let lr = E::from_f64(self.lr);
        let mu = E::from_f64(self.momentum);
        let decay = E::from_f64(if decay { self.weight_decay } else { 0.0 });
        // The share of `g` and of the momentum in the step: no branch inside.
        let (direct, ahead) = if self.nesterov {
            (E::ONE, mu)
        } else {
            (E::ZERO, E::ONE)
        };
        for ((p, &gradient), m) in parameters.iter_mut().zip(gradients).zip(momenta) {
            let g = gradient + decay * *p;
            *m = mu * *m + g;
            *p = *p - lr * (direct * g + ahead * *m);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two steps from `p = 1` with the gradients 0.5 and -0.25.
    fn two_steps(sgd: Sgd, decay: bool) -> [f64; 4] {
        let (mut p, mut m) = ([1.0], [0.0]);
        sgd.apply(&mut p, &[0.5], &mut m, decay);
        let (first_p, first_m) = (p[0], m[0]);
        sgd.apply(&mut p, &[-0.25], &mut m, decay);
        [first_p, first_m, p[0], m[0]]
    }

    fn assert_close(found: [f64; 4], expected: [f64; 4]) {
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    const PLAIN: Sgd = Sgd {
        lr: 0.1,
        momentum: 0.0,
        weight_decay: 0.0,
        nesterov: false,
    };

    #[test]
    fn plain() {
        assert_close(two_steps(PLAIN, true), [0.95, 0.5, 0.975, -0.25]);
    }

    #[test]
    fn momentum() {
        let sgd = Sgd {
            momentum: 0.9,
            ..PLAIN
        };
        // m = 0.9 * 0.5 - 0.25 = 0.2
        assert_close(two_steps(sgd, true), [0.95, 0.5, 0.93, 0.2]);
    }

    #[test]
    fn weight_decay() {
        let sgd = Sgd {
            momentum: 0.9,
            weight_decay: 0.1,
            ..PLAIN
        };
        // g = 0.5 + 0.1, p = 1 - 0.06 = 0.94;
        // g = -0.25 + 0.094, m = 0.54 - 0.156 = 0.384, p = 0.94 - 0.0384
        assert_close(two_steps(sgd, true), [0.94, 0.6, 0.9016, 0.384]);
        assert_close(two_steps(sgd, false), [0.95, 0.5, 0.93, 0.2]);
    }

    #[test]
    fn nesterov() {
        let sgd = Sgd {
            momentum: 0.9,
            weight_decay: 0.1,
            nesterov: true,
            ..PLAIN
        };
        // g = 0.6, m = 0.6, step = 0.6 + 0.54, p = 1 - 0.114 = 0.886;
        // g = -0.25 + 0.0886 = -0.1614, m = 0.54 - 0.1614 = 0.3786,
        // step = -0.1614 + 0.34074 = 0.17934, p = 0.886 - 0.017934
        assert_close(two_steps(sgd, true), [0.886, 0.6, 0.868066, 0.3786]);
    }
}
