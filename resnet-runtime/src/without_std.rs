//! What modules use without `std`: the part of its prelude that allocates, and
//! functions of numbers, which `core` lacks.

pub(crate) use alloc::borrow::ToOwned;
pub(crate) use alloc::boxed::Box;
pub(crate) use alloc::string::{String, ToString};
pub(crate) use alloc::vec::Vec;
pub(crate) use alloc::{format, vec};

/// The methods of `f64` that are in `std` alone, by the crate `libm`.
pub(crate) trait Real: Sized {
    fn exp(self) -> Self;
    fn ln(self) -> Self;
    fn powi(self, exponent: i32) -> Self;
    fn round_ties_even(self) -> Self;
    fn sin_cos(self) -> (Self, Self);
    fn sqrt(self) -> Self;
}

impl Real for f64 {
    fn exp(self) -> Self {
        libm::exp(self)
    }
    fn ln(self) -> Self {
        libm::log(self)
    }
    fn powi(self, exponent: i32) -> Self {
        // Powers of two alone are asked for: exact.
        libm::pow(self, f64::from(exponent))
    }
    fn round_ties_even(self) -> Self {
        libm::rint(self)
    }
    fn sin_cos(self) -> (Self, Self) {
        libm::sincos(self)
    }
    fn sqrt(self) -> Self {
        libm::sqrt(self)
    }
}
