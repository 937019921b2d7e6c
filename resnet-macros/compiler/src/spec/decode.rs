//! From a tree to typed structs, by the tables of [`super::table`].
//!
//! Decoding goes on after a mistake; everything found is told at the end. What a single value
//! decodes to is in [`super::scalar`].

use std::ops::RangeInclusive;

use super::lines::Lines;
use super::scalar::Scalar;
use super::suggest::suggestion;
use super::table::{Absent, Field, Kind, Record, Rule, Switch};
use super::tree::{Node, Value};
use crate::diagnostics::{Code, Diagnostic, Located, Place, shorten};

/// A type that a key's value decodes to.
pub(super) trait Decode: Sized {
    /// Decodes the value of a key; `None` after telling what is wrong.
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self>;

    /// What holds for a key that is left out, and may be.
    fn absent(_field: &Field, _mapping: &Entries<'_, '_>) -> Option<Self> {
        None
    }
}

/// A mapping without keys, if that is allowed: what its defaults are.
pub(super) fn defaults<R: Record>() -> Option<R> {
    let nothing = Node {
        value: Value::Mapping(Vec::new()),
        place: Place::new(1, 1, 0),
    };
    Decoder::new("").record("", &nothing)
}

/// Collects the mistakes of one spec.
pub(super) struct Decoder<'t> {
    lines: Lines<'t>,
    /// What was found so far.
    pub(super) found: Vec<Diagnostic>,
}

impl<'t> Decoder<'t> {
    /// A decoder of the tree of `text`.
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            lines: Lines::new(text),
            found: Vec::new(),
        }
    }

    /// Decodes a mapping; `what` is what it is called in messages.
    pub(super) fn record<R: Record>(&mut self, what: &str, node: &Node) -> Option<R> {
        let Value::Mapping(entries) = &node.value else {
            return self.wrong_type(what, &Kind::Mapping(R::FIELDS), node);
        };
        let mut mapping = Entries {
            decoder: self,
            what,
            fields: R::FIELDS,
            values: vec![None; R::FIELDS.len()],
            place: node.place,
        };
        mapping.assign(entries);
        R::decode(&mut mapping)
    }

    /// Tells that a value is not of the kind that it should be.
    pub(super) fn wrong_type<T>(&mut self, what: &str, kind: &Kind, node: &Node) -> Option<T> {
        let (code, message) = match &node.value {
            Value::Null => (
                Code::NoValue,
                format!("{what} has no value, expected {}", kind.expected()),
            ),
            _ => (
                Code::WrongType,
                format!(
                    "found {} for {what}, expected {}",
                    self.describe(node),
                    kind.expected()
                ),
            ),
        };
        self.tell(Diagnostic::new(code, node.place, message))
    }

    /// Whether a word's keys are none, as they should be; tells if not.
    pub(super) fn no_keys(&mut self, word: &str, keys: &Node) -> bool {
        let none = matches!(&keys.value, Value::Mapping(entries) if entries.is_empty());
        if !none {
            let message = format!("`{word}` takes no keys");
            let unwanted = Diagnostic::new(Code::WordTakesNoKeys, keys.place, message);
            self.found
                .push(unwanted.help(format!("write `{word}` alone")));
        }
        none
    }

    /// Decodes each item of a list, whose length must be `within`.
    fn items<T>(
        &mut self,
        field: &Field,
        node: &Node,
        within: RangeInclusive<usize>,
        mut decode: impl FnMut(&mut Self, usize, &Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        let what = format!("`{}`", field.name);
        let Value::Sequence(items) = &node.value else {
            return self.wrong_type(&what, &field.rule.kind, node);
        };
        if !within.contains(&items.len()) {
            let count = match items.len() {
                1 => "1 item".to_owned(),
                count => format!("{count} items"),
            };
            let expected = match (within.start(), within.end()) {
                (min, max) if min == max => format!("expected {min}"),
                (min, max) => format!("expected from {min} to {max}"),
            };
            let message = format!("{what} has {count}, {expected}");
            self.found
                .push(Diagnostic::new(Code::ListLength, node.place, message));
        }
        let items = (1..).zip(items);
        // Every item is decoded before the first mistake ends it.
        let items: Vec<_> = items.map(|(n, item)| decode(self, n, item)).collect();
        items.into_iter().collect()
    }

    /// Notes a mistake; there is no value then.
    pub(super) fn tell<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.found.push(diagnostic);
        None
    }

    /// A value as messages speak of it.
    fn describe(&mut self, node: &Node) -> String {
        match &node.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(value) => format!("the truth value `{value}`"),
            Value::Integer(_) | Value::Float(_) => format!("the number `{}`", self.written(node)),
            Value::Text(text) => format!("the text `{}`", shorten(text)),
            Value::Sequence(_) => "a list".to_owned(),
            Value::Mapping(_) => "a mapping".to_owned(),
        }
    }

    /// A number as the spec writes it.
    pub(super) fn written(&mut self, node: &Node) -> String {
        shorten(self.lines.at(node.place))
    }
}

/// The mapping that is being decoded: a value, or none, for each key of its table.
pub(super) struct Entries<'a, 't> {
    decoder: &'a mut Decoder<'t>,
    what: &'a str,
    fields: &'static [Field],
    values: Vec<Option<&'a Node>>,
    place: Place,
}

impl<'a> Entries<'a, '_> {
    /// Where the mapping is written.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// The value of a key, if it is there.
    pub(super) fn value(&self, name: &str) -> Option<&'a Node> {
        self.values[self.index(name)?]
    }

    /// Gives each key its value. A misspelt key counts as the one it resembles, so that its
    /// value is checked too, and the right key not reported as missing.
    fn assign(&mut self, entries: &'a [(Located<String>, Node)]) {
        let (known, unknown): (Vec<_>, Vec<_>) = entries
            .iter()
            .partition(|(key, _)| self.index(&key.value).is_some());
        for (key, value) in known {
            if let Some(index) = self.index(&key.value) {
                self.values[index] = Some(value);
            }
        }
        for (key, value) in unknown {
            let names = self.fields.iter().map(|field| field.name);
            let near = suggestion(&key.value, names.clone(), &self.decoder.found);
            let help = match near {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("its keys are {}", names.collect::<Vec<_>>().join(", ")),
            };
            let message = format!("`{}` is not a key of {}", shorten(&key.value), self.what);
            let unknown = Diagnostic::new(Code::UnknownKey, key.place, message).help(help);
            self.decoder.found.push(unknown);
            if let Some(index) = near.and_then(|name| self.index(name)) {
                self.values[index].get_or_insert(value);
            }
        }
    }

    fn index(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Decodes the value of one key.
    pub(super) fn read<T: Decode>(&mut self, name: &str) -> Option<T> {
        let index = self.index(name)?;
        let field = &self.fields[index];
        if let Some(node) = self.values[index] {
            return T::decode(self.decoder, field, node);
        }
        let required = match field.rule.absent {
            Absent::Error => true,
            Absent::Unless(others) => others.iter().all(|other| self.value(other).is_none()),
            _ => false,
        };
        if !required {
            return T::absent(field, self);
        }
        let message = format!("{} has no key `{name}`", self.what);
        let expected = field.rule.kind.expected();
        let about = field.doc.trim_end_matches('.');
        let help = format!("add `{name}` ({about}): {expected}");
        self.decoder
            .tell(Diagnostic::new(Code::MissingKey, self.place, message).help(help))
    }
}

impl<R: Record> Decode for R {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        decoder.record(&format!("`{}`", field.name), node)
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        T::decode(decoder, field, node).map(Some)
    }

    fn absent(_: &Field, _: &Entries<'_, '_>) -> Option<Self> {
        Some(None)
    }
}

impl<R: Record> Decode for Switch<R> {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        let what = format!("`{}`", field.name);
        match &node.value {
            Value::Text(word) if word == "none" => Some(Self::Off),
            Value::Mapping(_) => decoder.record(&what, node).map(Self::On),
            _ => decoder.wrong_type(&what, &field.rule.kind, node),
        }
    }

    fn absent(field: &Field, _: &Entries<'_, '_>) -> Option<Self> {
        matches!(field.rule.absent, Absent::Word("none")).then_some(Self::Off)
    }
}

impl<R: Record> Decode for Vec<R> {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        let Kind::List { min, max, .. } = field.rule.kind else {
            return None;
        };
        let what = format!("`{}`", field.name);
        decoder.items(field, node, min..=max, |decoder, number, item| {
            decoder.record(&format!("item {number} of {what}"), item)
        })
    }
}

impl<T: Scalar> Decode for Vec<Located<T>> {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        let Kind::Values { item, min, max } = field.rule.kind else {
            return None;
        };
        let of_item = Field {
            rule: Rule::required(*item),
            ..*field
        };
        decoder.items(field, node, min..=max, |decoder, _, node| {
            <Located<T> as Decode>::decode(decoder, &of_item, node)
        })
    }
}

/// Names that the user chooses, each with the name of a layer.
impl Decode for Vec<(Located<String>, Located<String>)> {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        let Value::Mapping(entries) = &node.value else {
            return decoder.wrong_type(&format!("`{}`", field.name), &field.rule.kind, node);
        };
        let of_name = Field {
            rule: Rule::layer_name(),
            ..*field
        };
        let entries = entries.iter().map(|(key, value)| {
            let text = Node {
                value: Value::Text(key.value.clone()),
                place: key.place,
            };
            let name = Decode::decode(decoder, &of_name, &text);
            let layer = Decode::decode(decoder, &of_name, value);
            Some((name?, layer?))
        });
        // Every entry is decoded before the first mistake ends it.
        let entries: Vec<_> = entries.collect();
        entries.into_iter().collect()
    }
}
