//! Winograd's transforms of tiles, `F(M x M, 3x3)` with `A = M + 2`.
//!
//! Between the two transforms stands one matrix product for each of the
//! `A * A` frequencies.

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

/// Rows of input of the largest tile.
pub(crate) const MOST_ROWS: usize = 6;

/// Transforms, and the products between them.
pub(crate) struct WinogradKernels<E: 'static> {
    /// For `F(2x2, 3x3)` and `F(4x4, 3x3)`.
    pub(crate) transforms: [Transforms<E>; 2],
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
    /// Weights to frequencies.
    pub(crate) weights: Entry<WeightPanel<E>>,
}

impl<E: crate::Element> Transforms<E> {
    /// For `F(2x2, 3x3)` and `F(4x4, 3x3)`.
    pub(crate) const fn both<V: Vector<Element = E>>() -> [Self; 2] {
        [
            Self {
                input: V::enter::<InputTransform<4>>,
                output: V::enter::<OutputTransform<2, 4>>,
                weights: V::enter::<WeightTransform<4>>,
            },
            Self {
                input: V::enter::<InputTransform<6>>,
                output: V::enter::<OutputTransform<4, 6>>,
                weights: V::enter::<WeightTransform<6>>,
            },
        ]
    }
}

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
