//! Activations, alone and after a batch norm, against finite differences.

use super::{Memory, NORM};
use crate::geometry::{Activation, Buffer, Map};
use crate::ops::reference::{Noise, get, put};
use crate::ops::reference_activations::ALL;

/// Images, and images that the arena is made for.
const BATCH: usize = 2;
const LIMIT: usize = 3;
const STEP: f64 = 1e-6;

const MAP: Map = Map::new(5, 3, 2);
const LEN: usize = BATCH * 5 * 3 * 2;

/// Maps one after another, the odd ones with halos.
fn buffer(index: usize) -> Buffer {
    MAP.halo(index % 2).at(400 * index)
}

const SCRATCH: usize = 2800;

fn memory() -> Memory {
    let mut noise = Noise(3);
    let mut master = vec![0.0; 32];
    for offset in [NORM.weight, NORM.bias] {
        master[offset..][..MAP.channels].copy_from_slice(&noise.values::<f64>(MAP.channels));
    }
    Memory {
        arena: vec![f64::NAN; LIMIT * 3200],
        master,
        gradients: vec![f64::NAN; 32],
        running: vec![0.0; 32],
        saved: vec![f64::NAN; 40],
        ..Memory::default()
    }
}

/// Values in -4..4.
fn values(noise: &mut Noise) -> Vec<f64> {
    let values = noise.values::<f64>(LEN);
    values.into_iter().map(|value| 4.0 * value).collect()
}

/// Asserts that `gradient` is the derivative of `outputs`, weighted and summed.
fn assert_derivative(
    outputs: &dyn Fn(&[f64]) -> Vec<f64>,
    at: &[f64],
    weights: &[f64],
    gradient: &[f64],
    what: &dyn core::fmt::Debug,
) {
    for (index, gradient) in gradient.iter().enumerate() {
        let loss = |delta: f64| -> f64 {
            let mut moved = at.to_vec();
            moved[index] += delta;
            outputs(&moved)
                .iter()
                .zip(weights)
                .map(|(o, w)| o * w)
                .sum()
        };
        let expected = (loss(STEP) - loss(-STEP)) / (2.0 * STEP);
        assert!(
            (gradient - expected).abs() <= 1e-7 * (1.0 + expected.abs()),
            "{gradient} at {index} where differences say {expected}: {what:?}"
        );
    }
}

/// The activation's output, in place when asked for.
fn activated(activation: Activation, x: &[f64], output: Buffer) -> Vec<f64> {
    let mut memory = memory();
    put(&mut memory.arena, buffer(0), LIMIT, x);
    memory.step().activate(activation, buffer(0), output);
    get(&memory.arena, output, LIMIT, BATCH)
}

#[test]
fn activations_alone() {
    let mut noise = Noise(4);
    let [x, weights, so_far] = core::array::from_fn(|_| values(&mut noise));
    for activation in ALL {
        let outputs = |x: &[f64]| activated(activation, x, buffer(1));
        let output = outputs(&x);
        assert_eq!(activated(activation, &x, buffer(0)), output, "in place");
        let kept = if activation.derivative_from_output() {
            &output
        } else {
            &x
        };
        for (accumulate, d_input) in [(None, 5), (None, 3), (Some(4), 5), (Some(4), 4)] {
            let mut memory = memory();
            put(&mut memory.arena, buffer(2), LIMIT, kept);
            put(&mut memory.arena, buffer(3), LIMIT, &weights);
            put(&mut memory.arena, buffer(4), LIMIT, &so_far);
            memory.step().activate_backward(
                activation,
                buffer(2),
                buffer(3),
                buffer(d_input),
                accumulate.map(buffer),
            );
            let mut gradient = get(&memory.arena, buffer(d_input), LIMIT, BATCH);
            if accumulate.is_some() {
                gradient.iter_mut().zip(&so_far).for_each(|(g, s)| *g -= s);
            }
            assert_derivative(&outputs, &x, &weights, &gradient, &activation);
        }
    }
}

/// Input, residual, output, and three gradients.
fn normed(activation: Activation, [x, residual]: [&[f64]; 2]) -> Memory {
    let mut memory = memory();
    put(&mut memory.arena, buffer(0), LIMIT, x);
    put(&mut memory.arena, buffer(1), LIMIT, residual);
    let mut step = memory.step();
    step.batch_norm_statistics(buffer(0), 8, SCRATCH, NORM.epsilon);
    let (input, added) = (buffer(0), Some(buffer(1)));
    step.batch_norm(&NORM, 8, input, added, buffer(2), activation);
    memory
}

#[test]
fn activations_after_a_batch_norm() {
    let mut noise = Noise(5);
    let [x, residual, weights] = core::array::from_fn(|_| values(&mut noise));
    let fused = ALL.into_iter().filter(Activation::derivative_from_output);
    for activation in fused {
        let outputs =
            |inputs: [&[f64]; 2]| get(&normed(activation, inputs).arena, buffer(2), LIMIT, BATCH);
        for [d_input, d_residual] in [[4, 5], [4, 3]] {
            let mut memory = normed(activation, [&x, &residual]);
            put(&mut memory.arena, buffer(3), LIMIT, &weights);
            memory.step().batch_norm_backward(
                &NORM,
                8,
                SCRATCH,
                activation,
                buffer(0),
                Some(buffer(2)),
                buffer(3),
                buffer(d_input),
                Some(buffer(d_residual)),
            );
            let gradient = |of: usize| get(&memory.arena, buffer(of), LIMIT, BATCH);
            let of_input = |x: &[f64]| outputs([x, &residual]);
            assert_derivative(&of_input, &x, &weights, &gradient(d_input), &activation);
            let of_residual = |residual: &[f64]| outputs([&x, residual]);
            let d_residual = gradient(d_residual);
            assert_derivative(&of_residual, &residual, &weights, &d_residual, &activation);
        }
    }
}

#[test]
#[should_panic(expected = "is unknown")]
fn batch_norms_need_a_derivative_from_the_output() {
    let values = vec![0.5; LEN];
    let mut memory = normed(Activation::Silu, [&values, &values]);
    memory.step().batch_norm_backward(
        &NORM,
        8,
        SCRATCH,
        Activation::Silu,
        buffer(0),
        Some(buffer(2)),
        buffer(3),
        buffer(4),
        None,
    );
}
