//! What people are told when a spec is rejected: places, codes, diagnostics.
//!
//! A stage that finds a mistake makes a [`Diagnostic`] and goes on, so that all mistakes of a
//! file are told in one go; [`Diagnostics`] is the list that it returns at its end.

use std::collections::HashSet;
use std::ops::Range;

mod code;
mod example;
mod render;

pub use code::Code;
pub use example::Example;
pub use render::{Origin, Style};

/// A stretch of one line of the spec. Lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column of the first character.
    pub column: usize,
    /// How many characters are meant.
    pub len: usize,
}

impl Place {
    /// The place of `len` characters from `line` and `column` on.
    pub const fn new(line: usize, column: usize, len: usize) -> Self {
        Self { line, column, len }
    }

    /// Where this place lies in `text`, in bytes; clamped to the line, and to the text.
    fn span(self, text: &str) -> Range<usize> {
        let line = line_span(text, self.line);
        let byte = |chars: usize| {
            let found = text[line.clone()].char_indices().nth(chars);
            found.map_or(line.end, |(byte, _)| line.start + byte)
        };
        let first = self.column.saturating_sub(1);
        byte(first)..byte(first.saturating_add(self.len))
    }
}

/// Where a line lies in `text`, in bytes; empty behind the last line.
fn line_span(text: &str, line: usize) -> Range<usize> {
    let start = match line {
        0 | 1 => 0,
        line => {
            let newline = text.match_indices('\n').nth(line - 2);
            newline.map_or(text.len(), |(at, _)| at + 1)
        }
    };
    let len = text[start..].find('\n');
    start..len.map_or(text.len(), |len| start + len)
}

/// A value together with the place where the spec says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it is written; for a default, what it follows from.
    pub place: Place,
}

impl<T> Located<T> {
    /// Puts `value` at `place`.
    pub const fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }
}

/// One mistake: what it is, where it is, how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// The kind of mistake.
    pub code: Code,
    /// What was found and what was expected.
    pub message: String,
    /// Where; none if it concerns the file as a whole.
    pub place: Option<Place>,
    /// Further places, each with what it contributes. A label at `place` itself is its caption.
    pub labels: Vec<(Place, String)>,
    /// How to mend it.
    pub help: Option<String>,
    /// Which of the names that the caller gave beside the spec it is about.
    pub argument: Option<u32>,
}

impl Diagnostic {
    /// A mistake at `place`.
    pub fn new(code: Code, place: impl Into<Option<Place>>, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            place: place.into(),
            labels: Vec::new(),
            help: None,
            argument: None,
        }
    }

    /// Adds what `place` has to do with it.
    #[must_use]
    pub fn label(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push((place, text.into()));
        self
    }

    /// Makes it a mistake in the caller's name at `index`.
    #[must_use]
    pub fn about_argument(mut self, index: u32) -> Self {
        self.argument = Some(index);
        self
    }

    /// Adds how to mend it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}

/// At least one mistake, in the order of the file, none told twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// How many diagnostics [`Self::render`] shows before it only counts.
    pub const SHOWN: usize = 50;

    /// `Ok` if `found` is empty: what a stage ends with. Sorts by place and keeps the order of
    /// what is at the same place.
    pub fn check(mut found: Vec<Diagnostic>) -> Result<(), Self> {
        // An alias makes the same mistake be found twice.
        let mut told = HashSet::new();
        found.retain(|diagnostic| told.insert(diagnostic.clone()));
        found.sort_by_key(|diagnostic| diagnostic.place);
        if found.is_empty() {
            Ok(())
        } else {
            Err(Self(found))
        }
    }

    /// The diagnostics, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Text of the spec as messages quote it: at most 40 characters, none of them invisible.
pub(crate) fn shorten(text: &str) -> String {
    let mut short = String::new();
    for c in text.chars().take(40) {
        match c.is_control() {
            true => short.extend(c.escape_default()),
            false => short.push(c),
        }
    }
    if text.chars().nth(40).is_some() {
        short.push_str("...");
    }
    short
}
