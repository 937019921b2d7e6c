//! Layer-wise rates for large batches, as timm computes them.

use super::Sgd;

/// Layer-wise adaptive rate scaling (You et al. 2017), by timm's `Lars`: the
/// step of [`Sgd`] whose `g` is, for each weight, multiplied by
///
/// ```text
/// trust_coefficient * |weight| / (|gradient| + weight_decay * |weight| + epsilon)
/// ```
///
/// or by one where either length is zero. Norms and biases go by [`Sgd`] alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lars {
    /// The step.
    pub sgd: Sgd,
    /// How far a weight moves in proportion to its length, at a rate of 1.
    pub trust_coefficient: f64,
    /// Keeps the quotient finite.
    pub epsilon: f64,
}

impl Lars {
    /// The factor for a weight with these lengths of itself and its gradient.
    pub(super) fn trust(&self, [weight, gradient]: [f64; 2]) -> f64 {
        match weight > 0.0 && gradient > 0.0 {
            true => {
                let divisor = gradient + weight * self.sgd.weight_decay + self.epsilon;
                self.trust_coefficient * weight / divisor
            }
            false => 1.0,
        }
    }
}

impl Default for Lars {
    /// timm's settings.
    fn default() -> Self {
        Self {
            sgd: Sgd {
                lr: 1.0,
                ..Sgd::default()
            },
            trust_coefficient: 1e-3,
            epsilon: 1e-8,
        }
    }
}
