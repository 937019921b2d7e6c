//! Initial values of parameters.

use core::f64::consts::TAU;

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::{Fan, Init, ModelInfo, ParameterInfo, Role};

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
    match Distribution::of(parameter.init, fans(info, parameter)) {
        Distribution::Normal(deviation) => draw.normals(len).map(|x| deviation * x).collect(),
        Distribution::Uniform(bound) => (0..len)
            .map(|_| bound * (2.0 * draw.next() - 1.0))
            .collect(),
        Distribution::Constant(value) => vec![value; len],
    }
}

/// What values are drawn from.
enum Distribution {
    /// Around zero, with this standard deviation.
    Normal(f64),
    /// Within this bound of zero.
    Uniform(f64),
    /// Nothing: all are the same.
    Constant(f64),
}

impl Distribution {
    fn of(init: Init, [fan_in, fan_out]: [f64; 2]) -> Self {
        let fan = |fan| match fan {
            Fan::In => fan_in,
            Fan::Out => fan_out,
        };
        match init {
            Init::KaimingNormal(of) => Self::Normal((2.0 / fan(of)).sqrt()),
            Init::KaimingUniform(of) => Self::Uniform((6.0 / fan(of)).sqrt()),
            Init::XavierNormal => Self::Normal((2.0 / (fan_in + fan_out)).sqrt()),
            Init::XavierUniform => Self::Uniform((6.0 / (fan_in + fan_out)).sqrt()),
            Init::Uniform => Self::Uniform(1.0 / fan_in.sqrt()),
            Init::Normal { std } => Self::Normal(std),
            Init::Constant(value) => Self::Constant(value),
        }
    }
}

/// Fans in and out of a parameter's weight; infinite, so that values are zero,
/// for a vector that belongs to none.
fn fans(info: &ModelInfo, parameter: &ParameterInfo) -> [f64; 2] {
    match weight_of(info, parameter).map(|weight| weight.shape) {
        Some([outputs, inputs, window @ ..]) => {
            let window: usize = window.iter().product();
            [inputs * window, outputs * window].map(|fan| fan as f64)
        }
        _ => [f64::INFINITY; 2],
    }
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
    use crate::Table;
    use crate::fixture::{INFO, PARAMETERS};

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

    /// Mean, variance and largest magnitude of a weight of 64x32x3x3, from
    /// one of its own stream.
    fn moments(init: Init) -> [f64; 3] {
        let info = ModelInfo {
            parameters: Table::new(Box::leak(Box::new([ParameterInfo::new(
                "conv.weight",
                &[64, 32, 3, 3],
                Role::ConvWeight,
                0,
            )
            .init(init)]))),
            ..INFO
        };
        let values = values(&info, 0, 11);
        let mean = |f: fn(f64) -> f64| values.iter().map(|&x| f(x)).sum::<f64>() / 18432.0;
        let largest = values.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        [mean(|x| x), mean(|x| x * x), largest]
    }

    #[test]
    fn moments_of_each_scheme() {
        let (fan_in, fan_out) = (32.0 * 9.0, 64.0 * 9.0);
        for (init, variance) in [
            (Init::KaimingNormal(Fan::In), 2.0 / fan_in),
            (Init::KaimingNormal(Fan::Out), 2.0 / fan_out),
            (Init::XavierNormal, 2.0 / (fan_in + fan_out)),
            (Init::Normal { std: 0.01 }, 1e-4),
        ] {
            let [mean, found, largest] = moments(init);
            let deviation = f64::sqrt(variance);
            assert!(mean.abs() < 0.03 * deviation, "{init:?}: mean {mean}");
            assert!((found / variance - 1.0).abs() < 0.03, "{init:?}: {found}");
            // Of so many normal numbers the largest is about four deviations.
            assert!((3.0..6.0).contains(&(largest / deviation)), "{init:?}");
        }
        for (init, bound) in [
            (Init::KaimingUniform(Fan::In), (6.0f64 / fan_in).sqrt()),
            (Init::KaimingUniform(Fan::Out), (6.0f64 / fan_out).sqrt()),
            (Init::XavierUniform, (6.0f64 / (fan_in + fan_out)).sqrt()),
            (Init::Uniform, 1.0 / fan_in.sqrt()),
        ] {
            let [mean, variance, largest] = moments(init);
            assert!(mean.abs() < 0.03 * bound, "{init:?}: mean {mean}");
            let expected = bound * bound / 3.0;
            assert!((variance / expected - 1.0).abs() < 0.03, "{init:?}");
            assert!((0.999..=1.0).contains(&(largest / bound)), "{init:?}");
        }
        assert_eq!(moments(Init::Constant(0.5)), [0.5, 0.25, 0.5]);
    }

    #[test]
    fn a_norm_may_start_at_zero() {
        static ZERO: ModelInfo = ModelInfo {
            parameters: Table::new(const { &[PARAMETERS[1].init(Init::ZERO), PARAMETERS[2]] }),
            ..INFO
        };
        assert_eq!(values(&ZERO, 0, 1), [0.0; 17]);
        let parameters = crate::Parameters::<f32>::init(&ZERO, 1);
        assert_eq!(parameters.get("bn1.weight").unwrap(), [0.0; 17]);
    }

    #[test]
    fn a_bias_has_the_fans_of_its_weight() {
        static BIASED: ModelInfo = ModelInfo {
            parameters: Table::new(
                const {
                    &[
                        PARAMETERS[5],
                        PARAMETERS[6].init(Init::KaimingUniform(Fan::In)),
                        ParameterInfo::new("lonely.bias", &[4], Role::Bias, 0),
                    ]
                },
            ),
            ..INFO
        };
        let bound = (6.0f64 / 17.0).sqrt();
        let largest = |values: Vec<f64>| values.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        assert!((0.7 * bound..bound).contains(&largest(values(&BIASED, 1, 1))));
        assert_eq!(largest(values(&BIASED, 2, 1)), 0.0);
    }
}
