//! Which instruction set runs: the best that the processor has, unless the
//! environment variable `RESNET_ISA` names a lesser one.

#[cfg(not(feature = "std"))]
mod by_processor;
#[cfg(feature = "std")]
mod by_system;

#[cfg(not(feature = "std"))]
use by_processor as found;
#[cfg(feature = "std")]
use by_system as found;

pub(crate) use found::selected;

use crate::element::sealed::Sealed;

/// Instruction sets with kernels of their own, best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
    /// Whatever the compiler makes of plain loops.
    Portable,
    /// WebAssembly's vectors of 128 bits.
    Simd128,
    /// NEON, of 64-bit ARM processors.
    Neon,
    /// AVX2 and FMA.
    Avx2,
    /// AVX-512F.
    Avx512,
}

impl Isa {
    /// Every one of them.
    pub(crate) const ALL: [Self; 5] = [
        Self::Portable,
        Self::Simd128,
        Self::Neon,
        Self::Avx2,
        Self::Avx512,
    ];

    /// The name that `RESNET_ISA` takes.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Simd128 => "simd128",
            Self::Neon => "neon",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// True when this processor has the instructions.
    pub(crate) fn is_supported(self) -> bool {
        match self {
            Self::Portable => true,
            // What the program was compiled for, it runs on.
            Self::Neon => cfg!(all(target_arch = "aarch64", target_feature = "neon")),
            Self::Simd128 => cfg!(all(target_arch = "wasm32", target_feature = "simd128")),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => found::has_avx2(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => found::has_avx512(),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }
}

/// The instruction set that `f32` networks run with on this processor:
/// `avx512`, `avx2`, `neon`, `simd128` (of WebAssembly) or `portable`.
///
/// The environment variable `RESNET_ISA` may name a lesser one than the
/// processor's best; it is read once.
///
/// # Panics
///
/// When `RESNET_ISA` names none of them, or one that the processor lacks.
pub fn isa() -> &'static str {
    f32::kernels().name
}
