//! The learning rate over a run, step by step.

use std::f64::consts::PI;

use crate::training::Settings;
use crate::tuning::Sched;

/// A linear warm-up to the highest rate, then what the schedule's name says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    kind: Sched,
    highest: f64,
    lowest: f64,
    warm_up: usize,
    steps: usize,
    /// Steps between two drops, and the factor of each.
    every: usize,
    factor: f64,
}

/// The rate that one-cycle starts from, as a share of the highest (PyTorch's).
const CYCLE_START: f64 = 1.0 / 25.0;

impl Schedule {
    /// The schedule of a run of so many steps an epoch. Unless told otherwise
    /// the warm-up takes a twentieth of all steps.
    pub(crate) fn new(settings: &Settings, steps_per_epoch: usize) -> Self {
        let tuning = &settings.tuning;
        let steps = settings.epochs * steps_per_epoch;
        let of = |epochs: f64| (epochs * steps_per_epoch as f64).round() as usize;
        let warm_up = match tuning.sched {
            Sched::OneCycle => steps * 3 / 10,
            Sched::Constant | Sched::Step => 0,
            Sched::Cosine => steps / 20,
        };
        Self {
            kind: tuning.sched,
            highest: settings.lr,
            lowest: tuning.min_lr,
            warm_up: tuning.warmup_epochs.map_or(warm_up, of).min(steps),
            steps,
            every: of(tuning.decay_epochs).max(1),
            factor: tuning.decay_rate,
        }
    }

    /// The rate of a step, counted from 0.
    pub(crate) fn at(&self, step: usize) -> f64 {
        if step < self.warm_up {
            return match self.kind {
                Sched::OneCycle => {
                    let done = step as f64 / self.warm_up as f64;
                    half_cosine(self.highest * CYCLE_START, self.highest, done)
                }
                _ => self.highest * (step + 1) as f64 / (self.warm_up + 1) as f64,
            };
        }
        let done = (step - self.warm_up) as f64 / (self.steps - self.warm_up) as f64;
        match self.kind {
            Sched::Cosine | Sched::OneCycle => half_cosine(self.highest, self.lowest, done),
            Sched::Step => self.highest * self.factor.powi((step / self.every) as i32),
            Sched::Constant => self.highest,
        }
    }
}

/// From one rate to another.
fn half_cosine(from: f64, to: f64, done: f64) -> f64 {
    to + (from - to) * 0.5 * (1.0 + (PI * done).cos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tuning::Tuning;

    /// 100 steps in 10 epochs.
    fn rates(tuning: Tuning) -> Vec<f64> {
        let settings = Settings {
            epochs: 10,
            lr: 0.1,
            tuning,
            ..Settings::default()
        };
        let schedule = Schedule::new(&settings, 10);
        (0..100).map(|step| schedule.at(step)).collect()
    }

    fn kind(sched: Sched) -> Tuning {
        Tuning {
            sched,
            ..Tuning::default()
        }
    }

    #[test]
    fn rises_then_falls() {
        let rates = rates(Tuning::default());
        assert!(rates[..6].is_sorted_by(|a, b| a < b));
        assert!(rates[5..].is_sorted_by(|a, b| a > b));
        assert_eq!(rates[5], 0.1);
        assert!((rates[0] - 0.1 / 6.0).abs() < 1e-12);
        assert!((rates[52] - 0.1 * 0.5 * (1.0 + (PI * 47.0 / 95.0).cos())).abs() < 1e-12);
        assert!(rates[99] > 0.0 && rates[99] < 1e-4);
    }

    #[test]
    fn a_single_step_takes_the_highest_rate() {
        let settings = Settings {
            epochs: 1,
            ..Settings::default()
        };
        assert_eq!(Schedule::new(&settings, 1).at(0), 0.1);
    }

    #[test]
    fn longer_warm_up_and_a_lowest_rate() {
        let rates = rates(Tuning {
            warmup_epochs: Some(2.0),
            min_lr: 0.05,
            ..Tuning::default()
        });
        assert!((rates[0] - 0.1 / 21.0).abs() < 1e-12);
        assert_eq!(rates[20], 0.1);
        assert!(rates[99] > 0.05 && rates[99] < 0.0501);
    }

    #[test]
    fn steps() {
        let rates = rates(Tuning {
            decay_epochs: 4.0,
            decay_rate: 0.5,
            ..kind(Sched::Step)
        });
        assert_eq!([rates[0], rates[39], rates[40]], [0.1, 0.1, 0.05]);
        assert_eq!([rates[79], rates[80]], [0.05, 0.025]);
    }

    #[test]
    fn one_cycle() {
        let rates = rates(kind(Sched::OneCycle));
        assert!((rates[0] - 0.004).abs() < 1e-12);
        assert_eq!(rates[30], 0.1);
        assert!((rates[15] - 0.052).abs() < 1e-12);
        assert!((rates[65] - 0.05).abs() < 1e-12);
        assert!(rates[30..].is_sorted_by(|a, b| a > b));
    }

    #[test]
    fn constant() {
        assert!(rates(kind(Sched::Constant)).iter().all(|&rate| rate == 0.1));
    }

    #[test]
    fn a_warm_up_longer_than_the_run() {
        let rates = rates(Tuning {
            warmup_epochs: Some(99.0),
            ..Tuning::default()
        });
        assert!(rates.is_sorted_by(|a, b| a < b) && rates[99] < 0.1);
    }
}
