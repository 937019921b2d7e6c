//! What modules use without `std`: the part of its prelude that allocates, and
//! functions of numbers, which `core` lacks.

pub(crate) use alloc::borrow::ToOwned;
pub(crate) use alloc::boxed::Box;
pub(crate) use alloc::string::{String, ToString};
pub(crate) use alloc::vec::Vec;
pub(crate) use alloc::{format, vec};

/// Methods of numbers that are in `std` alone.
pub(crate) trait Real: Sized {
    fn exp(self) -> Self;
    fn ln(self) -> Self;
    fn powi(self, exponent: i32) -> Self;
    fn round_ties_even(self) -> Self;
    fn sin_cos(self) -> (Self, Self);
    fn sqrt(self) -> Self;
}

/// Implements [`Real`] by functions of `libm`, in the order of the methods.
macro_rules! real {
    ($float:ty: $exp:ident $log:ident $pow:ident $rint:ident $sincos:ident $sqrt:ident) => {
        impl Real for $float {
            fn exp(self) -> Self {
                libm::$exp(self)
            }
            fn ln(self) -> Self {
                libm::$log(self)
            }
            fn powi(self, exponent: i32) -> Self {
                libm::$pow(self, exponent as Self)
            }
            fn round_ties_even(self) -> Self {
                libm::$rint(self)
            }
            fn sin_cos(self) -> (Self, Self) {
                libm::$sincos(self)
            }
            fn sqrt(self) -> Self {
                libm::$sqrt(self)
            }
        }
    };
}

real!(f32: expf logf powf rintf sincosf sqrtf);
real!(f64: exp log pow rint sincos sqrt);
