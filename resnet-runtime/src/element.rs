//! What maps and parameters are made of.

use core::fmt::{Debug, Display};
use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use crate::kernels::isa::{self, Isa};
use crate::kernels::{self, Kernels};

pub(crate) mod sealed {
    /// Closes [`Element`](super::Element) and ties each element to its kernels.
    pub trait Sealed: Sized + 'static {
        /// The kernels of the instruction set in use.
        fn kernels() -> &'static super::Kernels<Self>;
        /// The kernels of every instruction set that this processor has.
        #[cfg(test)]
        fn all() -> Vec<&'static super::Kernels<Self>>;
    }
}

/// An element of activations and parameters: `f32`, or `f64` where gradients
/// are checked by finite differences. `f64` has portable kernels only.
pub trait Element:
    sealed::Sealed
    + Copy
    + Debug
    + Display
    + Default
    + PartialOrd
    + Send
    + Sync
    + Add<Output = Self>
    + AddAssign
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// `0`.
    const ZERO: Self;
    /// `1`.
    const ONE: Self;
    /// The nearest element.
    fn from_f64(value: f64) -> Self;
    /// The same value as `f64`; exact.
    fn to_f64(self) -> f64;
}

impl Element for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    fn from_f64(value: f64) -> Self {
        value as f32
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Element for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    fn from_f64(value: f64) -> Self {
        value
    }
    fn to_f64(self) -> f64 {
        self
    }
}

/// The `f32` kernels of an instruction set.
fn f32_kernels(isa: Isa) -> &'static Kernels<f32> {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => &kernels::AVX512,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => &kernels::AVX2,
        _ => &kernels::PORTABLE_F32,
    }
}

impl sealed::Sealed for f32 {
    fn kernels() -> &'static Kernels<f32> {
        match isa::selected() {
            Ok(isa) => f32_kernels(isa),
            Err(why) => panic!("{why}"),
        }
    }
    #[cfg(test)]
    fn all() -> Vec<&'static Kernels<f32>> {
        let supported = Isa::ALL.into_iter().filter(|isa| isa.is_supported());
        supported.map(f32_kernels).collect()
    }
}

impl sealed::Sealed for f64 {
    fn kernels() -> &'static Kernels<f64> {
        &kernels::PORTABLE_F64
    }
    #[cfg(test)]
    fn all() -> Vec<&'static Kernels<f64>> {
        vec![&kernels::PORTABLE_F64]
    }
}
