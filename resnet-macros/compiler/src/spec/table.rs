//! The tables that say what a spec may hold, and the macros that declare them.
//!
//! `record!` declares a struct together with the table of its keys: what each one holds, its
//! range, its default and a line about it. The decoder, its suggestions and a schema all follow
//! from that table. `choice!` does the same for an enum and its words.

use super::decode::Entries;

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
    /// A Rust module name.
    Name,
    /// One of these words.
    Choice(&'static [Word]),
    /// A mapping with these keys.
    Mapping(&'static [Field]),
    /// A list of mappings with these keys, from `min` to `max` of them.
    List {
        /// The keys of each item.
        item: &'static [Field],
        /// The fewest items.
        min: usize,
        /// The most items.
        max: usize,
    },
}

/// What holds if a key is left out.
#[derive(Clone, Copy, Debug)]
pub enum Absent {
    /// Nothing: the key must be there.
    Error,
    /// There is none of it.
    Nothing,
    /// This number.
    Default(usize),
    /// Half of the number that another key holds.
    HalfOf(&'static str),
}

/// A word that a key may hold.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// The word.
    pub word: &'static str,
    /// A line about it.
    pub doc: &'static str,
}

impl Rule {
    const fn required(kind: Kind) -> Self {
        Self {
            kind,
            absent: Absent::Error,
        }
    }

    /// A whole number from `min` to `max`.
    pub(super) const fn whole(min: usize, max: usize) -> Self {
        Self::required(Kind::Whole(min, max))
    }

    /// A Rust module name.
    pub(super) const fn name() -> Self {
        Self::required(Kind::Name)
    }

    /// One of the words of `C`.
    pub(super) const fn choice<C: Choice>() -> Self {
        Self::required(Kind::Choice(C::WORDS))
    }

    /// A mapping with the keys of `R`.
    pub(super) const fn mapping<R: Record>() -> Self {
        Self::required(Kind::Mapping(R::FIELDS))
    }

    /// A list of mappings with the keys of `R`.
    pub(super) const fn list<R: Record>(min: usize, max: usize) -> Self {
        let item = R::FIELDS;
        Self::required(Kind::List { item, min, max })
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
            Self::Name => "a name in snake_case".to_owned(),
            Self::Choice(words) => alternatives(words.iter().map(|word| word.word)),
            Self::Mapping(fields) => {
                let names: Vec<_> = fields.iter().map(|field| field.name).collect();
                format!("a mapping of {}", names.join(", "))
            }
            Self::List { .. } => "a list".to_owned(),
        }
    }
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

/// Declares a struct and the table of its keys. The struct also gets the `place` of its mapping.
macro_rules! record {
    (
        $(#[doc = $doc:literal])*
        pub struct $Name:ident {
            $($(#[doc = $about:literal])* $field:ident: $Type:ty = $rule:expr,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
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
    };
}

pub(super) use {choice, record};
