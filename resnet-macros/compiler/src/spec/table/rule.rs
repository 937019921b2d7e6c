//! What a key holds and what holds without it, written in a line of a `record!`.

use super::{Choice, Kind, Record, Unit, Variant};

/// What a key holds, and what holds if it is left out.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What the key holds.
    pub kind: Kind,
    /// What holds if it is left out.
    pub absent: Absent,
}

/// What holds if a key is left out.
#[derive(Clone, Copy, Debug)]
pub enum Absent {
    /// Nothing: the key must be there.
    Error,
    /// There is none of it.
    Nothing,
    /// This whole number.
    Default(usize),
    /// This number.
    Number(f64),
    /// This truth value.
    Flag(bool),
    /// This word.
    Word(&'static str),
    /// Half of the number that another key holds.
    HalfOf(&'static str),
    /// There is none of it; of all keys of the mapping that say so, one must be there.
    OneOf,
    /// There is none of it if one of these keys is there; otherwise the key must be.
    Unless(&'static [&'static str]),
}

impl Rule {
    pub(in crate::spec) const fn required(kind: Kind) -> Self {
        Self {
            kind,
            absent: Absent::Error,
        }
    }

    /// A whole number from `min` to `max`.
    pub(in crate::spec) const fn whole(min: usize, max: usize) -> Self {
        Self::required(Kind::Whole(min, max))
    }

    /// A whole number from `min` to `max`, or two of them.
    pub(in crate::spec) const fn pair(min: usize, max: usize) -> Self {
        Self::required(Kind::Pair(min, max))
    }

    /// A number from `min` to `max`.
    pub(in crate::spec) const fn real(min: f64, max: f64) -> Self {
        Self::required(Kind::Real(min, max))
    }

    /// A count in one of these units.
    pub(in crate::spec) const fn quantity(units: &'static [Unit]) -> Self {
        Self::required(Kind::Quantity(units))
    }

    /// `true` or `false`.
    pub(in crate::spec) const fn flag() -> Self {
        Self::required(Kind::Flag)
    }

    /// A Rust module name.
    pub(in crate::spec) const fn name() -> Self {
        Self::required(Kind::Name)
    }

    /// The name of a layer.
    pub(in crate::spec) const fn layer_name() -> Self {
        Self::required(Kind::LayerName)
    }

    /// One of the words of `C`.
    pub(in crate::spec) const fn choice<C: Choice>() -> Self {
        Self::required(Kind::Choice(C::WORDS))
    }

    /// One of the words of `V`, with its keys.
    pub(in crate::spec) const fn variant<V: Variant>() -> Self {
        Self::required(Kind::Variant(V::CASES))
    }

    /// A mapping with the keys of `R`.
    pub(in crate::spec) const fn mapping<R: Record>() -> Self {
        Self::required(Kind::Mapping(R::FIELDS))
    }

    /// `none`, which holds if it is left out, or a mapping with the keys of `R`.
    pub(in crate::spec) const fn switch<R: Record>() -> Self {
        Self::required(Kind::Switch(R::FIELDS)).or(Absent::Word("none"))
    }

    /// A list of mappings with the keys of `R`.
    pub(in crate::spec) const fn list<R: Record>(min: usize, max: usize) -> Self {
        let item = R::FIELDS;
        Self::required(Kind::List { item, min, max })
    }

    /// A list of values of one kind.
    pub(in crate::spec) const fn values(item: &'static Kind, min: usize, max: usize) -> Self {
        Self::required(Kind::Values { item, min, max })
    }

    /// A mapping from names to names of layers.
    pub(in crate::spec) const fn names() -> Self {
        Self::required(Kind::Names)
    }

    /// May be left out; then `absent` holds.
    pub(in crate::spec) const fn or(self, absent: Absent) -> Self {
        Self { absent, ..self }
    }
}
