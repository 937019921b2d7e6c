//! Initial values of parameters.

use core::f64::consts::TAU;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::{ModelInfo, ParameterInfo, Role};

/// Initial values of the parameter with this index in the model's table, in
/// file layout.
///
/// The generator is ChaCha8, keyed by the seed (64 bits, little endian, then
/// zeros) and with the index as its stream, so that no parameter's values
/// depend on how many others draw.
pub(super) fn values(info: &ModelInfo, index: usize, seed: u64) -> Vec<f64> {
    let parameter = &info.parameters[index];
    let len = parameter.shape.iter().product();
    let mut draw = Uniform::new(seed, index as u64);
    match parameter.role {
        Role::ConvWeight => {
            let fan_out = parameter.shape[0] * window(parameter.shape);
            let deviation = (2.0 / fan_out as f64).sqrt();
            draw.normals(len).map(|x| deviation * x).collect()
        }
        Role::LinearWeight | Role::Bias => {
            let bound = weight_of(info, parameter).map_or(0.0, |weight| {
                let fan_in = weight.shape[1] * window(weight.shape);
                1.0 / (fan_in as f64).sqrt()
            });
            (0..len)
                .map(|_| bound * (2.0 * draw.next() - 1.0))
                .collect()
        }
        Role::NormWeight | Role::RunningVar => vec![1.0; len],
        Role::NormBias | Role::RunningMean => vec![0.0; len],
    }
}

/// Positions of a weight's kernel: 1 for a linear weight.
fn window(shape: &[usize]) -> usize {
    shape[2..].iter().product()
}

/// The weight of the layer that a weight or bias belongs to.
fn weight_of<'a>(info: &'a ModelInfo, parameter: &'a ParameterInfo) -> Option<&'a ParameterInfo> {
    if parameter.role != Role::Bias {
        return Some(parameter);
    }
    let layer = parameter.name.strip_suffix("bias")?;
    let mut weights = info.parameters.iter();
    weights.find(|weight| weight.name.strip_suffix("weight") == Some(layer))
}

/// Uniform numbers in `[0, 1)`, multiples of 2^-53.
struct Uniform(ChaCha8Rng);

impl Uniform {
    fn new(seed: u64, stream: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(stream);
        Self(generator)
    }

    fn next(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * 2f64.powi(-53)
    }

    /// Normal numbers by Box and Muller's transform: pairs of `r cos t` and
    /// `r sin t`.
    fn normals(&mut self, len: usize) -> impl Iterator<Item = f64> {
        let pairs = (0..len.div_ceil(2)).flat_map(|_| {
            // `1 - u` lies in (0, 1], where the logarithm is finite.
            let r = (-2.0 * (1.0 - self.next()).ln()).sqrt();
            let (sin, cos) = (TAU * self.next()).sin_cos();
            [r * cos, r * sin]
        });
        pairs.take(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::INFO;

    fn of(name: &str, seed: u64) -> Vec<f64> {
        let index = INFO.parameters.iter().position(|p| p.name == name);
        values(&INFO, index.unwrap(), seed)
    }

    /// Trainings can be repeated from their seed as long as these hold. The
    /// values come from another implementation of the generator.
    #[test]
    fn pinned() {
        for (name, expected) in [
            (
                "conv1.weight",
                [
                    -0.023531000942812838,
                    0.10314299373198633,
                    -0.08998948704397983,
                ],
            ),
            (
                "fc.weight",
                [
                    -0.023896258359738146,
                    0.014859964958742547,
                    0.0594049683864509,
                ],
            ),
            (
                "fc.bias",
                [0.17321017664449362, 0.09434181853063, -0.16959160672118595],
            ),
        ] {
            for (found, expected) in of(name, 42).into_iter().zip(expected) {
                assert!(
                    (found - expected).abs() < 1e-15,
                    "{name}: {found} {expected}"
                );
            }
        }
    }

    #[test]
    fn seeds_and_streams_differ() {
        assert_eq!(of("fc.bias", 7), of("fc.bias", 7));
        assert_ne!(of("fc.bias", 7), of("fc.bias", 8));
        assert_ne!(of("fc.bias", 7)[..10], of("fc.weight", 7)[..10]);
    }

    #[test]
    fn bounds_of_the_linear_layer() {
        let bound = 1.0 / 17f64.sqrt();
        for name in ["fc.weight", "fc.bias"] {
            let values = of(name, 1);
            assert!(values.iter().all(|x| x.abs() <= bound));
            assert!(values.iter().any(|x| x.abs() > 0.7 * bound));
        }
    }

    #[test]
    fn norms_start_as_the_identity() {
        assert_eq!(of("bn1.weight", 1), [1.0; 17]);
        assert_eq!(of("bn1.bias", 1), [0.0; 17]);
        assert_eq!(of("bn1.running_mean", 1), [0.0; 17]);
        assert_eq!(of("bn1.running_var", 1), [1.0; 17]);
    }

    #[test]
    fn moments_of_normals() {
        let n = 200_001;
        let values: Vec<f64> = Uniform::new(3, 0).normals(n).collect();
        assert_eq!(values.len(), n);
        let moment = |power| values.iter().map(|x| x.powi(power)).sum::<f64>() / n as f64;
        assert!(moment(1).abs() < 0.01);
        assert!((moment(2) - 1.0).abs() < 0.02);
        assert!(moment(3).abs() < 0.05);
        assert!((moment(4) - 3.0).abs() < 0.1);
    }

    #[test]
    fn variance_of_the_convolution() {
        let values = of("conv1.weight", 5);
        let variance = values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64;
        let expected = 2.0 / (17.0 * 9.0);
        assert!((variance / expected - 1.0).abs() < 0.2);
    }
}
