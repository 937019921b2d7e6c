//! What only training calls, in tables of its own: programs that infer alone
//! are linked without them.

use super::Entry;
use super::depthwise_tile::DepthwiseGradientTile;
use super::panel_copy::{CopyPanels, PanelCopy};
use super::sweep::TrainingSweeps;
use super::vector::Vector;
use super::weight_tile::{GradientTile, WeightTile};
use super::winograd::GradientTransforms;

#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
use super::neon::Neon;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use super::simd128::Simd128;
#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512};

/// The entry points of one instruction set.
pub struct TrainingKernels<E: 'static> {
    /// `weight[nv - 1][mr - 1]`.
    pub(crate) weight: [&'static [Entry<WeightTile<E>>]; 2],
    /// Copies of pixels for `weight` tiles.
    pub(crate) panel_copy: Entry<PanelCopy<E>>,
    /// `depthwise_weight[nv - 1][mr - 1]`, where `mr` counts taps.
    pub(crate) depthwise_weight: [&'static [Entry<WeightTile<E>>]; 2],
    /// For `F(2x2, 3x3)` and `F(4x4, 3x3)`.
    pub(crate) winograd: [GradientTransforms<E>; 2],
    /// Sweeps over maps.
    pub(crate) sweep: TrainingSweeps<E>,
}

impl<E: crate::Element> TrainingKernels<E> {
    const fn portable() -> Self {
        type V<E> = super::portable::Portable<E>;
        Self {
            weight: [&[], tiles!(V<E>, GradientTile, 2: 1 2 3 4)],
            panel_copy: V::<E>::enter::<CopyPanels>,
            depthwise_weight: [&[], tiles!(V<E>, DepthwiseGradientTile, 2: 1 2 3)],
            winograd: GradientTransforms::both::<V<E>>(),
            sweep: TrainingSweeps::new::<V<E>>(),
        }
    }
}

/// For any processor.
pub(crate) static PORTABLE_F32: TrainingKernels<f32> = TrainingKernels::portable();

/// For any processor.
pub(crate) static PORTABLE_F64: TrainingKernels<f64> = TrainingKernels::portable();

/// For processors with AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
pub(crate) static AVX2: TrainingKernels<f32> = TrainingKernels {
    weight: [&[], tiles!(Avx2, GradientTile, 2: 1 2 3 4 5 6)],
    panel_copy: Avx2::enter::<CopyPanels>,
    depthwise_weight: [&[], tiles!(Avx2, DepthwiseGradientTile, 2: 1 2 3)],
    winograd: GradientTransforms::both::<Avx2>(),
    sweep: TrainingSweeps::new::<Avx2>(),
};

/// For processors with AVX-512F.
#[cfg(target_arch = "x86_64")]
pub(crate) static AVX512: TrainingKernels<f32> = TrainingKernels {
    weight: [
        tiles!(Avx512, GradientTile, 1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16),
        tiles!(Avx512, GradientTile, 2: 1 2 3 4 5 6 7 8 9 10 11 12 13 14),
    ],
    panel_copy: Avx512::enter::<CopyPanels>,
    depthwise_weight: [
        tiles!(Avx512, DepthwiseGradientTile, 1: 1 2 3 4 5 6 7),
        tiles!(Avx512, DepthwiseGradientTile, 2: 1 2 3 4 5 6 7),
    ],
    winograd: GradientTransforms::both::<Avx512>(),
    sweep: TrainingSweeps::new::<Avx512>(),
};

/// For processors with NEON.
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
pub(crate) static NEON: TrainingKernels<f32> = TrainingKernels {
    weight: [
        &[],
        tiles!(Neon, GradientTile, 2: 1 2 3 4 5 6 7 8 9 10 11 12),
    ],
    panel_copy: Neon::enter::<CopyPanels>,
    depthwise_weight: [&[], tiles!(Neon, DepthwiseGradientTile, 2: 1 2 3 4 5 6 7)],
    winograd: GradientTransforms::both::<Neon>(),
    sweep: TrainingSweeps::new::<Neon>(),
};

/// For WebAssembly with vectors.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) static SIMD128: TrainingKernels<f32> = TrainingKernels {
    weight: [&[], tiles!(Simd128, GradientTile, 2: 1 2 3 4)],
    panel_copy: Simd128::enter::<CopyPanels>,
    depthwise_weight: [&[], tiles!(Simd128, DepthwiseGradientTile, 2: 1 2 3)],
    winograd: GradientTransforms::both::<Simd128>(),
    sweep: TrainingSweeps::new::<Simd128>(),
};
