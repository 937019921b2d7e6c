//! Batch norm with the statistics of the batch, forward and backward.

use super::{Bench, Case, Dense, bits, everywhere, maps, variant};
use crate::Element;
use crate::geometry::{Activation, BatchNorm, CHANNEL_BLOCK, Map, round_up};
use crate::ops::batch_norm::{self, Backward};
use crate::ops::elementwise::{self, Norm};
use crate::ops::reference_activations::{ALL, derivative, value};
use crate::ops::rows::Sweep;
use crate::ops::statistics::Statistics;

const EPSILON: f64 = 1e-3;
const BATCH: usize = 3;

/// Everything that goes into a batch norm.
#[derive(Clone)]
struct Values {
    input: Dense,
    residual: Dense,
    weight: Vec<f64>,
    bias: Vec<f64>,
    activation: Activation,
    adds: bool,
}

impl Values {
    fn new(map: Map, activation: Activation, adds: bool) -> Self {
        let per_channel = Map::new(map.channels, 1, 1);
        Self {
            // A mean well away from zero.
            input: Dense::random(BATCH, map, 12).zip(&Dense::zero(BATCH, map), |a, _| a + 3.0),
            residual: Dense::random(BATCH, map, 13),
            weight: Dense::random(1, per_channel, 14).values,
            bias: Dense::random(1, per_channel, 15).values,
            activation,
            adds,
        }
    }

    /// Mean and variance of each channel, in two passes.
    fn statistics(&self) -> Vec<(f64, f64)> {
        let map = self.input.map;
        let count = (self.input.values.len() / map.channels) as f64;
        let channel = |c: usize| self.input.values.iter().skip(c).step_by(map.channels);
        let statistic = |c: usize| {
            let mean = channel(c).sum::<f64>() / count;
            (
                mean,
                channel(c).map(|x| (x - mean) * (x - mean)).sum::<f64>() / count,
            )
        };
        (0..map.channels).map(statistic).collect()
    }

    fn before_activation(&self) -> Dense {
        let statistics = self.statistics();
        let mut output = self.input.clone();
        for at in output.places() {
            let (mean, variance) = statistics[at[3]];
            let x_hat = (self.input.at(at) - mean) / (variance + EPSILON).sqrt();
            let mut value = self.weight[at[3]] * x_hat + self.bias[at[3]];
            if self.adds {
                value += self.residual.at(at);
            }
            *output.at_mut(at) = value;
        }
        output
    }

    fn forward(&self) -> Dense {
        let before = self.before_activation();
        before.zip(&before, |x, _| value(self.activation, x))
    }

    /// Gradients of input, residual, weight and bias.
    fn backward(&self, d_output: &Dense) -> (Dense, Dense, Vec<f64>, Vec<f64>) {
        let map = self.input.map;
        let count = (self.input.values.len() / map.channels) as f64;
        let statistics = self.statistics();
        let masked = self.before_activation().zip(d_output, |x, gradient| {
            derivative(self.activation, x) * gradient
        });
        let mut x_hat = self.input.clone();
        let mut d_weight = vec![0.0; map.channels];
        let mut d_bias = vec![0.0; map.channels];
        for at in masked.places() {
            let (mean, variance) = statistics[at[3]];
            *x_hat.at_mut(at) = (self.input.at(at) - mean) / (variance + EPSILON).sqrt();
            d_weight[at[3]] += masked.at(at) * x_hat.at(at);
            d_bias[at[3]] += masked.at(at);
        }
        let mut d_input = masked.clone();
        for at @ [.., c] in masked.places() {
            let centred = masked.at(at) - d_bias[c] / count - x_hat.at(at) * d_weight[c] / count;
            let scale = self.weight[c] / (statistics[c].1 + EPSILON).sqrt();
            *d_input.at_mut(at) = scale * centred;
        }
        (d_input, masked, d_weight, d_bias)
    }
}

/// Where the gradients go.
#[derive(Clone, Copy, PartialEq)]
enum Gradients {
    Apart,
    ResidualInPlace,
    NoResidual,
    InputInPlace,
}

struct Normed {
    map: Map,
    activation: Activation,
    adds: bool,
    gradients: Gradients,
}

fn padded<E: Element>(values: &[f64]) -> Vec<E> {
    let mut padded = vec![E::ZERO; round_up(values.len(), CHANNEL_BLOCK)];
    for (to, value) in padded.iter_mut().zip(values) {
        *to = E::from_f64(*value);
    }
    padded
}

#[track_caller]
fn assert_vector<E: Element>(found: &[E], expected: &[f64], tolerance: f64) {
    for (i, found) in found.iter().enumerate() {
        let (found, expected) = (found.to_f64(), expected.get(i).copied().unwrap_or(0.0));
        let near = (found - expected).abs() <= tolerance * (1.0 + expected.abs());
        assert!(near, "{found} instead of {expected} at {i}");
    }
}

impl Case for Normed {
    fn run<E: Element>(&self, sweep: Sweep<E>, tolerance: f64) -> Vec<u64> {
        let Self {
            map,
            activation,
            adds,
            gradients,
        } = *self;
        // Values divided by small deviations.
        let tolerance = 20.0 * tolerance;
        let values = Values::new(map, activation, adds);
        let len = round_up(map.channels, CHANNEL_BLOCK);
        let mut bench = Bench::new(BATCH);
        let input = bench.place(&values.input, map);
        let output = bench.place(&values.residual, variant(map, 1));
        let scratch = bench.scratch(map.reduction_scratch());
        let (weight, bias) = (padded::<E>(&values.weight), padded::<E>(&values.bias));
        let nan = E::from_f64(f64::NAN);
        let (mut mean, mut inv_std) = (vec![nan; len], vec![nan; len]);

        let mut arena = bench.arena();
        let room = arena.scratch(scratch, map.reduction_scratch());
        let source = arena.read(input);
        let statistics = Statistics::new(sweep, source.map, source.batch, room);
        statistics.of_all(source);
        statistics.merge(EPSILON, &mut mean, &mut inv_std);
        let statistics = values.statistics();
        let means: Vec<_> = statistics.iter().map(|(mean, _)| *mean).collect();
        let scale = |(_, variance): &(f64, f64)| 1.0 / (variance + EPSILON).sqrt();
        assert_vector(&mean, &means, tolerance);
        assert_vector(
            &inv_std,
            &statistics.iter().map(scale).collect::<Vec<_>>(),
            tolerance,
        );

        let norm = Norm {
            weight: &weight,
            bias: &bias,
            mean: &mean,
            inv_std: &inv_std,
        };
        let target = arena.write(output);
        let residual = adds.then(|| arena.read_in_place(output, &[target]));
        elementwise::combine(sweep, source, Some(norm), residual, activation, target);
        bench.take(output).assert_near(&values.forward(), tolerance);

        let gradient = Dense::random(BATCH, map, 16);
        let d_output = bench.place(&gradient, variant(map, 2));
        let apart = [bench.room(variant(map, 4)), bench.room(variant(map, 6))];
        let (d_input, d_residual) = match gradients {
            Gradients::Apart => (apart[0], Some(apart[1])),
            Gradients::ResidualInPlace => (apart[0], Some(d_output)),
            Gradients::NoResidual => (apart[0], None),
            Gradients::InputInPlace => (d_output, None),
        };
        let (mut d_weight, mut d_bias) = (vec![nan; len], vec![nan; len]);
        let mut arena = bench.arena();
        let to = arena.write(d_input);
        let residual_to = d_residual.map(|buffer| arena.write(buffer));
        // A ReLU's output isn't needed where nothing was added.
        let is_read = match activation {
            Activation::Identity => false,
            Activation::Relu => adds || gradients == Gradients::Apart,
            _ => true,
        };
        let backward = Backward {
            follows_batch: true,
            input: arena.read(input),
            activation,
            output: is_read.then(|| arena.read(output)),
            d_output: arena.read_in_place(d_output, &[to, residual_to.unwrap_or(to)]),
            d_residual: residual_to,
            d_input: to,
        };
        let room = arena.scratch(scratch, map.reduction_scratch());
        backward.run(sweep, norm, room, &mut d_weight, &mut d_bias);
        let expected = values.backward(&gradient);
        bench
            .take(d_input)
            .assert_near(&expected.0, 10.0 * tolerance);
        if let Some(buffer) = d_residual {
            let exact = matches!(activation, Activation::Identity | Activation::Relu);
            let tolerance = if exact { 0.0 } else { tolerance };
            bench.take(buffer).assert_near(&expected.1, tolerance);
        }
        assert_vector(&d_weight, &expected.2, 10.0 * tolerance);
        assert_vector(&d_bias, &expected.3, tolerance);
        [
            bench.bits(),
            bits(&mean),
            bits(&inv_std),
            bits(&d_weight),
            bits(&d_bias),
        ]
        .concat()
    }
}

/// Those that a batch norm goes back through.
fn activations() -> Vec<Activation> {
    let all = ALL.into_iter();
    all.filter(Activation::derivative_from_output).collect()
}

#[test]
fn forward_and_backward() {
    // Several blocks of a reduction, the last of them shorter or wider.
    let large = [Map::new(5, 60, 40), Map::new(17, 3, 1100)];
    for (i, map) in maps().into_iter().chain(large).enumerate() {
        for (j, gradients) in [
            Gradients::Apart,
            Gradients::ResidualInPlace,
            Gradients::NoResidual,
            Gradients::InputInPlace,
        ]
        .into_iter()
        .enumerate()
        {
            let activations = activations();
            everywhere(&Normed {
                map,
                activation: activations[(i + j) % activations.len()],
                adds: (i + j / 2) % 2 == 0,
                gradients,
            });
        }
    }
}

/// The reference's gradients, which the kernels match, against differences.
#[test]
fn gradients_are_derivatives() {
    let step = 1e-5;
    let map = Map::new(3, 4, 3);
    for (i, activation) in activations().into_iter().enumerate() {
        let values = Values::new(map, activation, i % 2 == 0);
        let gradient = Dense::random(BATCH, map, 17);
        let (d_input, d_residual, d_weight, d_bias) = values.backward(&gradient);
        let loss = |values: &Values| -> f64 {
            values
                .forward()
                .zip(&gradient, |y, g| y * g)
                .values
                .iter()
                .sum()
        };
        let derivative = |change: &dyn Fn(&mut Values, f64)| {
            let [mut up, mut down] = [values.clone(), values.clone()];
            change(&mut up, step);
            change(&mut down, -step);
            (loss(&up) - loss(&down)) / (2.0 * step)
        };
        let near = |found: f64, expected: f64| {
            assert!(
                (found - expected).abs() < 1e-6,
                "{found} instead of {expected}"
            );
        };
        for i in 0..values.input.values.len() {
            near(
                d_input.values[i],
                derivative(&|v, by| v.input.values[i] += by),
            );
            if values.adds {
                near(
                    d_residual.values[i],
                    derivative(&|v, by| v.residual.values[i] += by),
                );
            }
        }
        for c in 0..map.channels {
            near(d_weight[c], derivative(&|v, by| v.weight[c] += by));
            near(d_bias[c], derivative(&|v, by| v.bias[c] += by));
        }
    }
}

#[test]
fn running_statistics_follow() {
    let norm = BatchNorm {
        weight: 0,
        bias: 0,
        running_mean: 0,
        running_var: 0,
        epsilon: EPSILON,
        momentum: 0.1,
    };
    let inv_std = [1.0 / (2.0 + EPSILON).sqrt()];
    for (count, variance) in [(1, 2.0), (5, 2.5)] {
        let (mut mean, mut var) = ([1.0_f64], [4.0]);
        batch_norm::update_running(&norm, count, &[3.0], &inv_std, &mut mean, &mut var);
        assert!((mean[0] - 1.2).abs() < 1e-12);
        assert!((var[0] - (0.9 * 4.0 + 0.1 * variance)).abs() < 1e-12);
    }
}
