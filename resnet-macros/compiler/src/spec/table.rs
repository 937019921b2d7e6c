//! The tables that say what a spec may hold, and the macros that declare them.
//!
//! `record!` declares a struct together with the table of its keys: what each one holds, its
//! range, its default and a line about it. The decoder, its suggestions and a schema all follow
//! from that table. `choice!` does the same for an enum and its words.

use super::decode::{Decoder, Entries};
use super::tree::Node;

/// One key of a mapping.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// A line about it.
    pub doc: &'static str,
    /// What it holds, and what holds if it is left out.
    pub rule: Rule,
}

/// What a key holds, and what holds if it is left out.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What the key holds.
    pub kind: Kind,
    /// What holds if it is left out.
    pub absent: Absent,
}

/// What a key holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number from the first to the second.
    Whole(usize, usize),
    /// A whole number from the first to the second, or a list of two: for rows and for columns.
    Pair(usize, usize),
    /// A number from the first to the second.
    Real(f64, f64),
    /// A count with a unit if one likes, such as `12M` or `8MiB`.
    Quantity(&'static [Unit]),
    /// `true` or `false`.
    Flag,
    /// Any text.
    Text,
    /// A Rust module name.
    Name,
    /// The name of a layer.
    LayerName,
    /// One of these words.
    Choice(&'static [Word]),
    /// One of these words, some of which have keys of their own.
    Variant(&'static [Case]),
    /// A mapping with these keys.
    Mapping(&'static [Field]),
    /// `none`, or a mapping with these keys.
    Switch(&'static [Field]),
    /// A list of mappings with these keys, from `min` to `max` of them.
    List {
        /// The keys of each item.
        item: &'static [Field],
        /// The fewest items.
        min: usize,
        /// The most items.
        max: usize,
    },
    /// A list of values of one kind, from `min` to `max` of them.
    Values {
        /// The kind of each item.
        item: &'static Self,
        /// The fewest items.
        min: usize,
        /// The most items.
        max: usize,
    },
    /// A mapping from names that the user chooses to names of layers.
    Names,
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
    /// There is none of it if one of these keys is there; otherwise the key must be.
    Unless(&'static [&'static str]),
}

/// A word that a key may hold.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// The word.
    pub word: &'static str,
    /// A line about it.
    pub doc: &'static str,
}

/// A word that a key may hold, and the keys that go with it: `word` or `word: {key: value}`.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The word.
    pub word: &'static str,
    /// A line about it.
    pub doc: &'static str,
    /// Its keys, if it has any.
    pub fields: Option<&'static [Field]>,
}

/// A unit of a quantity.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    /// Its letters.
    pub name: &'static str,
    /// How many it stands for.
    pub scale: u64,
}

impl Rule {
    pub(super) const fn required(kind: Kind) -> Self {
        Self {
            kind,
            absent: Absent::Error,
        }
    }

    /// A whole number from `min` to `max`.
    pub(super) const fn whole(min: usize, max: usize) -> Self {
        Self::required(Kind::Whole(min, max))
    }

    /// A whole number from `min` to `max`, or two of them.
    pub(super) const fn pair(min: usize, max: usize) -> Self {
        Self::required(Kind::Pair(min, max))
    }

    /// A number from `min` to `max`.
    pub(super) const fn real(min: f64, max: f64) -> Self {
        Self::required(Kind::Real(min, max))
    }

    /// A count in one of these units.
    pub(super) const fn quantity(units: &'static [Unit]) -> Self {
        Self::required(Kind::Quantity(units))
    }

    /// `true` or `false`.
    pub(super) const fn flag() -> Self {
        Self::required(Kind::Flag)
    }

    /// A Rust module name.
    pub(super) const fn name() -> Self {
        Self::required(Kind::Name)
    }

    /// The name of a layer.
    pub(super) const fn layer_name() -> Self {
        Self::required(Kind::LayerName)
    }

    /// One of the words of `C`.
    pub(super) const fn choice<C: Choice>() -> Self {
        Self::required(Kind::Choice(C::WORDS))
    }

    /// One of the words of `V`, with its keys.
    pub(super) const fn variant<V: Variant>() -> Self {
        Self::required(Kind::Variant(V::CASES))
    }

    /// A mapping with the keys of `R`.
    pub(super) const fn mapping<R: Record>() -> Self {
        Self::required(Kind::Mapping(R::FIELDS))
    }

    /// `none`, which holds if it is left out, or a mapping with the keys of `R`.
    pub(super) const fn switch<R: Record>() -> Self {
        Self::required(Kind::Switch(R::FIELDS)).or(Absent::Word("none"))
    }

    /// A list of mappings with the keys of `R`.
    pub(super) const fn list<R: Record>(min: usize, max: usize) -> Self {
        let item = R::FIELDS;
        Self::required(Kind::List { item, min, max })
    }

    /// A list of values of one kind.
    pub(super) const fn values(item: &'static Kind, min: usize, max: usize) -> Self {
        Self::required(Kind::Values { item, min, max })
    }

    /// A mapping from names to names of layers.
    pub(super) const fn names() -> Self {
        Self::required(Kind::Names)
    }

    /// May be left out; then `absent` holds.
    pub(super) const fn or(self, absent: Absent) -> Self {
        Self { absent, ..self }
    }
}

impl Kind {
    /// What the kind is called in "expected ...".
    pub(super) fn expected(&self) -> String {
        match self {
            Self::Whole(min, max) => format!("a whole number from {min} to {max}"),
            Self::Pair(min, max) => {
                format!("a whole number from {min} to {max}, or `[rows, columns]` of such numbers")
            }
            Self::Real(min, max) => format!("a number from {min} to {max}"),
            Self::Quantity(units) => {
                let names = alternatives(units.iter().map(|unit| unit.name));
                format!("a number above 0, with the unit {names} if you like")
            }
            Self::Flag => "`true` or `false`".to_owned(),
            Self::Text => "text".to_owned(),
            Self::Name => "a name in snake_case".to_owned(),
            Self::LayerName => "the name of a layer".to_owned(),
            Self::Choice(words) => alternatives(words.iter().map(|word| word.word)),
            Self::Variant(cases) => alternatives(cases.iter().map(|case| case.word)),
            Self::Mapping(fields) => format!("a mapping of {}", names(fields)),
            Self::Switch(fields) => format!("`none`, or a mapping of {}", names(fields)),
            Self::List { .. } | Self::Values { .. } => "a list".to_owned(),
            Self::Names => "a mapping of names to names of layers".to_owned(),
        }
    }
}

/// `a, b, c`.
fn names(fields: &[Field]) -> String {
    let names: Vec<_> = fields.iter().map(|field| field.name).collect();
    names.join(", ")
}

/// `a`, `b` or `c`.
fn alternatives<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// What may be there, with keys of its own, or be `none`.
#[derive(Clone, Debug, PartialEq)]
pub enum Switch<R> {
    /// `none`.
    Off,
    /// It is there.
    On(R),
}

impl<R> Switch<R> {
    /// The keys, if it is there.
    pub fn on(&self) -> Option<&R> {
        match self {
            Self::Off => None,
            Self::On(keys) => Some(keys),
        }
    }
}

/// A struct that `record!` declared.
pub(super) trait Record: Sized {
    /// Its keys.
    const FIELDS: &'static [Field];

    /// Reads every key; `None` if any has a mistake.
    fn decode(mapping: &mut Entries<'_, '_>) -> Option<Self>;
}

/// An enum that `choice!` declared.
pub(super) trait Choice: Sized {
    /// Its words.
    const WORDS: &'static [Word];

    /// What the word stands for.
    fn from_word(word: &str) -> Option<Self>;
}

/// An enum that `variant!` declared.
pub(super) trait Variant: Sized {
    /// Its words, with their keys.
    const CASES: &'static [Case];

    /// Reads the keys of a word; `None` if any has a mistake.
    fn decode(word: &str, decoder: &mut Decoder<'_>, keys: &Node) -> Option<Self>;

    /// What the word stands for alone; `None` if it has keys that are required.
    fn bare(word: &str) -> Option<Self>;
}

/// Declares a struct and the table of its keys. The struct also gets the `place` of its mapping.
macro_rules! record {
    (
        $(#[doc = $doc:literal])*
        pub struct $Name:ident {
            $($(#[doc = $about:literal])* $field:ident: $Type:ty = $rule:expr,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $Name {
            $($(#[doc = $about])* pub $field: $Type,)*
            /// Where the mapping is written.
            pub place: $crate::diagnostics::Place,
        }

        impl $crate::spec::table::Record for $Name {
            const FIELDS: &'static [$crate::spec::table::Field] = &[
                $($crate::spec::table::Field {
                    name: stringify!($field),
                    doc: concat!($($about),*).trim_ascii(),
                    rule: $rule,
                },)*
            ];

            fn decode(mapping: &mut $crate::spec::decode::Entries<'_, '_>) -> Option<Self> {
                // All of them are read before the first mistake ends it.
                $(let $field = mapping.read(stringify!($field));)*
                Some(Self { $($field: $field?,)* place: mapping.place() })
            }
        }
    };
}

/// Declares an enum and the words that the spec has for it.
macro_rules! choice {
    (
        $(#[doc = $doc:literal])*
        pub enum $Name:ident {
            $($(#[doc = $about:literal])* $Variant:ident = $word:literal,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Name {
            $($(#[doc = $about])* $Variant,)*
        }

        impl $crate::spec::table::Choice for $Name {
            const WORDS: &'static [$crate::spec::table::Word] = &[
                $($crate::spec::table::Word {
                    word: $word,
                    doc: concat!($($about),*).trim_ascii(),
                },)*
            ];

            fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$Variant),)*
                    _ => None,
                }
            }
        }

        impl $crate::spec::scalar::Scalar for $Name {
            fn decode(
                decoder: &mut $crate::spec::decode::Decoder<'_>,
                field: &$crate::spec::table::Field,
                node: &$crate::spec::tree::Node,
            ) -> Option<Self> {
                $crate::spec::scalar::choice(decoder, field, node)
            }

            fn absent(absent: $crate::spec::table::Absent) -> Option<Self> {
                $crate::spec::scalar::choice_absent(absent)
            }
        }
    };
}

/// Declares an enum of words, of which some hold a `record!` with the keys that go with them.
macro_rules! variant {
    (
        $(#[doc = $doc:literal])*
        pub enum $Name:ident {
            $($(#[doc = $about:literal])* $Variant:ident $(($Keys:ty))? = $word:literal,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $Name {
            $($(#[doc = $about])* $Variant $(($Keys))?,)*
        }

        impl $crate::spec::table::Variant for $Name {
            const CASES: &'static [$crate::spec::table::Case] = &[
                $($crate::spec::table::Case {
                    word: $word,
                    doc: concat!($($about),*).trim_ascii(),
                    fields: $crate::spec::table::variant!(@fields $($Keys)?),
                },)*
            ];

            fn decode(
                word: &str,
                decoder: &mut $crate::spec::decode::Decoder<'_>,
                keys: &$crate::spec::tree::Node,
            ) -> Option<Self> {
                $(if word == $word {
                    return $crate::spec::table::variant!(@read $Variant $(($Keys))?; word, decoder, keys);
                })*
                None
            }

            fn bare(word: &str) -> Option<Self> {
                $(if word == $word {
                    return $crate::spec::table::variant!(@bare $Variant $(($Keys))?);
                })*
                None
            }
        }

        impl $crate::spec::scalar::Scalar for $Name {
            fn decode(
                decoder: &mut $crate::spec::decode::Decoder<'_>,
                field: &$crate::spec::table::Field,
                node: &$crate::spec::tree::Node,
            ) -> Option<Self> {
                $crate::spec::scalar::variant(decoder, field, node)
            }

            fn absent(absent: $crate::spec::table::Absent) -> Option<Self> {
                $crate::spec::scalar::variant_absent(absent)
            }
        }
    };
    (@bare $Variant:ident) => { Some(Self::$Variant) };
    (@bare $Variant:ident($Keys:ty)) => {
        $crate::spec::decode::defaults::<$Keys>().map(Self::$Variant)
    };
    (@fields) => { None };
    (@fields $Keys:ty) => { Some(<$Keys as $crate::spec::table::Record>::FIELDS) };
    (@read $Variant:ident; $word:ident, $decoder:ident, $keys:ident) => {
        $decoder.no_keys($word, $keys).then_some(Self::$Variant)
    };
    (@read $Variant:ident($Keys:ty); $word:ident, $decoder:ident, $keys:ident) => {
        $decoder.record::<$Keys>(&format!("`{}`", $word), $keys).map(Self::$Variant)
    };
}

pub(super) use {choice, record, variant};
