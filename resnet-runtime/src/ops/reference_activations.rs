//! Activations and their derivatives by plain formulas in `f64`.

use core::f64::consts::{FRAC_1_SQRT_2, PI};

use crate::geometry::Activation;

/// Each activation; parameters of both signs, as backward needs others then.
pub(crate) const ALL: [Activation; 11] = [
    Activation::Identity,
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.1 },
    Activation::LeakyRelu { slope: -0.3 },
    Activation::Silu,
    Activation::Gelu,
    Activation::Elu { alpha: 0.7 },
    Activation::Elu { alpha: -0.5 },
    Activation::HardSwish,
    Activation::Sigmoid,
    Activation::Tanh,
];

/// `activation(x)`.
pub(crate) fn value(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Identity => x,
        Activation::LeakyRelu { slope } if x <= 0.0 => slope * x,
        Activation::Elu { alpha } if x <= 0.0 => alpha * x.exp_m1(),
        Activation::Relu if x <= 0.0 => 0.0,
        Activation::Relu | Activation::LeakyRelu { .. } | Activation::Elu { .. } => x,
        Activation::Silu => x * sigmoid(x),
        Activation::Gelu => x * normal(x),
        Activation::HardSwish if x.is_nan() => x,
        Activation::HardSwish => x * ((x + 3.0).clamp(0.0, 6.0) / 6.0),
        Activation::Sigmoid => sigmoid(x),
        Activation::Tanh => x.tanh(),
    }
}

/// The derivative at `x`.
pub(crate) fn derivative(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Identity => 1.0,
        Activation::LeakyRelu { slope } if x <= 0.0 => slope,
        Activation::Elu { alpha } if x <= 0.0 => alpha * x.exp(),
        Activation::Relu if x <= 0.0 => 0.0,
        Activation::Relu | Activation::LeakyRelu { .. } | Activation::Elu { .. } => 1.0,
        Activation::Silu => sigmoid(x) * (1.0 + x * sigmoid(-x)),
        Activation::Gelu => normal(x) + x * (-0.5 * x * x).exp() / (2.0 * PI).sqrt(),
        Activation::HardSwish if x <= -3.0 => 0.0,
        Activation::HardSwish if x < 3.0 => x / 3.0 + 0.5,
        Activation::HardSwish => 1.0,
        Activation::Sigmoid => sigmoid(x) * sigmoid(-x),
        Activation::Tanh => x.cosh().recip().powi(2),
    }
}

/// What backward is given for an input.
pub(crate) fn kept(activation: Activation, x: f64) -> f64 {
    match activation.derivative_from_output() {
        true => value(activation, x),
        false => x,
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The distribution of the normal distribution: a series of positive terms
/// (Abramowitz & Stegun 26.2.11) near zero, else a continued fraction
/// (26.2.14).
pub(crate) fn normal(x: f64) -> f64 {
    let z = x.abs();
    let density = (-0.5 * z * z).exp() * FRAC_1_SQRT_2 / PI.sqrt();
    let above = if z < 1.5 {
        let (mut term, mut sum) = (z, z);
        for i in 1..60 {
            term *= z * z / f64::from(2 * i + 1);
            sum += term;
        }
        0.5 - density * sum
    } else {
        let fraction = (1..200).rev().fold(z, |below, i| z + f64::from(i) / below);
        density / fraction
    };
    if x > 0.0 { 1.0 - above } else { above }
}

#[test]
fn the_reference_agrees_with_tables() {
    let near = |found: f64, expected: f64| {
        assert!(
            (found - expected).abs() <= 1e-15 + 1e-13 * expected.abs(),
            "{found} instead of {expected}"
        );
    };
    // Of 30 digits, computed with mpmath.
    for (x, expected) in NORMAL {
        near(normal(x), expected);
    }
}

#[rustfmt::skip]
const NORMAL: [(f64, f64); 12] = [
    (-30.0, 4.906713927148187e-198),
    (-8.5, 9.479534822203318e-18),
    (-3.25, 0.000577025042390767),
    (-2.9, 0.0018658133003840384),
    (-1.0, 0.15865525393145705),
    (-0.125, 0.4502617751698871),
    (0.0, 0.5),
    (0.125, 0.5497382248301129),
    (0.5, 0.6914624612740131),
    (2.0, 0.9772498680518208),
    (3.5, 0.9997673709209645),
    (6.0, 0.9999999990134123),
];
