//! Values that are one number, one word or one text, each with its place.

mod number;
mod word;

pub(super) use word::{choice, choice_absent, variant, variant_absent};

use super::decode::{Decode, Decoder, Entries};
use super::table::{Absent, Field};
use super::tree::Node;
use crate::diagnostics::Located;

/// A type whose values the spec writes in one piece.
pub(super) trait Scalar: Sized {
    /// Decodes a value; `None` after telling what is wrong.
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self>;

    /// What holds for a key that is left out, if its rule has a default of this type.
    fn absent(_absent: Absent) -> Option<Self> {
        None
    }

    /// Half of a number, for defaults that follow from another key.
    fn half(_node: &Node) -> Option<Self> {
        None
    }
}

impl<T: Scalar> Decode for Located<T> {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        T::decode(decoder, field, node).map(|value| Self::new(value, node.place))
    }

    fn absent(field: &Field, mapping: &Entries<'_, '_>) -> Option<Self> {
        if let Absent::HalfOf(name) = field.rule.absent {
            let node = mapping.value(name)?;
            return T::half(node).map(|half| Self::new(half, node.place));
        }
        T::absent(field.rule.absent).map(|value| Self::new(value, mapping.place()))
    }
}
