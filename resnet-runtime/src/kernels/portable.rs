//! Vectors as plain arrays, for any processor and for `f64`.

use super::vector::{Kernel, Vector};
use crate::Element;

/// Lanes of a portable vector.
const LANES: usize = 4;

/// Four elements; the compiler finds the instructions.
#[derive(Clone, Copy)]
pub(crate) struct Portable<E>([E; LANES]);

impl<E: Element> Portable<E> {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(E, E) -> E) -> Self {
        Self(core::array::from_fn(|i| f(self.0[i], other.0[i])))
    }
}

impl<E: Element> Vector for Portable<E> {
    type Element = E;
    const LANES: usize = LANES;

    #[inline(always)]
    unsafe fn splat(value: E) -> Self {
        Self([value; LANES])
    }
    #[inline(always)]
    unsafe fn load(from: *const E) -> Self {
        // SAFETY: the caller vouches for `LANES` readable elements.
        Self(unsafe { from.cast::<[E; LANES]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut E) {
        // SAFETY: the caller vouches for `LANES` writable elements.
        unsafe { to.cast::<[E; LANES]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    unsafe fn mul_add(self, by: Self, to: Self) -> Self {
        // Two roundings: without FMA instructions one rounding means a call.
        self.zip(by, |a, b| a * b).zip(to, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        Self(self.0.map(E::square_root))
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    unsafe fn where_positive(self, by: Self) -> Self {
        self.zip(by, |a, b| if b > E::ZERO { a } else { E::ZERO })
    }
    #[inline(always)]
    unsafe fn where_positive_or(self, by: Self, other: Self) -> Self {
        let lane = |i: usize| {
            if by.0[i] > E::ZERO {
                self.0[i]
            } else {
                other.0[i]
            }
        };
        Self(core::array::from_fn(lane))
    }
    #[inline(always)]
    unsafe fn spread_lanes<const G: usize, const PLACE: usize>(self) -> Self {
        Self(core::array::from_fn(|lane| self.0[lane / G * G + PLACE]))
    }
    #[inline(always)]
    unsafe fn scale(self, exponent: Self) -> Self {
        // Two factors: one alone couldn't reach denormal numbers.
        self.zip(exponent, |value, exponent| {
            let whole = exponent * E::from_f64(0.5) + E::ROUNDER - E::ROUNDER;
            value * E::power_of_two(whole) * E::power_of_two(exponent - whole)
        })
    }
    #[inline(never)]
    unsafe fn enter<K: Kernel<Self>>(args: &K::Args) {
        // SAFETY: the caller's promise.
        unsafe { K::run(args) }
    }
    #[inline(always)]
    unsafe fn maximum(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b || is_nan(a) { a } else { b })
    }
    #[inline(always)]
    unsafe fn split_below(self, a: Self, b: Self) -> (Self, Self) {
        let below: [bool; LANES] = core::array::from_fn(|i| a.0[i] < b.0[i]);
        let where_below = |side: bool| {
            core::array::from_fn(|i| if below[i] == side { self.0[i] } else { E::ZERO })
        };
        (Self(where_below(true)), Self(where_below(false)))
    }
}

/// True of no number.
#[inline(always)]
fn is_nan<E: Element>(value: E) -> bool {
    value.partial_cmp(&value).is_none()
}
