//! The tiles of convolutions in narrow groups, in tables of their own: programs
//! without such convolutions are linked without them.

use super::Entry;
use super::conv_tile::ConvTile;
use super::narrow_tile::NarrowTile;
use super::vector::Vector;
use crate::geometry::NARROW_GROUP;

#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
use super::neon::Neon;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use super::simd128::Simd128;
#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512};

/// The entry points of one instruction set.
pub struct NarrowKernels<E: 'static> {
    /// For groups of `2^i` channels.
    tiles: [NarrowTiles<E>; NARROW_GROUP.ilog2() as usize + 1],
}

/// Tiles of one vector in groups of one size: of up to 8 pixels, enough sums to
/// hide how long additions take and few enough for 16 registers beside three
/// weights.
pub(crate) struct NarrowTiles<E: 'static> {
    /// `any[mr - 1]`.
    pub(crate) any: &'static [Entry<ConvTile<E>>],
    /// `sliding[mr - 1]`, for rows of three taps, as many.
    pub(crate) sliding: &'static [Entry<ConvTile<E>>],
}

/// The tables of an instruction set.
macro_rules! narrow {
    ($vector:ty) => {
        NarrowKernels {
            tiles: [
                narrow!($vector: 1),
                narrow!($vector: 2),
                narrow!($vector: 4),
                narrow!($vector: 8),
            ],
        }
    };
    ($vector:ty: $group:literal) => {
        NarrowTiles {
            any: narrow!($vector: $group, 1, 1 2 3 4 5 6 7 8),
            sliding: narrow!($vector: $group, 3, 1 2 3 4 5 6 7 8),
        }
    };
    ($vector:ty: $group:literal, $columns:literal, $($mr:literal)*) => {
        &[$(<$vector as Vector>::enter::<NarrowTile<$group, $columns, $mr>>),*]
    };
}

impl<E: crate::Element> NarrowKernels<E> {
    const fn portable() -> Self {
        narrow!(super::portable::Portable<E>)
    }

    /// The tiles for groups of so many channels.
    pub(crate) fn of_groups(&self, channels: usize) -> &NarrowTiles<E> {
        &self.tiles[channels.ilog2() as usize]
    }
}

/// For any processor.
pub(crate) static PORTABLE_F32: NarrowKernels<f32> = NarrowKernels::portable();

/// For any processor.
pub(crate) static PORTABLE_F64: NarrowKernels<f64> = NarrowKernels::portable();

/// For processors with AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
pub(crate) static AVX2: NarrowKernels<f32> = narrow!(Avx2);

/// For processors with AVX-512F.
#[cfg(target_arch = "x86_64")]
pub(crate) static AVX512: NarrowKernels<f32> = narrow!(Avx512);

/// For processors with NEON.
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
pub(crate) static NEON: NarrowKernels<f32> = narrow!(Neon);

/// For WebAssembly with vectors.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) static SIMD128: NarrowKernels<f32> = narrow!(Simd128);
