//! Folding, updating, and plans that must be refused.

use super::{Forward, Pack, Step, StepParts};
use crate::element::sealed::Sealed;
use crate::geometry::{
    Activation, Algorithm, BatchNorm, Buffer, Conv2d, Linear, Map, PANEL, round_up,
};
use crate::ops::pack::{pack_backward, pack_forward};
use crate::ops::reference::{Noise, Sum, get, output_size, products, put, to_master};
use crate::{Optimizer, Sgd};

const CONV: Conv2d = Conv2d::new(5, 19)
    .kernel([3, 3])
    .stride([2, 2])
    .padding([1, 1]);

fn input() -> Buffer {
    Map::new(5, 9, 8).halo(1).at(0)
}

fn output() -> Buffer {
    Map::new(19, 5, 4).halo(1).at(input().map.len())
}

fn arena() -> Vec<f32> {
    vec![f32::NAN; 2 * (input().map.len() + output().map.len())]
}

#[test]
fn a_folded_norm_is_the_norm() {
    let mut noise = Noise(3);
    let weight: Vec<f32> = noise.values(CONV.taps() * 19);
    let x: Vec<f32> = noise.values(2 * 5 * 9 * 8);
    // Five vectors: bias, gamma, beta, mean, and a variance above zero.
    let vectors: Vec<f32> = noise.values(5 * 32);
    let [bias, gamma, beta, mean, spread] = core::array::from_fn(|i| &vectors[i * 32..][..32]);
    let variance: Vec<f32> = spread.iter().map(|value| value.abs() + 0.1).collect();
    let mut master = to_master(&CONV, &weight);
    let offset = master.len();
    master.extend([bias, gamma, beta].concat());
    let running = [mean, &variance].concat();
    let norm = BatchNorm {
        weight: offset + 32,
        bias: offset + 64,
        running_mean: 0,
        running_var: 32,
        epsilon: 1e-5,
        momentum: 0.1,
    };
    let mut packed = vec![f32::NAN; CONV.packed_len() + round_up(19, PANEL)];
    let mut pack = Pack {
        values: &(&master[..], &running[..]),
        packed: &mut packed,
    };
    pack.conv2d(&CONV, 0, Some(offset), Some(&norm), 0);

    let mut memory = arena();
    put(&mut memory, input(), 2, &x);
    Forward::new(&[], &mut [], &mut memory, &packed, 2, 2, 1).conv2d(
        &CONV,
        input(),
        output(),
        None,
        Activation::Identity,
        0,
    );
    let actual = get(&memory, output(), 2, 2);
    let mut sums = vec![Sum::default(); actual.len()];
    products(&CONV, [2, 9, 8], |o, i, k| {
        sums[o].add(f64::from(x[i]) * f64::from(weight[k]))
    });
    let [height, width] = output_size(&CONV, [9, 8]);
    for (index, sum) in sums.iter_mut().enumerate() {
        let c = index / (height * width) % 19;
        let scale = f64::from(gamma[c]) / (f64::from(variance[c]) + 1e-5).sqrt();
        sum.add(f64::from(bias[c]) - f64::from(mean[c]));
        sum.value *= scale;
        sum.magnitude *= scale.abs();
        sum.add(f64::from(beta[c]));
        sum.assert_near(actual[index], &index);
    }
}

#[test]
fn a_linear_layer_is_a_product_with_a_matrix() {
    let linear = Linear {
        in_features: 37,
        out_features: 10,
    };
    let conv = linear.as_conv2d();
    let mut noise = Noise(5);
    let weight: Vec<f32> = noise.values(370);
    let bias: Vec<f32> = noise.values(10);
    let x: Vec<f32> = noise.values(3 * 37);
    let mut master = to_master(&conv, &weight);
    let offset = master.len();
    master.extend(&bias);
    master.resize(offset + 16, 0.0);
    let mut packed = vec![f32::NAN; conv.packed_len() + PANEL];
    Pack {
        values: &(&master[..], &[][..]),
        packed: &mut packed,
    }
    .linear(&linear, 0, Some(offset), 0);
    let from = Map::new(37, 1, 1).at(0);
    let to = Map::new(10, 1, 1).at(from.map.len());
    let mut memory = vec![f32::NAN; 4 * (from.map.len() + to.map.len())];
    put(&mut memory, from, 4, &x);
    Forward::new(&[], &mut [], &mut memory, &packed, 3, 4, 2).linear(&linear, from, to, 0);
    for (index, actual) in get(&memory, to, 4, 3).into_iter().enumerate() {
        let (n, o) = (index / 10, index % 10);
        let mut sum = Sum::default();
        sum.add(f64::from(bias[o]));
        (0..37).for_each(|i| sum.add(f64::from(x[n * 37 + i]) * f64::from(weight[o * 37 + i])));
        sum.assert_near(actual, &index);
    }
}

#[test]
fn an_update_repacks_the_new_weights() {
    let mut noise = Noise(9);
    let len = CONV.master_len();
    let old: Vec<f32> = noise.values(len);
    let mut gradients: Vec<f32> = noise.values(len);
    let (mut master, mut momentum) = (old.clone(), vec![0.0; len]);
    // Zeros, as in a new trainer: no update writes where panels have none.
    let mut forward = vec![0.0; CONV.packed_len()];
    let mut backward = vec![0.0; CONV.packed_backward_len()];
    let sgd = Optimizer::from(Sgd {
        lr: 0.5,
        ..Sgd::default()
    });
    let parts = StepParts {
        master: &mut master,
        gradients: &mut gradients,
        state: [&mut momentum, &mut []],
        packed_forward: &mut forward,
        packed_backward: &mut backward,
        optimizer: Some(&sgd),
        ..StepParts::default()
    };
    Step::new(parts, 1, 1, 2).update_conv2d(&CONV, 0, 0, Some(0));
    for ((new, old), gradient) in master.iter().zip(&old).zip(&gradients) {
        assert_eq!(*new, old - 0.5 * gradient);
    }
    let panel = f32::kernels().conv.panel();
    let mut expected = vec![f32::NAN; forward.len()];
    pack_forward(panel, &CONV, &master, &mut expected);
    assert!(
        expected
            .iter()
            .zip(&forward)
            .all(|(a, b)| a.to_bits() == b.to_bits())
    );
    let mut expected = vec![f32::NAN; backward.len()];
    pack_backward(panel, &CONV, &master, &mut expected);
    assert!(
        expected
            .iter()
            .zip(&backward)
            .all(|(a, b)| a.to_bits() == b.to_bits())
    );
}

/// A forward convolution between two buffers, of two images.
fn run(conv: &Conv2d, input: Buffer, output: Buffer, residual: Option<Buffer>, packed: usize) {
    let weights = vec![0.0f32; CONV.packed_len() + round_up(19, PANEL)];
    let mut memory = arena();
    let mut forward = Forward::new(&[], &mut [], &mut memory, &weights, 2, 2, 1);
    forward.conv2d(conv, input, output, residual, Activation::Relu, packed);
}

#[test]
fn a_sound_plan_runs() {
    run(&CONV, input(), output(), Some(output()), 0);
}

/// What is wrong, and the arguments of [`run`].
type Plan = (&'static str, Conv2d, Buffer, Buffer, Option<Buffer>, usize);

#[test]
fn unsound_plans_are_refused() {
    let (from, to) = (input(), output());
    let moved = |buffer: Buffer, by: usize| buffer.map.at(buffer.offset.wrapping_add(by));
    let plans: [Plan; 13] = [
        ("beyond the arena", CONV, from, moved(to, 1), None, 0),
        (
            "offset overflows",
            CONV,
            from,
            moved(to, usize::MAX / 2),
            None,
            0,
        ),
        ("overlap", CONV, from, moved(to, usize::MAX), None, 0),
        (
            "residual half in place",
            CONV,
            from,
            to,
            Some(to.map.halo(0).at(to.offset)),
            0,
        ),
        ("no halo", CONV, from.map.halo(0).at(0), to, None, 0),
        (
            "wrong size",
            CONV,
            from,
            Map::new(19, 5, 5).at(to.offset),
            None,
            0,
        ),
        (
            "wrong channels",
            Conv2d {
                in_channels: 6,
                ..CONV
            },
            from,
            to,
            None,
            0,
        ),
        ("no stride", CONV.stride([0, 1]), from, to, None, 0),
        ("uneven groups", CONV.groups(2), from, to, None, 0),
        ("no groups", CONV.groups(0), from, to, None, 0),
        ("no dilation", CONV.dilation([1, 0]), from, to, None, 0),
        (
            "too much dilation",
            CONV.dilation([4, 1]),
            from,
            to,
            None,
            0,
        ),
        ("weights missing", CONV, from, to, None, 1),
    ];
    for (what, conv, from, to, residual, packed) in plans {
        let outcome = std::panic::catch_unwind(|| run(&conv, from, to, residual, packed));
        assert!(outcome.is_err(), "{what}");
    }
}

#[test]
fn a_gradient_without_its_halo_is_refused() {
    let conv = CONV.stride([1, 1]).padding([0, 0]);
    let run = |halo: usize| {
        let d_output = Map::new(19, 4, 4).halo(halo).at(0);
        let d_input = Map::new(5, 6, 6).at(d_output.map.len());
        let mut memory = vec![0.0f32; d_input.offset + d_input.map.len()];
        let mut packed = vec![0.0; conv.packed_backward_len()];
        let parts = StepParts {
            arena: &mut memory,
            packed_backward: &mut packed,
            ..StepParts::default()
        };
        Step::new(parts, 1, 1, 1).conv2d_backward_input(
            &conv,
            d_output,
            d_input,
            None,
            0,
            Algorithm::Direct,
        );
    };
    run(2);
    assert!(std::panic::catch_unwind(|| run(1)).is_err());
}
