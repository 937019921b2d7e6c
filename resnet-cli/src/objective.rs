//! What training minimises: the cross-entropy, of hard labels or of soft ones.

use anyhow::{Result, ensure};
use resnet_runtime::{soft_cross_entropy, softmax_cross_entropy};

use crate::mixing::Mix;
use crate::tuning::Tuning;

/// The loss of a batch and its gradient.
pub(crate) struct Objective {
    classes: usize,
    smoothing: f64,
    /// One for each class, or none.
    weights: Vec<f64>,
    targets: Vec<f32>,
}

impl Objective {
    /// Refuses weights for other than the network's classes.
    pub(crate) fn new(tuning: &Tuning, classes: usize) -> Result<Self> {
        let weights = tuning.class_weights.clone();
        ensure!(
            weights.is_empty() || weights.len() == classes,
            "--class-weights: found {} weights, expected {classes}, one for each class",
            weights.len(),
        );
        ensure!(
            weights.is_empty() || weights.iter().any(|&weight| weight > 0.0),
            "--class-weights: all are 0, expected one above 0 at least",
        );
        Ok(Self {
            classes,
            smoothing: tuning.smoothing,
            weights,
            targets: Vec::new(),
        })
    }

    /// The mean loss of a batch whose images are mixed so, and its gradient.
    pub(crate) fn loss(
        &mut self,
        logits: &[f32],
        labels: &[usize],
        mix: Option<Mix>,
        d_logits: &mut [f32],
    ) -> f32 {
        let hard = self.smoothing == 0.0 && self.weights.is_empty() && mix.is_none();
        if hard {
            return softmax_cross_entropy(logits, labels, self.classes, d_logits);
        }
        self.soften(labels, mix);
        soft_cross_entropy(logits, &self.targets, self.classes, d_logits)
    }

    /// Writes the targets: labels, mixed with those of the batch in reverse,
    /// then smoothed, then weighted so that the weights' mean is one, as in
    /// PyTorch.
    fn soften(&mut self, labels: &[usize], mix: Option<Mix>) {
        let spread = self.smoothing / self.classes as f64;
        let own = mix.map_or(1.0, |mix| mix.own);
        let weight = |class: usize| self.weights.get(class).copied().unwrap_or(1.0);
        let pairs = || labels.iter().zip(labels.iter().rev());
        let total: f64 = pairs()
            .map(|(&first, &second)| own * weight(first) + (1.0 - own) * weight(second))
            .sum();
        // A batch of classes without weight teaches nothing.
        let scale = if total > 0.0 {
            labels.len() as f64 / total
        } else {
            0.0
        };
        self.targets.clear();
        for (&first, &second) in pairs() {
            for class in 0..self.classes {
                let mut target = spread;
                let rest = 1.0 - self.smoothing;
                if class == first {
                    target += rest * own;
                }
                if class == second {
                    target += rest * (1.0 - own);
                }
                self.targets.push((scale * weight(class) * target) as f32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [usize; 2] = [2, 0];
    const LOGITS: [f32; 6] = [0.5, -1.0, 2.0, 0.25, 1.5, -0.75];

    fn loss(tuning: &Tuning, mix: Option<Mix>) -> (f32, [f32; 6]) {
        let mut d_logits = [0.0; 6];
        let mut objective = Objective::new(tuning, 3).unwrap();
        let loss = objective.loss(&LOGITS, &LABELS, mix, &mut d_logits);
        (loss, d_logits)
    }

    /// Values of `torch.nn.functional.cross_entropy`.
    #[test]
    fn as_pytorch() {
        let smooth = Tuning {
            smoothing: 0.1,
            ..Tuning::default()
        };
        let weighted = Tuning {
            class_weights: vec![0.5, 2.0, 1.0],
            ..smooth.clone()
        };
        for (tuning, expected) in [
            (&Tuning::default(), PLAIN),
            (&smooth, SMOOTH),
            (&weighted, WEIGHTED),
        ] {
            let (found, d_logits) = loss(tuning, None);
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
            // The parts of a gradient of probabilities cancel.
            assert!(d_logits.iter().sum::<f32>().abs() < 1e-6);
        }
    }

    const PLAIN: f32 = 0.910_992;
    const SMOOTH: f32 = 0.981_825_3;
    const WEIGHTED: f32 = 0.877_365_1;

    /// A mixed loss is the mix of the losses.
    #[test]
    fn mixed() {
        let (first, _) = loss(&Tuning::default(), Some(Mix { own: 1.0 }));
        let (second, _) = loss(&Tuning::default(), Some(Mix { own: 0.0 }));
        let (mixed, _) = loss(&Tuning::default(), Some(Mix { own: 0.75 }));
        assert_eq!(first, loss(&Tuning::default(), None).0);
        assert!((mixed - (0.75 * first + 0.25 * second)).abs() < 1e-6);
    }

    #[test]
    fn weights_that_fit_no_network() {
        let refused = |class_weights: &[f64]| {
            let tuning = Tuning {
                class_weights: class_weights.to_vec(),
                ..Tuning::default()
            };
            Objective::new(&tuning, 3).err().unwrap().to_string()
        };
        assert!(refused(&[1.0]).contains("found 1 weights, expected 3"));
        assert!(refused(&[0.0; 3]).contains("all are 0"));
    }
}
