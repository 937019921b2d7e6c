//! The normal distribution.

use core::f64::consts::{FRAC_1_SQRT_2, PI};

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use super::exponential::{constant, exp, minus_abs, polynomial};
use super::vector::Vector;

/// Coefficients of `exp(z^2) * erfc(z) / t` on `0 <= z`, as a polynomial in
/// `2 t - 1` where `t = REACH / (REACH + z)`, from degree 0 on: Chebyshev's
/// series, as in Schonfelder (Mathematics of Computation 32, 1978) but in a
/// variable of its own, computed with 50 digits. Cut off at 4e-16.
const DOUBLE: [f64; 22] = [
    0.3580023023627799,
    0.294464817723293,
    0.19674278570136905,
    0.10348908730032488,
    0.03984258709567725,
    0.008942411537958134,
    -0.00040413887411360237,
    -0.0010113539579771984,
    -0.0001827699128884577,
    9.225899994571107e-05,
    3.585391729963853e-05,
    -1.0131578543212605e-05,
    -5.823839019951982e-06,
    1.5801186133563853e-06,
    9.22548709517263e-07,
    -3.279833981733001e-07,
    -1.3718744044524695e-07,
    7.241271702067706e-08,
    1.662218979627817e-08,
    -1.3174225916686534e-08,
    -1.176603318080361e-09,
    1.3433330770595535e-09,
];

/// The same cut off at 7e-9.
const SINGLE: [f64; 11] = [
    0.3580023041045045,
    0.29446474467980094,
    0.19674265853470232,
    0.10349057075351657,
    0.03984410023021235,
    0.008933907198412028,
    -0.00041079034720127464,
    -0.0009911235675144979,
    -0.00016928352617067607,
    7.030988922802334e-05,
    2.260987852406193e-05,
];

/// Where half of the series' range lies.
const REACH: f64 = 3.0;

/// `Phi(x) = (1 + erf(x / sqrt(2))) / 2`, and `exp(-x^2 / 2)`.
///
/// # Safety
///
/// The processor has the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn normal<V: Vector>(x: V) -> (V, V) {
    // SAFETY: the caller's promise.
    unsafe {
        let power = exp(x.mul(x).mul(constant(-0.5)));
        // `t` for `z = |x| / sqrt(2)`.
        let z_and_reach = minus_abs(x).mul_add(constant(-FRAC_1_SQRT_2), constant(REACH));
        let t = constant::<V>(REACH).div(z_and_reach);
        let argument = t.add(t).sub(constant(1.0));
        // `erfc(z) / 2` is the distribution at `-|x|`.
        let scaled = polynomial(&SINGLE, &DOUBLE, argument);
        let half_erfc = scaled.mul(t).mul(power.mul(constant(0.5)));
        let other = constant::<V>(1.0).sub(half_erfc);
        (other.where_positive_or(x, half_erfc), power)
    }
}

/// The density `exp(-x^2 / 2) / sqrt(2 pi)` from its power.
///
/// # Safety
///
/// As for [`normal`].
#[inline(always)]
pub(super) unsafe fn density<V: Vector>(power: V) -> V {
    // SAFETY: the caller's promise.
    unsafe { power.mul(constant((2.0 * PI).sqrt().recip())) }
}
