//! Which keys and words of the language specs use.

use std::collections::BTreeSet;

use resnet_compiler::spec::table::{Field, Kind};
use serde_yaml::Value;

/// Keys and words, each with what it is one of.
#[derive(Default)]
pub(crate) struct Used {
    /// The keys of the mapping, and a key.
    pub(crate) keys: BTreeSet<(String, String)>,
    /// The words that may stand in one place, and a word.
    pub(crate) words: BTreeSet<(String, String)>,
}

/// All keys of a mapping: mappings with the same ones are one.
pub(crate) fn signature(fields: &[Field]) -> String {
    let names: Vec<_> = fields.iter().map(|field| field.name).collect();
    names.join(", ")
}

/// The words that a kind has, and the keys that go with each.
pub(crate) fn words(kind: &Kind) -> Vec<(&'static str, &'static str, Option<&'static [Field]>)> {
    match kind {
        Kind::Choice(words) | Kind::Either(words, _) => {
            let words = words.iter().map(|word| (word.word, word.doc, None));
            words.collect()
        }
        Kind::Variant(cases) => {
            let cases = cases.iter().map(|case| (case.word, case.doc, case.fields));
            cases.collect()
        }
        Kind::Switch(_) => vec![("none", "", None)],
        _ => Vec::new(),
    }
}

/// All of a kind's words in one text.
pub(crate) fn vocabulary(kind: &Kind) -> String {
    let words: Vec<_> = words(kind).iter().map(|word| word.0).collect();
    words.join(", ")
}

/// The mapping of a kind or of its items, if it has one.
pub(crate) fn fields_of(kind: &Kind) -> Option<&'static [Field]> {
    match kind {
        Kind::Mapping(fields) | Kind::Switch(fields) => Some(fields),
        Kind::List { item, .. } => Some(item),
        _ => None,
    }
}

impl Used {
    /// Everything that these keys, and all below them, could say.
    pub(crate) fn everything(&mut self, fields: &'static [Field]) {
        for field in fields {
            self.keys.insert((signature(fields), field.name.to_owned()));
            let kind = &field.rule.kind;
            for (word, _, below) in words(kind) {
                self.words.insert((vocabulary(kind), word.to_owned()));
                self.everything(below.unwrap_or_default());
            }
            self.everything(fields_of(kind).unwrap_or_default());
        }
    }

    /// What a spec says.
    pub(crate) fn mapping(&mut self, fields: &'static [Field], value: &Value) {
        for field in fields {
            if let Some(value) = value.get(field.name) {
                self.keys.insert((signature(fields), field.name.to_owned()));
                self.value(&field.rule.kind, value);
            }
        }
    }

    fn value(&mut self, kind: &Kind, value: &Value) {
        for (word, _, below) in words(kind) {
            let keys = value.get(word);
            if keys.is_some() || value.as_str() == Some(word) {
                self.words.insert((vocabulary(kind), word.to_owned()));
            }
            if let (Some(below), Some(keys)) = (below, keys) {
                self.mapping(below, keys);
            }
        }
        if let Some(fields) = fields_of(kind) {
            match value.as_sequence() {
                Some(items) => items.iter().for_each(|item| self.mapping(fields, item)),
                None => self.mapping(fields, value),
            }
        }
    }
}
