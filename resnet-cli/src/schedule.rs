//! The learning rate over a run.

use std::f64::consts::PI;

/// A short linear warm-up to the highest rate, then half a cosine to 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    highest: f64,
    warm_up: usize,
    steps: usize,
}

impl Schedule {
    /// A schedule of `steps` steps; the warm-up takes a twentieth of them.
    pub(crate) fn new(highest: f64, steps: usize) -> Self {
        Self {
            highest,
            warm_up: steps / 20,
            steps,
        }
    }

    /// The rate of a step, counted from 0.
    pub(crate) fn at(&self, step: usize) -> f64 {
        if step < self.warm_up {
            return self.highest * (step + 1) as f64 / (self.warm_up + 1) as f64;
        }
        let done = (step - self.warm_up) as f64 / (self.steps - self.warm_up) as f64;
        self.highest * 0.5 * (1.0 + (PI * done).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_then_falls() {
        let schedule = Schedule::new(0.1, 100);
        let rates: Vec<_> = (0..100).map(|step| schedule.at(step)).collect();
        assert!(rates[..6].is_sorted_by(|a, b| a < b));
        assert!(rates[5..].is_sorted_by(|a, b| a > b));
        assert_eq!(rates[5], 0.1);
        assert!((rates[0] - 0.1 / 6.0).abs() < 1e-12);
        assert!((rates[52] - 0.1 * 0.5 * (1.0 + (PI * 47.0 / 95.0).cos())).abs() < 1e-12);
        assert!(rates[99] > 0.0 && rates[99] < 1e-4);
    }

    #[test]
    fn a_single_step_takes_the_highest_rate() {
        assert_eq!(Schedule::new(0.1, 1).at(0), 0.1);
    }
}
