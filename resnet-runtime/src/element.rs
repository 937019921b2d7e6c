//! What maps and parameters are made of.

use core::fmt::{Debug, Display};
use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use crate::aligned::Aligned;
use crate::checkpoint::Bytes;
use crate::compiled::{self, Compiled};
use crate::kernels::isa::{self, Isa};
use crate::kernels::narrow::NarrowKernels;
use crate::kernels::training::TrainingKernels;
use crate::kernels::winograd::WinogradKernels;
use crate::kernels::{self, Kernels};
use crate::seam::Pack;
use crate::{Error, ModelInfo, weights};

pub(crate) mod sealed {
    /// Closes [`Element`](super::Element) and ties each element to its kernels.
    pub trait Sealed: Sized + 'static {
        /// Added to a small number and taken away again, it leaves a whole one.
        const ROUNDER: Self;
        /// `exp` of this and anything below is zero.
        const LOWEST_EXPONENT: Self;
        /// Two to the power of a whole number, where that is a normal number.
        fn power_of_two(exponent: Self) -> Self;
        /// The square root, rounded to the nearest.
        fn square_root(self) -> Self;
        /// The kernels of the instruction set in use.
        fn kernels() -> &'static super::Kernels<Self>;
        /// What Winograd convolutions need beside the kernels of an instruction set.
        fn winograd_kernels(isa: super::Isa) -> &'static super::WinogradKernels<Self>;
        /// What convolutions in narrow groups need beside them.
        fn narrow_kernels(isa: super::Isa) -> &'static super::NarrowKernels<Self>;
        /// What training needs beside them.
        fn training_kernels(isa: super::Isa) -> &'static super::TrainingKernels<Self>;
        /// Packs the parameters of a file.
        fn pack_file(
            info: &'static super::ModelInfo,
            pack: fn(&mut super::Pack<'_, Self>),
            file: &dyn super::Bytes,
        ) -> Result<super::Aligned<Self>, super::Error>
        where
            Self: super::Element;
        /// The functions over many elements.
        fn compiled() -> &'static super::Compiled<Self>
        where
            Self: super::Element;
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
        #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
        Isa::Neon => &kernels::NEON,
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        Isa::Simd128 => &kernels::SIMD128,
        _ => &kernels::PORTABLE_F32,
    }
}

impl sealed::Sealed for f32 {
    const ROUNDER: Self = 1.5 * (1u32 << (Self::MANTISSA_DIGITS - 1)) as Self;
    const LOWEST_EXPONENT: Self = -104.0;
    fn power_of_two(exponent: Self) -> Self {
        // The sum's low bits are the biased exponent.
        let bits = (exponent + 127.0 + Self::ROUNDER).to_bits();
        Self::from_bits(bits << (Self::MANTISSA_DIGITS - 1))
    }
    fn square_root(self) -> Self {
        self.sqrt()
    }
    fn kernels() -> &'static Kernels<f32> {
        match isa::selected() {
            Ok(isa) => f32_kernels(isa),
            Err(why) => panic!("{why}"),
        }
    }
    fn winograd_kernels(isa: Isa) -> &'static WinogradKernels<f32> {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => &kernels::winograd::AVX512,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => &kernels::winograd::AVX2,
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Isa::Neon => &kernels::winograd::NEON,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Isa::Simd128 => &kernels::winograd::SIMD128,
            _ => &kernels::winograd::PORTABLE_F32,
        }
    }
    fn narrow_kernels(isa: Isa) -> &'static NarrowKernels<f32> {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => &kernels::narrow::AVX512,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => &kernels::narrow::AVX2,
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Isa::Neon => &kernels::narrow::NEON,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Isa::Simd128 => &kernels::narrow::SIMD128,
            _ => &kernels::narrow::PORTABLE_F32,
        }
    }
    fn training_kernels(isa: Isa) -> &'static TrainingKernels<f32> {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => &kernels::training::AVX512,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => &kernels::training::AVX2,
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Isa::Neon => &kernels::training::NEON,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Isa::Simd128 => &kernels::training::SIMD128,
            _ => &kernels::training::PORTABLE_F32,
        }
    }
    fn pack_file(
        info: &'static ModelInfo,
        pack: fn(&mut Pack<'_, f32>),
        file: &dyn Bytes,
    ) -> Result<Aligned<f32>, Error> {
        weights::pack_file(info, pack, file)
    }
    fn compiled() -> &'static Compiled<f32> {
        &compiled::F32
    }
    #[cfg(test)]
    fn all() -> Vec<&'static Kernels<f32>> {
        let supported = Isa::ALL.into_iter().filter(|isa| isa.is_supported());
        supported.map(f32_kernels).collect()
    }
}

impl sealed::Sealed for f64 {
    const ROUNDER: Self = 1.5 * (1u64 << (Self::MANTISSA_DIGITS - 1)) as Self;
    const LOWEST_EXPONENT: Self = -746.0;
    fn power_of_two(exponent: Self) -> Self {
        // The sum's low bits are the biased exponent.
        let bits = (exponent + 1023.0 + Self::ROUNDER).to_bits();
        Self::from_bits(bits << (Self::MANTISSA_DIGITS - 1))
    }
    fn square_root(self) -> Self {
        self.sqrt()
    }
    fn kernels() -> &'static Kernels<f64> {
        &kernels::PORTABLE_F64
    }
    fn winograd_kernels(_: Isa) -> &'static WinogradKernels<f64> {
        &kernels::winograd::PORTABLE_F64
    }
    fn narrow_kernels(_: Isa) -> &'static NarrowKernels<f64> {
        &kernels::narrow::PORTABLE_F64
    }
    fn training_kernels(_: Isa) -> &'static TrainingKernels<f64> {
        &kernels::training::PORTABLE_F64
    }
    fn pack_file(
        info: &'static ModelInfo,
        pack: fn(&mut Pack<'_, f64>),
        file: &dyn Bytes,
    ) -> Result<Aligned<f64>, Error> {
        weights::pack_file(info, pack, file)
    }
    fn compiled() -> &'static Compiled<f64> {
        &compiled::F64
    }
    #[cfg(test)]
    fn all() -> Vec<&'static Kernels<f64>> {
        vec![&kernels::PORTABLE_F64]
    }
}
