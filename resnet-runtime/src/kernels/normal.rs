//! The normal distribution.

use core::f64::consts::{FRAC_1_SQRT_2, PI};

use super::exponential::{constant, exp, minus_abs, terms};
use super::vector::Vector;

/// Chebyshev's series of `exp(z^2) * erfc(z) / t` on `0 <= z`, in `2 t - 1`
/// where `t = REACH / (REACH + z)`: the expansion of Schonfelder (Mathematics
/// of Computation 32, 1978) in a variable of its own. Computed with 50 digits;
/// what is cut off is below 4e-16, and below 7e-9 after eleven terms.
const SERIES: [f64; 22] = [
    0.4711460746602907,
    0.37715894969156577,
    0.11803603344749546,
    0.028362346699695153,
    0.004871757757605546,
    0.0004598523878765444,
    -2.1430222381053208e-05,
    -1.3014473699241332e-05,
    -8.809283582853223e-07,
    2.7464800479696615e-07,
    4.4159918992308455e-08,
    -6.398408385626307e-09,
    -1.6768357212374905e-09,
    1.9473354704187795e-10,
    6.247441297117662e-11,
    -8.124557483664922e-12,
    -2.3303146595519855e-12,
    4.1910385975376376e-13,
    8.193338932705967e-14,
    -2.335253624772598e-14,
    -2.2441927301032278e-15,
    1.281102253970674e-15,
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
        let half_erfc = chebyshev(argument).mul(t).mul(power.mul(constant(0.5)));
        let other = constant::<V>(1.0).sub(half_erfc);
        (other.where_positive_or(x, half_erfc), power)
    }
}

/// Clenshaw's sum of the series.
///
/// # Safety
///
/// As for [`normal`].
#[inline(always)]
unsafe fn chebyshev<V: Vector>(at: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let twice = at.add(at);
        let (mut next, mut after) = (V::zero(), V::zero());
        for &term in terms::<V>(&SERIES, 11)[1..].iter().rev() {
            (next, after) = (twice.mul_add(next, constant::<V>(term).sub(after)), next);
        }
        at.mul_add(next, constant::<V>(SERIES[0]).sub(after))
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
