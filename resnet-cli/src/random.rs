//! Draws that follow from where they are used, never from what was drawn
//! elsewhere: every use has a stream of the generator to itself. So a run that
//! starts in the middle, and any number of threads, draw the same.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::f64::consts::TAU;

/// Streams below this one order the epochs.
const OF_STEPS: u64 = 1 << 48;

/// Streams from this one on are those of the images of an epoch.
const OF_IMAGES: u64 = 1 << 63;

/// The draws of one use.
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    /// For the order of an epoch's images.
    pub(crate) fn of_epoch(seed: u64, epoch: usize) -> Self {
        Self::of_stream(seed, epoch as u64)
    }

    /// For a step, counted over all epochs.
    pub(crate) fn of_step(seed: u64, step: usize) -> Self {
        Self::of_stream(seed, OF_STEPS + step as u64)
    }

    /// For what is done to an image in an epoch.
    pub(crate) fn of_image(seed: u64, epoch: usize, index: usize) -> Self {
        Self::of_stream(seed, OF_IMAGES | (epoch as u64) << 32 | index as u64)
    }

    fn of_stream(seed: u64, stream: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        Self(random)
    }

    /// True half the time.
    pub(crate) fn coin(&mut self) -> bool {
        self.0.next_u32() & 1 == 1
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// A whole number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        // Multiplication instead of a remainder; its bias is below end / 2^64.
        ((u128::from(self.0.next_u64()) * end as u128) >> 64) as usize
    }

    /// Between 0 and 1, never either.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    /// Evenly between two numbers.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.uniform() * (high - low)
    }

    /// The standard normal distribution's.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_use_draws_for_itself() {
        let uses = [
            Draws::of_epoch(1, 2),
            Draws::of_epoch(2, 2),
            Draws::of_step(1, 2),
            Draws::of_image(1, 2, 3),
            Draws::of_image(1, 3, 2),
        ];
        let mut first: Vec<_> = uses
            .into_iter()
            .map(|mut draws| draws.below(1 << 60))
            .collect();
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), 5);
        assert_eq!(
            Draws::of_image(1, 2, 3).uniform(),
            Draws::of_image(1, 2, 3).uniform()
        );
    }

    #[test]
    fn distributions() {
        let mut draws = Draws::of_step(1, 1);
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let even: Vec<_> = (0..10_000).map(|_| draws.between(-1.0, 3.0)).collect();
        assert!((mean(&even) - 1.0).abs() < 0.05);
        let normal: Vec<_> = (0..10_000).map(|_| draws.normal()).collect();
        let squares: Vec<_> = normal.iter().map(|x| x * x).collect();
        assert!(mean(&normal).abs() < 0.05 && (mean(&squares) - 1.0).abs() < 0.05);
        assert!((0..1000).all(|_| draws.below(3) < 3));
    }
}
