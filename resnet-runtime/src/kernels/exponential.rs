//! The exponential function of numbers up to zero, and what follows from it.
//!
//! Cody and Waite's reduction (Software Manual for the Elementary Functions,
//! 1980): `exp(x) = 2^n * exp(r)` with `n` the whole number next to
//! `x / ln(2)`, and Taylor's series for `|r| <= ln(2) / 2`. Errors are about
//! two units in the last place. Every function passes NaN on.

use core::f64::consts::{LN_2, LOG2_E};

use super::vector::Vector;
use crate::Element;
use crate::element::sealed::Sealed;

/// `ln(2)` but for [`LN_2_REST`]: its product with any exponent is exact.
const LN_2_SHORT: f64 = 355.0 / 512.0;
const LN_2_REST: f64 = LN_2 - LN_2_SHORT;

/// `1 / k!` from `k = 2` on.
const INVERSE_FACTORIALS: [f64; 12] = {
    let mut inverse = [0.5; 12];
    let mut i = 1;
    while i < inverse.len() {
        inverse[i] = inverse[i - 1] / (i + 2) as f64;
        i += 1;
    }
    inverse
};

/// A constant in every lane.
///
/// # Safety
///
/// The processor has the instructions of `V`, as for everything here.
#[inline(always)]
pub(super) unsafe fn constant<V: Vector>(value: f64) -> V {
    // SAFETY: the caller's promise.
    unsafe { V::splat(V::Element::from_f64(value)) }
}

/// A polynomial with coefficients from degree 0 on: those for `f32`, or those
/// for `f64`.
///
/// # Safety
///
/// As for [`constant`].
#[inline(always)]
pub(super) unsafe fn polynomial<V: Vector>(single: &[f64], double: &[f64], at: V) -> V {
    let is_single = size_of::<V::Element>() == size_of::<f32>();
    let coefficients = if is_single { single } else { double };
    // SAFETY: the caller's promise.
    unsafe {
        let mut sum = V::zero();
        for &coefficient in coefficients.iter().rev() {
            sum = sum.mul_add(at, constant(coefficient));
        }
        sum
    }
}

/// `-|x|`.
///
/// # Safety
///
/// As for [`constant`].
#[inline(always)]
pub(super) unsafe fn minus_abs<V: Vector>(x: V) -> V {
    // SAFETY: the caller's promise.
    unsafe { V::zero().sub(x).min(x) }
}

/// `exp(r) - 1` and `n`, where `exp(x) = 2^n * exp(r)`.
///
/// # Safety
///
/// As for [`constant`].
#[inline(always)]
unsafe fn reduced<V: Vector>(x: V) -> (V, V) {
    // SAFETY: the caller's promise.
    unsafe {
        let rounder = V::splat(V::Element::ROUNDER);
        // Below, the result is zero.
        let x = V::splat(V::Element::LOWEST_EXPONENT).max(x);
        let n = x.mul_add(constant(LOG2_E), rounder).sub(rounder);
        let r = n.mul_add(constant(-LN_2_SHORT), x);
        let r = n.mul_add(constant(-LN_2_REST), r);
        let sum = polynomial(&INVERSE_FACTORIALS[..6], &INVERSE_FACTORIALS, r);
        (r.mul(r).mul_add(sum, r), n)
    }
}

/// `exp(x)` where `x <= 0`.
///
/// # Safety
///
/// As for [`constant`].
#[inline(always)]
pub(super) unsafe fn exp<V: Vector>(x: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let (beyond_one, n) = reduced(x);
        beyond_one.add(constant(1.0)).scale(n)
    }
}

/// `exp(x) - 1` where `x <= 0`, as precise near zero as elsewhere.
///
/// # Safety
///
/// As for [`constant`].
#[inline(always)]
pub(super) unsafe fn exp_m1<V: Vector>(x: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let (beyond_one, n) = reduced(x);
        let one = constant::<V>(1.0);
        beyond_one.scale(n).add(one.scale(n).sub(one))
    }
}

/// `1 / (1 + exp(-x))` and `1 / (1 + exp(x))`, each with its own precision.
///
/// # Safety
///
/// As for [`constant`].
#[inline(always)]
pub(super) unsafe fn sigmoids<V: Vector>(x: V) -> (V, V) {
    // SAFETY: the caller's promise.
    unsafe {
        let one = constant::<V>(1.0);
        let power = exp(minus_abs(x));
        let large = one.div(one.add(power));
        let small = power.mul(large);
        (
            large.where_positive_or(x, small),
            small.where_positive_or(x, large),
        )
    }
}

/// `tanh(x)`.
///
/// # Safety
///
/// As for [`constant`].
#[inline(always)]
pub(super) unsafe fn tanh<V: Vector>(x: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let two = constant::<V>(2.0);
        let power = exp_m1(minus_abs(x).mul(two));
        let below = power.div(power.add(two));
        V::zero().sub(below).where_positive_or(x, below)
    }
}
