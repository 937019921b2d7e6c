//! Tables that the runtime writes out: of repeated blocks, whose names count
//! on from one to the next, only the first is stated.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::call::number;
use super::runs::{Run, runs};

/// The blocks of a list of rows with these names and offsets, whose other
/// contents are the same where `alike` says so.
pub(super) fn blocks(
    names: &[&str],
    offsets: Option<&[usize]>,
    alike: impl Fn(usize, usize) -> bool,
) -> Vec<Run> {
    let step = |from: usize, to: usize| offsets.map(|o| o[to].checked_sub(o[from]));
    // A brace marks a number in a pattern.
    let has_brace = names
        .iter()
        .any(|name| name.contains('{') || name.contains('}'));
    runs(names.len(), |run, item| {
        let next = item + run.period;
        let Some(counted) = counted(names[item], names[next]) else {
            return false;
        };
        let goes_on = match item.checked_sub(run.period).filter(|&i| i >= run.start) {
            Some(before) => {
                step(before, item) == step(item, next)
                    && self::counted(names[before], names[item])
                        .is_some_and(|(word, _)| word == counted.0)
            }
            // All names of a block have one number, so that no block begins
            // with the end of another.
            None => {
                step(item, next) != Some(None)
                    && self::counted(names[run.start], names[run.start + run.period])
                        == Some(counted)
            }
        };
        goes_on && !has_brace && alike(item, next)
    })
}

/// The position of the word between dots that is a number in both names, one
/// more in `next`, and the number in `name`; nothing else may differ.
fn counted(name: &str, next: &str) -> Option<(usize, usize)> {
    let mut found = None;
    let (mut words, mut next_words) = (name.split('.'), next.split('.'));
    for i in 0.. {
        match (words.next(), next_words.next()) {
            (None, None) => break,
            (Some(word), Some(next)) if word == next => {}
            (Some(word), Some(next)) if found.is_none() => found = Some((i, follows(word, next)?)),
            _ => return None,
        }
    }
    found
}

/// The number that `word` is, if both are numbers, written plainly, and `next`
/// comes after it.
fn follows(word: &str, next: &str) -> Option<usize> {
    let plain = |word: &str| {
        let number: usize = word.parse().ok()?;
        (number.to_string() == word).then_some(number)
    };
    let (word, next) = (plain(word)?, plain(next)?);
    (word.checked_add(1)? == next).then_some(word)
}

/// A name of the first block with its number in braces.
fn pattern(name: &str, next: &str) -> String {
    let counted = counted(name, next).map(|(word, _)| word);
    let words = name
        .split('.')
        .enumerate()
        .map(|(i, word)| match Some(i) == counted {
            true => format!("{{{word}}}"),
            false => word.to_owned(),
        });
    words.collect::<Vec<_>>().join(".")
}

/// A table for the runtime.
pub(super) struct Table<'a> {
    /// The runtime's type of its rows.
    pub(super) row: &'static str,
    /// What the table is called where its rows repeat.
    pub(super) table: &'static str,
    /// Names of the rows.
    pub(super) names: &'a [&'a str],
    /// Offsets of the rows, if they have any.
    pub(super) offsets: Option<&'a [usize]>,
    /// What repeats.
    pub(super) blocks: &'a [Run],
}

impl Table<'_> {
    /// The items that make the table, and an expression that is it;
    /// `row` gives the row of an index under a name.
    pub(super) fn tokens(
        &self,
        row: impl Fn(usize, &str) -> TokenStream,
    ) -> (TokenStream, TokenStream) {
        let whole = self.blocks.iter().all(|run| run.blocks == 1);
        if whole {
            let rows = self.names.iter().enumerate().map(|(i, name)| row(i, name));
            return (TokenStream::new(), quote!(Table::new(&[#(#rows),*])));
        }
        let single = |run: &Run| run.blocks == 1;
        let groups = self.blocks.chunk_by(|a, b| single(a) && single(b));
        let groups = groups.map(|group| {
            let blocks = number(group[0].blocks);
            if single(&group[0]) {
                let rows = group.iter().flat_map(|run| run.block(0));
                let rows = rows.map(|i| row(i, self.names[i]));
                return quote!(Rows::new(#blocks, &[#(#rows),*]));
            }
            let [run] = group else {
                unreachable!("only single runs are grouped")
            };
            let rows = run.block(0).map(|i| {
                let next = i + run.period;
                row(i, &pattern(self.names[i], self.names[next]))
            });
            let steps = self.offsets.map(|offsets| {
                let steps = run.block(0).map(|i| offsets[i + run.period] - offsets[i]);
                let steps = steps.map(number);
                quote!(.steps(&[#(#steps),*]))
            });
            quote!(Rows::new(#blocks, &[#(#rows),*]) #steps)
        });
        let (row, table) = (
            format_ident!("{}", self.row),
            format_ident!("{}", self.table),
        );
        let items = quote! {
            static #table: Repeated<#row> = Repeated::new(&[#(#groups),*]);
        };
        (items, quote!(Table::repeated(&#table)))
    }
}
