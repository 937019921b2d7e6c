//! Activations of every kind of number, on every instruction set.

use super::Kernels;
use super::sweep::activate::{ActivateArgs, ActivateGradientArgs};
use super::sweep::pixels::{Extent, Pixels, PixelsMut};
use crate::Element;
use crate::geometry::{Activation, CHANNEL_BLOCK, round_up};
use crate::ops::reference_activations::{ALL, derivative, kept, value};

/// Magnitudes from denormal to huge, closer where functions bend, and what
/// isn't a number.
fn inputs<E: Element>() -> Vec<E> {
    let (least, most) = if size_of::<E>() == 4 {
        (-149.0, 127.9)
    } else {
        (-1074.0, 1023.9)
    };
    let far = (0..4000).map(|i| f64::exp2(least + (most - least) * f64::from(i) / 4000.0));
    let near = (0..8000).map(|i| f64::from(i) / 64.0);
    let magnitudes = far.chain(near).chain([3.0, f64::INFINITY, f64::NAN]);
    magnitudes
        .flat_map(|x| [E::from_f64(x), E::from_f64(-x)])
        .collect()
}

/// One pixel.
fn extent(channels: usize) -> Extent {
    Extent {
        rows: 1,
        width: 1,
        channels,
    }
}

fn pixels<E>(values: &[E]) -> Pixels<E> {
    Pixels {
        base: values.as_ptr(),
        row: 0,
        pixel: 0,
    }
}

fn pixels_mut<E>(values: &mut [E]) -> PixelsMut<E> {
    PixelsMut {
        base: values.as_mut_ptr(),
        row: 0,
        pixel: 0,
    }
}

/// Whole channel blocks.
fn padded<E: Element>(mut values: Vec<E>) -> Vec<E> {
    values.resize(round_up(values.len(), CHANNEL_BLOCK), E::ZERO);
    values
}

fn forward<E: Element>(kernels: &Kernels<E>, activation: Activation, x: &[E]) -> Vec<E> {
    let mut found = x.to_vec();
    let args = ActivateArgs {
        extent: extent(x.len()),
        channels: x.len(),
        activation,
        input: pixels(x),
        output: pixels_mut(&mut found),
    };
    // SAFETY: a processor's own kernels, and a pixel of whole channel blocks.
    unsafe { (kernels.sweep.activate)(&args) };
    found
}

fn backward<E: Element>(kernels: &Kernels<E>, activation: Activation, kept: &[E]) -> Vec<E> {
    let ones = vec![E::ONE; kept.len()];
    let mut found = kept.to_vec();
    let args = ActivateGradientArgs {
        extent: extent(kept.len()),
        activation,
        kept: pixels(kept),
        d_output: pixels(&ones),
        accumulate: None,
        d_input: pixels_mut(&mut found),
    };
    // SAFETY: as above.
    unsafe { (kernels.sweep.training().activate_gradient)(&args) };
    found
}

/// Asserts that errors stay below a share of the values, or of one.
fn assert_near<E: Element>(found: E, expected: f64, bound: f64, what: &dyn core::fmt::Debug) {
    // What would be infinite in this element, or not a number.
    let expected = E::from_f64(expected).to_f64();
    let found = found.to_f64();
    let same = found == expected || found.is_nan() && expected.is_nan();
    assert!(
        same || (found - expected).abs() <= bound,
        "{found:e} instead of {expected:e}: {what:?}"
    );
}

fn everywhere<E: Element>(relative: f64, least: f64) {
    let x = padded(inputs::<E>());
    for kernels in E::all() {
        for activation in ALL {
            let what = |x: E| (kernels.name, activation, x);
            for (x, found) in x.iter().zip(forward(kernels, activation, &x)) {
                let at = x.to_f64();
                let expected = value(activation, at);
                // GELU's tail comes with the error of its exponent; denormal
                // factors of `x` with theirs.
                let size = match activation {
                    Activation::Gelu => expected.abs() * (1.3 + 0.5 * at * at),
                    _ => expected.abs(),
                };
                let bound = relative * size + least * (1.0 + at.abs());
                assert_near(found, expected, bound, &what(*x));
                assert_eq!(found.to_f64().is_nan(), expected.is_nan(), "{:?}", what(*x));
            }
            // Backward's own error: what it is given is exact but for rounding.
            let given = |x: &E| E::from_f64(kept(activation, x.to_f64()));
            let finite: Vec<E> = x.iter().copied().filter(|x| is_moderate(*x)).collect();
            let finite = padded(finite);
            let given: Vec<E> = finite.iter().map(given).collect();
            for (x, found) in finite.iter().zip(backward(kernels, activation, &given)) {
                let expected = derivative(activation, x.to_f64());
                assert_near(
                    found,
                    expected,
                    relative * (1.0 + expected.abs()),
                    &what(*x),
                );
            }
        }
    }
}

/// Not so large that the reference's own formulas overflow, and apart from
/// zero, where a derivative may jump.
fn is_moderate<E: Element>(x: E) -> bool {
    let x = x.to_f64().abs();
    x > 1e-30 && x < 1e4
}

#[test]
fn f32_is_within_a_few_units_in_the_last_place() {
    everywhere::<f32>(3e-7, 3e-45);
}

#[test]
fn f64_is_as_good_as_exact() {
    everywhere::<f64>(2e-14, 1e-323);
}
