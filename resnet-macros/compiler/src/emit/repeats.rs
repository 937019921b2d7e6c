//! Straight-line calls, with runs of identical blocks rolled up.
//!
//! A deep network repeats a block many times with other offsets and nothing
//! else. Such a run becomes a loop over a table of offsets, so that a network
//! of a thousand layers compiles as fast as one of twenty.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::call::{Call, number};
use super::constants::Constants;
use crate::Options;

/// Fewer blocks than this stay written out: that reads better.
const FEWEST_BLOCKS: usize = 3;
/// So do runs whose loop would save fewer calls than this.
const FEWEST_SAVED: usize = 4;
/// No block of the family has more calls.
const LONGEST_BLOCK: usize = 48;

/// The calls as statements on `receiver`.
pub(super) fn emit(
    calls: &[Call],
    receiver: &Ident,
    constants: &mut Constants,
    options: &Options,
) -> TokenStream {
    let mut tokens = TokenStream::new();
    let mut at = 0;
    while at < calls.len() {
        let (period, blocks) = longest_run(&calls[at..]);
        let run = &calls[at..at + period * blocks];
        tokens.extend(match blocks {
            1 => run
                .iter()
                .map(|call| statement(call, receiver, constants, options, &[]))
                .collect(),
            _ => rolled(run, period, receiver, constants, options),
        });
        at += run.len();
    }
    tokens
}

/// Length of a block and how often it stands in a row at the start of `calls`;
/// one call, once, if nothing repeats often enough.
fn longest_run(calls: &[Call]) -> (usize, usize) {
    let mut best = (1, 1);
    for period in 1..=LONGEST_BLOCK.min(calls.len() / FEWEST_BLOCKS) {
        let like = calls.iter().zip(&calls[period..]);
        let repeated = like.take_while(|(a, b)| a.is_like(b)).count();
        let blocks = repeated / period + 1;
        let worth_it = blocks >= FEWEST_BLOCKS && period * (blocks - 1) >= FEWEST_SAVED;
        if worth_it && period * blocks > best.0 * best.1 {
            best = (period, blocks);
        }
    }
    best
}

/// A loop over a table with one row of offsets for each block.
fn rolled(
    run: &[Call],
    period: usize,
    receiver: &Ident,
    constants: &mut Constants,
    options: &Options,
) -> TokenStream {
    let rows: Vec<Vec<usize>> = run
        .chunks(period)
        .map(|block| block.iter().flat_map(Call::offsets).collect())
        .collect();
    // A column that is the same in all rows, or the same as one before it,
    // needs no place in the table.
    let column = |i: usize| rows.iter().map(move |row| row[i]);
    let mut kept: Vec<usize> = Vec::new();
    let names: Vec<Option<Ident>> = (0..rows[0].len())
        .map(|i| {
            if column(i).all(|offset| offset == rows[0][i]) {
                return None;
            }
            let same = kept.iter().position(|&k| column(k).eq(column(i)));
            let place = same.unwrap_or_else(|| {
                kept.push(i);
                kept.len() - 1
            });
            Some(format_ident!("o{place}"))
        })
        .collect();
    let variables = (0..kept.len()).map(|place| format_ident!("o{place}"));
    let table = rows.iter().map(|row| {
        let offsets = kept.iter().map(|&i| number(row[i]));
        quote!([#(#offsets),*])
    });
    let mut names = &names[..];
    let block: TokenStream = run[..period]
        .iter()
        .map(|call| {
            let (own, rest) = names.split_at(call.offsets().len());
            names = rest;
            statement(call, receiver, constants, options, own)
        })
        .collect();
    let blocks = rows.len();
    let comment = comment(
        options,
        &format!("{blocks} blocks that differ in offsets alone"),
    );
    quote! {
        #comment
        for [#(#variables),*] in [#(#table),*] {
            #block
        }
    }
}

/// One call; offsets that have a name in `names` are written by it.
fn statement(
    call: &Call,
    receiver: &Ident,
    constants: &mut Constants,
    options: &Options,
    names: &[Option<Ident>],
) -> TokenStream {
    let offsets = call.offsets();
    let mut offsets = offsets.iter().enumerate().map(|(i, &offset)| {
        match names.get(i).and_then(Option::as_ref) {
            Some(name) => quote!(#name),
            None => {
                let offset = number(offset);
                quote!(#offset)
            }
        }
    });
    let args: Vec<_> = call
        .args
        .iter()
        .map(|arg| arg.tokens(constants, &mut offsets))
        .collect();
    let method = format_ident!("{}", call.method);
    let comment = comment(options, &call.comment);
    quote!(#comment #receiver.#method(#(#args),*);)
}

/// A comment, where a person will read the code; see [`pretty`](super::pretty).
fn comment(options: &Options, text: &str) -> Option<TokenStream> {
    let wanted = options.comments && !text.is_empty();
    wanted.then(|| quote!(comment!(#text);))
}
