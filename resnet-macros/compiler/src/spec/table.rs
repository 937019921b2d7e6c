//! The tables that say what a spec may hold, and the macros that declare them.
//!
//! `record!` declares a struct together with the table of its keys: what each one holds, its
//! range, its default and a line about it. The decoder, its suggestions and a schema all follow
//! from that table. `choice!` does the same for an enum and its words.

mod kind;
mod macros;
mod rule;

use super::decode::{Decoder, Entries};
use super::tree::Node;
pub use kind::{Case, Kind, Unit, Word};
pub(super) use macros::{choice, record, variant};
pub use rule::{Absent, Rule};

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
