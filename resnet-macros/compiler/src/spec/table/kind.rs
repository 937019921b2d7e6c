//! The kinds of values that keys hold.

use super::Field;

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
    /// One of these words, or what another kind holds.
    Either(&'static [Word], &'static Self),
    /// A mapping from names that the user chooses to names of layers.
    Names,
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

impl Kind {
    /// What the kind is called in "expected ...".
    pub(in crate::spec) fn expected(&self) -> String {
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
            Self::Either(words, other) => {
                let words = alternatives(words.iter().map(|word| word.word));
                format!("{words}, or {}", other.expected())
            }
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
