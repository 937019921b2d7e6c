//! Mixup (Zhang et al. 2017) and CutMix (Yun et al. 2019), as timm does them
//! for whole batches: each image with the one at its place from the end.

use crate::random::Draws;
use crate::tuning::Tuning;

/// How much of each image is its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mix {
    pub(crate) own: f64,
}

/// Mixes batches. What it draws follows from the seed and the step alone.
pub(crate) struct Mixing {
    seed: u64,
    /// Parameters of the beta distributions; zero for none.
    mixup: f64,
    cutmix: f64,
}

impl Mixing {
    pub(crate) fn new(tuning: &Tuning, seed: u64) -> Self {
        Self {
            seed,
            mixup: tuning.mixup,
            cutmix: tuning.cutmix,
        }
    }

    /// Mixes the images `[n][channels][height][width]` of a step, if asked for.
    pub(crate) fn mix(&self, step: usize, images: &mut [f32], shape: [usize; 3]) -> Option<Mix> {
        let mut draws = Draws::of_step(self.seed, step);
        let cuts = match (self.mixup > 0.0, self.cutmix > 0.0) {
            (false, false) => return None,
            (true, true) => draws.coin(),
            (_, cuts) => cuts,
        };
        let alpha = if cuts { self.cutmix } else { self.mixup };
        let own = beta(&mut draws, alpha);
        if !cuts {
            blend(images, shape, own);
            return Some(Mix { own });
        }
        let [_, height, width] = shape;
        let side = (1.0 - own).sqrt();
        let rows = side_of(&mut draws, height, side);
        let columns = side_of(&mut draws, width, side);
        paste(images, shape, rows, columns);
        let pasted = (rows[1] - rows[0]) * (columns[1] - columns[0]);
        let own = 1.0 - pasted as f64 / (height * width) as f64;
        Some(Mix { own })
    }
}

/// `own` of each image and the rest of its partner.
fn blend(images: &mut [f32], shape: [usize; 3], own: f64) {
    let (own, rest) = (own as f32, (1.0 - own) as f32);
    pairs(images, shape, |first, second| {
        for (a, b) in first.iter_mut().zip(second) {
            (*a, *b) = (own * *a + rest * *b, own * *b + rest * *a);
        }
    });
}

/// Exchanges a rectangle between the images of each pair.
fn paste(images: &mut [f32], shape: [usize; 3], rows: [usize; 2], columns: [usize; 2]) {
    let [channels, height, width] = shape;
    pairs(images, shape, |first, second| {
        for row in (0..channels).flat_map(|c| (rows[0]..rows[1]).map(move |y| c * height + y)) {
            let part = row * width + columns[0]..row * width + columns[1];
            first[part.clone()].swap_with_slice(&mut second[part]);
        }
    });
}

/// Each image with its partner; one in the middle is its own.
fn pairs(images: &mut [f32], shape: [usize; 3], mut body: impl FnMut(&mut [f32], &mut [f32])) {
    let len: usize = shape.iter().product();
    let half = images.len() / len / 2;
    let (firsts, seconds) = images.split_at_mut(half * len);
    let firsts = firsts.chunks_exact_mut(len);
    for (first, second) in firsts.zip(seconds.chunks_exact_mut(len).rev()) {
        body(first, second);
    }
}

/// One side of the rectangle: a share of a length around a place drawn evenly,
/// cut off at the ends.
fn side_of(draws: &mut Draws, length: usize, share: f64) -> [usize; 2] {
    let side = (length as f64 * share) as usize;
    let centre = (draws.uniform() * length as f64) as usize;
    let start = centre.saturating_sub(side / 2);
    [start, (centre + side.div_ceil(2)).clamp(start, length)]
}

/// A draw of the beta distribution with both parameters `alpha`.
fn beta(draws: &mut Draws, alpha: f64) -> f64 {
    let (a, b) = (log_gamma_draw(draws, alpha), log_gamma_draw(draws, alpha));
    1.0 / (1.0 + (b - a).exp())
}

/// The logarithm of a draw of the gamma distribution (Marsaglia and Tsang
/// 2000): a logarithm, since draws of small parameters vanish.
fn log_gamma_draw(draws: &mut Draws, alpha: f64) -> f64 {
    if alpha < 1.0 {
        return log_gamma_draw(draws, alpha + 1.0) + draws.uniform().ln() / alpha;
    }
    let d = alpha - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let normal = draws.normal();
        let cube = (1.0 + c * normal).powi(3);
        let accepted = cube > 0.0
            && draws.uniform().ln() < 0.5 * normal * normal + d * (1.0 - cube + cube.ln());
        if accepted {
            return d.ln() + cube.ln();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixing(mixup: f64, cutmix: f64) -> Mixing {
        Mixing {
            seed: 5,
            mixup,
            cutmix,
        }
    }

    /// Three images of a value each.
    fn images() -> Vec<f32> {
        [[1.0; 40], [2.0; 40], [5.0; 40]].concat()
    }

    const SHAPE: [usize; 3] = [2, 4, 5];

    #[test]
    fn nothing_unless_asked_for() {
        let mut images = images();
        assert_eq!(mixing(0.0, 0.0).mix(3, &mut images, SHAPE), None);
        assert_eq!(images, self::images());
    }

    #[test]
    fn mixup_blends() {
        let mut images = images();
        let own = mixing(0.5, 0.0).mix(3, &mut images, SHAPE).unwrap().own as f32;
        let expected = [own + (1.0 - own) * 5.0, 2.0, own * 5.0 + (1.0 - own)];
        for (image, expected) in images.chunks(40).zip(expected) {
            assert!(image.iter().all(|value| (value - expected).abs() < 1e-5));
        }
    }

    /// The label's share is the share of pixels.
    #[test]
    fn cutmix_pastes() {
        for step in 0..50 {
            let mut images = images();
            let own = mixing(0.0, 1.0).mix(step, &mut images, SHAPE).unwrap().own;
            for (image, value) in [(0, 1.0), (2, 5.0)] {
                let image = &images[image * 40..][..40];
                let kept = image.iter().filter(|v| **v == value).count();
                assert!((kept as f64 / 40.0 - own).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn draws_follow_from_seed_and_step() {
        let mix = |step| mixing(0.4, 1.0).mix(step, &mut images(), SHAPE);
        assert_eq!(mix(1), mix(1));
        assert_ne!(mix(1), mix(2));
    }

    /// Mean and variance of beta distributions: 1/2 and 1 / (4 (2 a + 1)).
    #[test]
    fn beta_draws() {
        let mut random = Draws::of_step(1, 1);
        for alpha in [0.1, 0.2, 1.0, 4.0] {
            let draws: Vec<f64> = (0..20_000).map(|_| beta(&mut random, alpha)).collect();
            let mean = draws.iter().sum::<f64>() / 20_000.0;
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
            let expected = 0.25 / (2.0 * alpha + 1.0);
            assert!((mean - 0.5).abs() < 0.015, "{alpha}: {mean}");
            assert!(
                (variance / expected - 1.0).abs() < 0.05,
                "{alpha}: {variance}"
            );
        }
    }
}
