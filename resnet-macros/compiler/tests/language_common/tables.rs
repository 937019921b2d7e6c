//! The tables in the reference, made of those that the decoder goes by.
//!
//! They stand behind markers: `<!-- keys of stem.pool -->`, `<!-- words of activation -->`,
//! up to `<!-- end -->`. A path is made of keys, and of words that have keys.

use std::collections::BTreeSet;
use std::fmt::Write;

use resnet_compiler::spec::Spec;
use resnet_compiler::spec::table::{Absent, Field, Kind};

use super::coverage::{fields_of, signature, vocabulary, words};

const END: &str = "<!-- end -->";

/// The page with all tables made anew, and what the tables are of, as [`signature`] and
/// [`vocabulary`] say it.
pub(crate) fn renewed(page: &str) -> (String, BTreeSet<String>) {
    let (mut renewed, mut shown) = (String::new(), BTreeSet::new());
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        renewed.push_str(line);
        renewed.push('\n');
        let marker = line.strip_prefix("<!-- ");
        let Some(marker) = marker.and_then(|rest| rest.strip_suffix(" -->")) else {
            continue;
        };
        renewed.push('\n');
        renewed.push_str(&table(marker, &mut shown));
        let _ = write!(renewed, "\n{END}\n");
        let ended = lines.find(|line| *line == END);
        assert!(ended.is_some(), "no {END} behind {line}");
    }
    (renewed, shown)
}

/// The table that a marker asks for.
fn table(marker: &str, shown: &mut BTreeSet<String>) -> String {
    if let Some(path) = marker.strip_prefix("words of ") {
        let (_, kind) = find(path);
        let kind = kind.unwrap_or_else(|| panic!("{path} has no words"));
        shown.insert(vocabulary(kind));
        let below = words(kind).into_iter().filter_map(|word| word.2);
        shown.extend(below.map(signature));
        return words_table(kind);
    }
    let Some(paths) = marker.strip_prefix("keys of ") else {
        panic!("unknown marker {marker}");
    };
    let (path, without) = match paths.split_once(" without those of ") {
        Some((path, without)) => (path, find(without).0),
        None => (paths, &[][..]),
    };
    let fields = find(path).0;
    shown.insert(signature(fields));
    let mut table = "| key | holds | if left out | |\n| --- | --- | --- | --- |\n".to_owned();
    let elsewhere = |field: &&Field| without.iter().any(|other| other.name == field.name);
    for field in fields.iter().filter(|field| !elsewhere(field)) {
        let Field { name, doc, rule } = field;
        let (holds, left_out) = (holds(&rule.kind), left_out(rule.absent));
        let _ = writeln!(table, "| `{name}` | {holds} | {left_out} | {doc} |");
    }
    if !without.is_empty() {
        let names = fields.iter().filter(elsewhere);
        let names: Vec<_> = names.map(|field| format!("`{}`", field.name)).collect();
        let names = names.join(", ");
        let _ = writeln!(table, "| {names} | as there | what is said there | |");
    }
    table
}

/// The keys at a path, and the kind of value there; no path is the whole spec.
fn find(path: &str) -> (&'static [Field], Option<&'static Kind>) {
    let (mut fields, mut kind) = (Spec::FIELDS, None);
    for part in path.split('.').filter(|part| *part != "spec") {
        let case = kind.and_then(|kind: &Kind| words(kind).into_iter().find(|word| word.0 == part));
        let field = fields.iter().find(|field| field.name == part);
        (fields, kind) = match (case, field) {
            (Some((_, _, below)), _) => (below.unwrap_or_default(), None),
            (None, Some(field)) => {
                let kind = &field.rule.kind;
                (fields_of(kind).unwrap_or_default(), Some(kind))
            }
            (None, None) => panic!("there is nothing at {path}"),
        };
    }
    (fields, kind)
}

fn words_table(kind: &Kind) -> String {
    let mut table = "| word | keys | |\n| --- | --- | --- |\n".to_owned();
    for (word, doc, fields) in words(kind) {
        let keys = fields.unwrap_or_default().iter();
        let keys: Vec<_> = keys
            .map(|field| {
                let (holds, left_out) = (holds(&field.rule.kind), left_out(field.rule.absent));
                let Field { name, doc, .. } = field;
                format!("`{name}`, {holds} ({left_out}): {doc}")
            })
            .collect();
        let _ = writeln!(table, "| `{word}` | {} | {doc} |", keys.join(" "));
    }
    table
}

/// What a key may hold, briefly.
fn holds(kind: &Kind) -> String {
    match kind {
        Kind::Whole(min, max) => format!("{min} to {max}"),
        Kind::Pair(min, max) => format!("{min} to {max}, or `[rows, columns]`"),
        Kind::Real(min, max) => format!("{} to {}", number(*min), number(*max)),
        Kind::Quantity(units) => {
            let units: Vec<_> = units.iter().map(|unit| unit.name).collect();
            format!("a number above 0, or with {}", units.join(", "))
        }
        Kind::Flag => "`true`, `false`".to_owned(),
        Kind::Text => "text".to_owned(),
        Kind::Name => "a name in snake_case".to_owned(),
        Kind::LayerName => "a layer's name".to_owned(),
        Kind::Choice(_) | Kind::Variant(_) => {
            let words = words(kind).into_iter();
            let words: Vec<_> = words.map(|word| format!("`{}`", word.0)).collect();
            words.join(", ")
        }
        Kind::Mapping(fields) => format!("{{{}}}", signature(fields)),
        Kind::Switch(fields) => format!("`none`, or {{{}}}", signature(fields)),
        Kind::List { min, max, .. } => format!("a list of {min} to {max} mappings"),
        Kind::Values { item, min, max } if min == max => format!("{min} times {}", holds(item)),
        Kind::Values { item, min, max } => format!("a list of {min} to {max}: {}", holds(item)),
        Kind::Either(words, other) => {
            let words: Vec<_> = words
                .iter()
                .map(|word| format!("`{}`", word.word))
                .collect();
            format!("{}, or {}", words.join(", "), holds(other))
        }
        Kind::Names => "`{name: layer, ...}`".to_owned(),
    }
}

/// What holds if a key is left out, briefly.
fn left_out(absent: Absent) -> String {
    match absent {
        Absent::Error => "**required**".to_owned(),
        Absent::Nothing | Absent::OneOf => "none".to_owned(),
        Absent::Default(value) => value.to_string(),
        Absent::Number(value) => number(value),
        Absent::Flag(value) => format!("`{value}`"),
        Absent::Word(word) => format!("`{word}`"),
        Absent::HalfOf(key) => format!("`{key}` / 2"),
        Absent::Unless(keys) => format!("**required** unless `{}`", keys.join("`, `")),
    }
}

fn number(number: f64) -> String {
    match number != 0.0 && number.abs() < 1e-3 {
        true => format!("{number:e}"),
        false => number.to_string(),
    }
}
