//! Straight-line calls, with runs of identical blocks rolled up.
//!
//! A deep network repeats a block many times with other offsets and nothing
//! else. Such a run becomes a loop, so that a network of a thousand layers
//! compiles as fast as one of twenty. Nearly always the offsets move on by the
//! same amount from block to block, and the loop computes them; where some
//! don't, it takes these from a table.

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::call::{Call, number};
use super::constants::Constants;
use super::runs::{Run, runs};
use crate::Options;

/// The calls as statements on `receiver`.
pub(super) fn emit(
    calls: &[Call],
    receiver: &Ident,
    constants: &mut Constants,
    options: &Options,
) -> TokenStream {
    let mut emission = Emission {
        calls,
        kinds: kinds(calls),
        offsets: calls.iter().map(Call::offsets).collect(),
        receiver,
        constants,
        options,
    };
    let regular = |run: Run, call| emission.is_like(run, call) && emission.is_regular(run, call);
    let mut tokens = TokenStream::new();
    // Calls between regular runs, of which tables may still roll up some.
    let mut between = 0..0;
    for run in runs(calls.len(), regular) {
        if run.blocks > 1 {
            tokens.extend(emission.rolled_by_tables(between.clone()));
            tokens.extend(emission.rolled(run));
            between.start = run.start + run.len();
        }
        between.end = run.start + run.len();
    }
    tokens.extend(emission.rolled_by_tables(between));
    tokens
}

/// For each call the number of its kind: equal ones differ in nothing but offsets.
fn kinds(calls: &[Call]) -> Vec<usize> {
    let mut known: Vec<&Call> = Vec::new();
    // Of calls of one digest the numbers of their kinds: nearly always one.
    let mut by_digest: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut kinds = Vec::with_capacity(calls.len());
    for call in calls {
        let alike = by_digest.entry(call.digest()).or_default();
        let kind = alike.iter().find(|&&kind| call.is_like(known[kind]));
        kinds.push(kind.copied().unwrap_or_else(|| {
            known.push(call);
            alike.push(known.len() - 1);
            known.len() - 1
        }));
    }
    kinds
}

/// How an offset changes from block to block.
enum Column {
    Same,
    /// Grows or shrinks by so much.
    By(isize),
    /// Is in this column of the table.
    Table(usize),
}

/// The calls of a function on their way to statements.
struct Emission<'a> {
    calls: &'a [Call],
    kinds: Vec<usize>,
    offsets: Vec<Vec<usize>>,
    receiver: &'a Ident,
    constants: &'a mut Constants,
    options: &'a Options,
}

impl Emission<'_> {
    /// Whether the call one block later differs in nothing but offsets.
    fn is_like(&self, run: Run, call: usize) -> bool {
        self.kinds[call] == self.kinds[call + run.period]
    }

    /// Whether offsets change to the next block as they did from the one before.
    fn is_regular(&self, run: Run, call: usize) -> bool {
        let [before, here, next] = [0, 1, 2].map(|block| {
            let call = (call + block * run.period).checked_sub(run.period);
            call.filter(|&call| call >= run.start)
        });
        let (Some(before), Some(here), Some(next)) = (before, here, next) else {
            return true;
        };
        let [before, here, next] = [before, here, next].map(|call| &self.offsets[call]);
        let mut offsets = before.iter().zip(here).zip(next);
        offsets.all(|((before, here), next)| next + before == 2 * here)
    }

    /// Statements for calls among which no regular run is.
    fn rolled_by_tables(&mut self, calls: std::ops::Range<usize>) -> TokenStream {
        let start = calls.start;
        let like = |run: Run, call| self.is_like(run, start + call);
        let runs = runs(calls.len(), like).into_iter().map(|run| Run {
            start: start + run.start,
            ..run
        });
        runs.collect::<Vec<_>>()
            .into_iter()
            .map(|run| match run.blocks {
                1 => self.statement(run.start, &[]),
                _ => self.rolled(run),
            })
            .collect()
    }

    /// A loop over the blocks of a run.
    fn rolled(&mut self, run: Run) -> TokenStream {
        let mut table: Vec<Vec<usize>> = Vec::new();
        let mut computed = false;
        let mut block = TokenStream::new();
        for item in 0..run.period {
            let places = self.offsets[run.start + item].len();
            let columns: Vec<_> = (0..places)
                .map(|place| {
                    let offsets = run.column(item).map(|call| self.offsets[call][place]);
                    let column = column(offsets.collect(), &mut table);
                    computed |= matches!(column, Column::By(_));
                    column
                })
                .collect();
            block.extend(self.statement(run.start + item, &columns));
        }
        let blocks = run.blocks;
        let comment = self.comment(&format!("{blocks} blocks that differ in offsets alone"));
        let count = number(blocks);
        if table.is_empty() {
            return quote!(#comment for i in 0..#count { #block });
        }
        let names = (0..table.len()).map(|place| format_ident!("o{place}"));
        let rows = (0..blocks).map(|row| {
            let offsets = table.iter().map(|column| number(column[row]));
            quote!([#(#offsets),*])
        });
        let (row, rows) = (quote!([#(#names),*]), quote!([#(#rows),*]));
        match computed {
            true => quote!(#comment for (i, #row) in (0..#count).zip(#rows) { #block }),
            false => quote!(#comment for #row in #rows { #block }),
        }
    }

    /// One call, its offsets written as `columns` say (those without as they are).
    fn statement(&mut self, call: usize, columns: &[Column]) -> TokenStream {
        let offsets = self.offsets[call].iter().enumerate();
        let mut offsets = offsets.map(|(place, &first)| {
            let offset = number(first);
            match columns.get(place) {
                None | Some(Column::Same) => quote!(#offset),
                Some(&Column::By(step)) => {
                    let size = number(step.unsigned_abs());
                    match (first, step) {
                        (0, 1) => quote!(i),
                        (0, 1..) => quote!(i * #size),
                        (_, 1..) => quote!(#offset + i * #size),
                        _ => quote!(#offset - i * #size),
                    }
                }
                Some(Column::Table(place)) => {
                    let name = format_ident!("o{place}");
                    quote!(#name)
                }
            }
        });
        let call = &self.calls[call];
        let args: Vec<_> = call
            .args
            .iter()
            .map(|arg| arg.tokens(self.constants, &mut offsets))
            .collect();
        let (receiver, method) = (self.receiver, format_ident!("{}", call.method));
        let comment = self.comment(&call.comment);
        match call.ends {
            false => quote!(#comment #receiver.#method(#(#args),*);),
            true => quote!(#comment if #receiver.#method(#(#args),*) { return; }),
        }
    }

    /// A comment, where a person will read the code; see [`pretty`](super::pretty).
    fn comment(&self, text: &str) -> Option<TokenStream> {
        let wanted = self.options.comments && !text.is_empty();
        wanted.then(|| quote!(comment!(#text);))
    }
}

/// How offsets change from block to block; joins the table if it must.
fn column(offsets: Vec<usize>, table: &mut Vec<Vec<usize>>) -> Column {
    let step = offsets[1] as isize - offsets[0] as isize;
    let regular = |pair: &[usize]| pair[1] as isize - pair[0] as isize == step;
    if offsets.windows(2).all(regular) {
        return match step {
            0 => Column::Same,
            step => Column::By(step),
        };
    }
    let known = table.iter().position(|column| *column == offsets);
    Column::Table(known.unwrap_or_else(|| {
        table.push(offsets);
        table.len() - 1
    }))
}
