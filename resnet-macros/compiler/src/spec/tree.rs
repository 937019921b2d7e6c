//! The spec as one tree of YAML values, where every value and every key knows its place.

mod read;
mod syntax;
mod token;

use crate::diagnostics::{Diagnostic, Diagnostics, Located, Place};
use crate::source::Source;

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Its text; of a value over several lines, where it starts; of a key without value, the key.
    pub place: Place,
}

/// What YAML can say.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing, `null` or `~`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number; beyond 128 bits the nearest one.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// Text, quoted or not.
    Text(String),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and their values, in the order of the file, no key twice.
    Mapping(Vec<(Located<String>, Node)>),
}

/// A document.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Its one value.
    pub root: Node,
    /// Keys that are written twice in one mapping, of which the tree has the first. Unlike other
    /// mistakes in the YAML they leave no doubt about the rest, which is checked too.
    pub repeated: Vec<Diagnostic>,
}

/// Reads the one YAML document of a source.
pub fn parse(source: &Source) -> Result<Tree, Diagnostics> {
    super::text::check(&source.text)?;
    syntax::check(&source.text)?;
    read::read(&source.text)
}
