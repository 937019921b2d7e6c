//! Kernels, written once over [`vector::Vector`] and compiled for each
//! instruction set; one table of entry points an instruction set, chosen once.
//!
//! A kernel is a type that implements [`vector::Kernel`]; `V::enter::<K>` is
//! its entry point for the vectors `V`. Tables are made of these here, so
//! that no hot code is ever compiled in a user's crate.

/// Tiles of every height that is listed.
macro_rules! tiles {
    ($vector:ty, $tile:ident, $nv:literal: $($mr:literal)*) => {
        &[$(<$vector as Vector>::enter::<$tile<$mr, $nv>>),*]
    };
}

mod activation;
#[cfg(test)]
mod activation_tests;
pub(crate) mod conv_tile;
mod depthwise_tile;
mod exponential;
pub(crate) mod isa;
pub(crate) mod narrow;
mod narrow_tile;
mod normal;
pub(crate) mod panel_copy;
#[cfg(feature = "std")]
pub(crate) mod peak;
pub(crate) mod portable;
#[cfg_attr(
    not(target_arch = "x86_64"),
    allow(dead_code, reason = "for panels wider than a channel block")
)]
pub(crate) mod sliding_tile;
pub(crate) mod sweep;
pub(crate) mod training;
pub(crate) mod vector;
pub(crate) mod weight_tile;
pub(crate) mod winograd;

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
pub(crate) mod neon;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) mod simd128;

use conv_tile::{ConvTile, ForwardTile};
use isa::Isa;
#[cfg(target_arch = "x86_64")]
use sliding_tile::SlidingTile;
use sweep::SweepKernels;
use vector::Vector;

/// The entry point of a kernel.
pub(crate) type Entry<Args> = unsafe fn(&Args);

/// The entry points of one instruction set.
///
/// Calling them is sound on processors with its instructions: whoever hands
/// out a table has made sure of that.
pub struct Kernels<E: 'static> {
    /// As [`Isa::name`] says it.
    pub(crate) name: &'static str,
    /// Convolution tiles.
    pub(crate) conv: ConvKernels<E>,
    /// Sweeps over maps.
    pub(crate) sweep: SweepKernels<E>,
}

/// The tiles of convolutions: `mr` pixels (or input channels) by `nv` vectors
/// of output channels.
pub(crate) struct ConvKernels<E: 'static> {
    /// Of the entry points.
    pub(crate) isa: Isa,
    /// Elements of a vector.
    pub(crate) lanes: usize,
    /// `forward[nv - 1][mr - 1]`. Tiles of one vector are there where a panel
    /// is wider than a channel block.
    pub(crate) forward: [&'static [Entry<ConvTile<E>>]; 2],
    /// `sliding[mr - 1]`: tiles of one vector for rows of three taps, as many
    /// as `forward[0]`.
    pub(crate) sliding: &'static [Entry<ConvTile<E>>],
    /// Multiply-adds of registers alone, to measure the processor's peak.
    #[cfg(feature = "std")]
    pub(crate) peak: Entry<peak::PeakRun<E>>,
}

impl<E: crate::Element> ConvKernels<E> {
    /// What Winograd convolutions need beside them.
    pub(crate) fn winograd(&self) -> &'static winograd::WinogradKernels<E> {
        E::winograd_kernels(self.isa)
    }

    /// What convolutions in narrow groups need beside them.
    pub(crate) fn narrow(&self) -> &'static narrow::NarrowKernels<E> {
        E::narrow_kernels(self.isa)
    }

    /// What training needs beside them.
    pub(crate) fn training(&self) -> &'static training::TrainingKernels<E> {
        E::training_kernels(self.isa)
    }
}

impl<E> ConvKernels<E> {
    /// Output channels of a panel of packed weights.
    pub(crate) const fn panel(&self) -> usize {
        2 * self.lanes
    }
}

/// Sliding tiles of every height that is listed.
#[cfg(target_arch = "x86_64")]
macro_rules! sliding {
    ($vector:ty: $($mr:literal)*) => { &[$(<$vector as Vector>::enter::<SlidingTile<$mr>>),*] };
}

impl<E: crate::Element> Kernels<E> {
    const fn portable() -> Self {
        type V<E> = portable::Portable<E>;
        Self {
            name: Isa::Portable.name(),
            conv: ConvKernels {
                isa: Isa::Portable,
                lanes: V::<E>::LANES,
                forward: [&[], tiles!(V<E>, ForwardTile, 2: 1 2 3 4)],
                sliding: &[],
                #[cfg(feature = "std")]
                peak: V::<E>::enter::<peak::Peak>,
            },
            sweep: SweepKernels::new::<V<E>>(Isa::Portable),
        }
    }
}

/// For any processor.
pub(crate) static PORTABLE_F32: Kernels<f32> = Kernels::portable();

/// For any processor.
pub(crate) static PORTABLE_F64: Kernels<f64> = Kernels::portable();

/// For processors with AVX2 and FMA: 16 registers of 8 elements.
#[cfg(target_arch = "x86_64")]
pub(crate) static AVX2: Kernels<f32> = {
    use avx2::Avx2;
    Kernels {
        name: Isa::Avx2.name(),
        conv: ConvKernels {
            isa: Isa::Avx2,
            lanes: Avx2::LANES,
            forward: [&[], tiles!(Avx2, ForwardTile, 2: 1 2 3 4 5 6)],
            sliding: &[],
            #[cfg(feature = "std")]
            peak: Avx2::enter::<peak::Peak>,
        },
        sweep: SweepKernels::new::<Avx2>(Isa::Avx2),
    }
};

/// For processors with AVX-512F: 32 registers of 16 elements.
#[cfg(target_arch = "x86_64")]
pub(crate) static AVX512: Kernels<f32> = {
    use avx512::Avx512;
    Kernels {
        name: Isa::Avx512.name(),
        conv: ConvKernels {
            isa: Isa::Avx512,
            lanes: Avx512::LANES,
            forward: [
                tiles!(Avx512, ForwardTile, 1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16),
                tiles!(Avx512, ForwardTile, 2: 1 2 3 4 5 6 7 8 9 10 11 12 13 14),
            ],
            sliding: sliding!(Avx512: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16),
            #[cfg(feature = "std")]
            peak: Avx512::enter::<peak::Peak>,
        },
        sweep: SweepKernels::new::<Avx512>(Isa::Avx512),
    }
};

/// For processors with NEON: 32 registers of 4 elements. 12 pixels by 2 vectors
/// are the most that the compiler keeps in registers beside the weights and the
/// inputs that it loads early (of 14 it spills some). A step of them takes 14
/// loads for 24 multiply-adds, and one of 7, the least that rows of 7, 14, 28
/// and 56 are cut into, 9 for 14: processors start at least half as many loads
/// as multiply-adds a cycle.
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
pub(crate) static NEON: Kernels<f32> = {
    use neon::Neon;
    Kernels {
        name: Isa::Neon.name(),
        conv: ConvKernels {
            isa: Isa::Neon,
            lanes: Neon::LANES,
            forward: [
                &[],
                tiles!(Neon, ForwardTile, 2: 1 2 3 4 5 6 7 8 9 10 11 12),
            ],
            sliding: &[],
            #[cfg(feature = "std")]
            peak: Neon::enter::<peak::Peak>,
        },
        sweep: SweepKernels::new::<Neon>(Isa::Neon),
    }
};

/// For WebAssembly with vectors: engines on x86 have 15 registers of 4 elements
/// for them, where a product needs one of its own beside 8 sums.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) static SIMD128: Kernels<f32> = {
    use simd128::Simd128;
    Kernels {
        name: Isa::Simd128.name(),
        conv: ConvKernels {
            isa: Isa::Simd128,
            lanes: Simd128::LANES,
            forward: [&[], tiles!(Simd128, ForwardTile, 2: 1 2 3 4)],
            sliding: &[],
            #[cfg(feature = "std")]
            peak: Simd128::enter::<peak::Peak>,
        },
        sweep: SweepKernels::new::<Simd128>(Isa::Simd128),
    }
};
