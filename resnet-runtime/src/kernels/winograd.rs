//! Winograd's transforms of tiles: `M x M` pixels from `A x A` of the input.
//!
//! Between the two transforms stands one matrix product for each of the
//! `A * A` frequencies. They belong to the points 1, -1, 2, -2 and infinity,
//! where `A = 6` has 0 before them and `A = 7` 1/2 and -1/2 after 2 and -2;
//! `A = 4` has 0, 1, -1 and infinity.

mod gradient;
mod input;
mod output;
mod product;
mod weights;

pub(crate) use gradient::{GradientPanel, GradientTiles, GradientTransform, TapTransform};
pub(crate) use input::{InputTiles, InputTransform};
pub(crate) use output::{OutputTiles, OutputTransform};
pub(crate) use product::{Product, ProductTile};
pub(crate) use weights::{WeightPanel, WeightTransform};

use super::Entry;
use super::vector::Vector;

#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
use super::neon::Neon;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use super::simd128::Simd128;
#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512};

/// Rows of input of the largest tile: two phases of seven.
pub(crate) const MOST_ROWS: usize = 14;

/// Transforms, and the products between them, in tables of their own: programs
/// that convolve directly are linked without them.
pub struct WinogradKernels<E: 'static> {
    /// For tiles that have four rows of input up to seven.
    transforms: [Transforms<E>; 4],
    /// Weights to frequencies for `F(2x2, 3x3)` and `F(4x4, 3x3)`.
    pub(crate) weights: [Entry<WeightPanel<E>>; 2],
    /// `product[nv - 1][mr - 1]`, `mr` tiles by `nv` vectors. Products of one
    /// vector are there where a panel is wider than a channel block.
    pub(crate) product: [&'static [Entry<Product<E>>]; 2],
}

/// The transforms for tiles of one size.
pub(crate) struct Transforms<E: 'static> {
    /// Input tiles to frequencies.
    pub(crate) input: Entry<InputTiles<E>>,
    /// Frequencies to output tiles.
    pub(crate) output: Entry<OutputTiles<E>>,
}

impl<E: crate::Element> WinogradKernels<E> {
    /// With given products.
    const fn new<V: Vector<Element = E>>(product: [&'static [Entry<Product<E>>]; 2]) -> Self {
        Self {
            transforms: [
                Transforms {
                    input: V::enter::<InputTransform<4>>,
                    output: V::enter::<OutputTransform<2, 4>>,
                },
                Transforms {
                    input: V::enter::<InputTransform<5>>,
                    output: V::enter::<OutputTransform<4, 5>>,
                },
                Transforms {
                    input: V::enter::<InputTransform<6>>,
                    output: V::enter::<OutputTransform<4, 6>>,
                },
                Transforms {
                    input: V::enter::<InputTransform<7>>,
                    output: V::enter::<OutputTransform<4, 7>>,
                },
            ],
            weights: [
                V::enter::<WeightTransform<4>>,
                V::enter::<WeightTransform<6>>,
            ],
            product,
        }
    }

    const fn portable() -> Self {
        type V<E> = super::portable::Portable<E>;
        Self::new::<V<E>>([&[], tiles!(V<E>, ProductTile, 2: 1 2 3 4)])
    }

    /// The transforms for tiles that have `side` rows of input.
    pub(crate) fn of_side(&self, side: usize) -> &Transforms<E> {
        &self.transforms[side - 4]
    }
}

/// For any processor.
pub(crate) static PORTABLE_F32: WinogradKernels<f32> = WinogradKernels::portable();

/// For any processor.
pub(crate) static PORTABLE_F64: WinogradKernels<f64> = WinogradKernels::portable();

/// For processors with AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
pub(crate) static AVX2: WinogradKernels<f32> =
    WinogradKernels::new::<Avx2>([&[], tiles!(Avx2, ProductTile, 2: 1 2 3 4 5 6)]);

/// For processors with AVX-512F.
#[cfg(target_arch = "x86_64")]
pub(crate) static AVX512: WinogradKernels<f32> = WinogradKernels::new::<Avx512>([
    tiles!(Avx512, ProductTile, 1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16),
    tiles!(Avx512, ProductTile, 2: 1 2 3 4 5 6 7 8 9 10 11 12 13 14),
]);

/// For processors with NEON.
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
pub(crate) static NEON: WinogradKernels<f32> = WinogradKernels::new::<Neon>([
    &[],
    tiles!(Neon, ProductTile, 2: 1 2 3 4 5 6 7 8 9 10 11 12),
]);

/// For WebAssembly with vectors.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) static SIMD128: WinogradKernels<f32> =
    WinogradKernels::new::<Simd128>([&[], tiles!(Simd128, ProductTile, 2: 1 2 3 4)]);

/// The transforms of gradients for tiles of one size.
pub(crate) struct GradientTransforms<E: 'static> {
    /// Tiles of the output's gradient to frequencies.
    pub(crate) gradient: Entry<GradientTiles<E>>,
    /// Frequencies of the weights' gradient to taps.
    pub(crate) taps: Entry<GradientPanel<E>>,
}

impl<E: crate::Element> GradientTransforms<E> {
    /// For `F(2x2, 3x3)` and `F(4x4, 3x3)`.
    pub(crate) const fn both<V: Vector<Element = E>>() -> [Self; 2] {
        [
            Self {
                gradient: V::enter::<GradientTransform<2, 4>>,
                taps: V::enter::<TapTransform<4>>,
            },
            Self {
                gradient: V::enter::<GradientTransform<4, 6>>,
                taps: V::enter::<TapTransform<6>>,
            },
        ]
    }
}
