//! From YAML text to a tree with places.
//!
//! The YAML library tells where values are only in its errors. So every value is visited twice:
//! first by a [`Seed::Probe`], which fails at once and learns the position from the error, then
//! by a [`Seed::Read`]. The probe asks for an enum, for which the library looks at the next value
//! without consuming it, unless that is an alias: an alias is consumed, and the position is that
//! of the anchored value, which lies before the current one. That is how aliases are recognised.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::token::{Token, token};
use super::{Node, Tree, Value, syntax};
use crate::diagnostics::{Code, Diagnostic, Diagnostics, Located, Place, shorten};
use crate::spec::lines::Lines;
use crate::spec::text::{MAX_VALUES, too_many_values};

/// A line and a column, both from 1.
type Position = (usize, usize);

/// The text behind an empty line. The library leaves out the position in its messages where it
/// is the very first one; behind an empty line no value can be there.
pub(super) fn shift(text: &str) -> String {
    format!("\n{text}")
}

/// The `... at line 3 column 7` that ends a message of the library.
pub(super) fn trailing_location(message: &str) -> Option<Position> {
    let (_, location) = message.rsplit_once("at line ")?;
    let (line, column) = location.split_once(" column ")?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// Reads text of which [`syntax::check`] found it to be one document.
pub(super) fn read(text: &str) -> Result<Tree, Diagnostics> {
    let shifted = shift(text);
    let document = || serde_yaml::Deserializer::from_str(&shifted);
    let mut reader = Reader {
        lines: Lines::new(text),
        found: Vec::new(),
        anchored: BTreeMap::new(),
        values: 0,
    };
    let root = reader.child(&mut (1, 0), |seed| seed.deserialize(document()).map(Some));
    match root {
        // Whoever stopped the reader told why; otherwise it was the library.
        Err(error) if reader.found.is_empty() => Err(syntax::explain(text, &error).into()),
        root => {
            let goes_on = |mistake: &Diagnostic| mistake.code == Code::DuplicateKey;
            if !reader.found.iter().all(goes_on) {
                Diagnostics::check(reader.found.clone())?;
            }
            Ok(Tree {
                root: root.ok().flatten().unwrap_or(NOTHING),
                repeated: reader.found,
            })
        }
    }
}

fn position(error: &impl fmt::Display) -> Option<Position> {
    let (line, column) = trailing_location(&error.to_string())?;
    Some((line - 1, column))
}

/// A document without any value.
const NOTHING: Node = Node {
    value: Value::Null,
    place: Place::new(1, 1, 0),
};

/// What the next value is visited with.
enum Seed<'r, 't> {
    /// Fails; the error tells where the value is, unless it carries a tag.
    Probe,
    /// Fails at a value with a tag; the error tells where that is.
    TagProbe,
    /// Reads the value that is at the position.
    Read(&'r mut Reader<'t>, Position),
}

impl<'de> DeserializeSeed<'de> for Seed<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self {
            Self::Probe => deserializer.deserialize_enum("", &[], Fail),
            Self::TagProbe => deserializer.deserialize_any(Fail),
            Self::Read(reader, at) => deserializer.deserialize_any(Read { reader, at }),
        }
    }
}

/// The visitor that accepts nothing.
struct Fail;

impl Visitor<'_> for Fail {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("nothing")
    }
}

/// What reading a document gathers.
struct Reader<'t> {
    lines: Lines<'t>,
    found: Vec<Diagnostic>,
    /// The values that aliases may repeat, by where they start, anchor included.
    anchored: BTreeMap<Position, Node>,
    values: usize,
}

impl<'t> Reader<'t> {
    /// Reads the child after `last`, which `next` feeds to a seed; `None` if there is no more.
    fn child<E: Error>(
        &mut self,
        last: &mut Position,
        mut next: impl FnMut(Seed<'_, 't>) -> Result<Option<Value>, E>,
    ) -> Result<Option<Node>, E> {
        let Err(error) = next(Seed::Probe) else {
            return Ok(None);
        };
        let Some(at) = position(&error) else {
            return Err(
                match next(Seed::TagProbe).map_err(|error| position(&error)) {
                    Err(Some(at)) => self.tag(at),
                    _ => error,
                },
            );
        };
        if at <= *last {
            return self.alias(at).map(Some);
        }
        *last = at;
        let (place, anchored) = self.place(at);
        if self.lines.at(place).starts_with('!') {
            return Err(self.tag(at));
        }
        self.count(1, place)?;
        let Some(value) = next(Seed::Read(self, at))? else {
            return Ok(None);
        };
        let node = Node { value, place };
        if anchored {
            self.anchored.insert(at, node.clone());
        }
        Ok(Some(node))
    }

    /// The place of the text that starts at `at`, and whether an anchor comes before it.
    fn place(&mut self, (line, column): Position) -> (Place, bool) {
        let rest = self.lines.rest(line, column);
        let Token { skipped, len } = token(rest);
        let place = Place::new(line, column + skipped, len);
        (place, rest.starts_with('&'))
    }

    /// Repeats the value that starts at `at`.
    fn alias<E: Error>(&mut self, at: Position) -> Result<Node, E> {
        let Some(node) = self.anchored.get(&at).cloned() else {
            let (place, _) = self.place(at);
            let message = "an alias inside this value repeats the value itself";
            return Err(self.stop(Diagnostic::new(Code::AliasInsideItself, place, message)));
        };
        self.count(size(&node), node.place)?;
        Ok(node)
    }

    fn count<E: Error>(&mut self, values: usize, place: Place) -> Result<(), E> {
        self.values += values;
        if self.values > MAX_VALUES {
            return Err(self.stop(too_many_values(place)));
        }
        Ok(())
    }

    fn tag<E: Error>(&mut self, at: Position) -> E {
        let (place, _) = self.place(at);
        let tag = shorten(self.lines.at(place));
        let message = format!("found the YAML tag `{tag}`, which specs do not use");
        self.stop(Diagnostic::new(Code::TagUsed, place, message).help("leave it out"))
    }

    /// Ends the reading: what follows would depend on what cannot be understood.
    fn stop<E: Error>(&mut self, why: Diagnostic) -> E {
        self.found.push(why);
        E::custom("stopped")
    }

    /// Whether a key has nothing behind it; the library then names the position of what follows.
    fn is_unwritten(&mut self, value: &Node) -> bool {
        let written = ["~", "null", "Null", "NULL"];
        value.value == Value::Null && !written.contains(&self.lines.at(value.place))
    }

    /// Turns the node of a key into the key; `None` if it is to be skipped.
    fn key(
        &mut self,
        node: &Node,
        earlier: &mut BTreeMap<String, Place>,
    ) -> Option<Located<String>> {
        let place = node.place;
        let key = match &node.value {
            Value::Text(key) => key.clone(),
            Value::Sequence(_) | Value::Mapping(_) => {
                let message = "found a list or mapping as a key, expected a word";
                self.found
                    .push(Diagnostic::new(Code::KeyNotWord, place, message));
                return None;
            }
            _ => self.lines.at(place).to_owned(),
        };
        if key == "<<" {
            let message = "found the merge key `<<`, which specs do not use";
            self.found.push(
                Diagnostic::new(Code::MergeKey, place, message)
                    .help("write the keys out, or repeat a whole value with an alias"),
            );
            return None;
        }
        if let Some(&first) = earlier.get(&key) {
            let (key, line) = (shorten(&key), first.line);
            let message = format!("`{key}` is written twice in one mapping, first on line {line}");
            self.found.push(
                Diagnostic::new(Code::DuplicateKey, place, message)
                    .label(first, "first written here")
                    .help("delete one of the two"),
            );
            return None;
        }
        earlier.insert(key.clone(), place);
        Some(Located::new(key, place))
    }
}

fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::Sequence(items) => items.iter().map(size).sum(),
        Value::Mapping(entries) => entries.iter().map(|(_, value)| size(value)).sum(),
        _ => 0,
    }
}

/// The visitor of the value at a position.
struct Read<'r, 't> {
    reader: &'r mut Reader<'t>,
    at: Position,
}

impl<'de> Visitor<'de> for Read<'_, '_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a YAML value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
        Ok(Value::Integer(value.try_into().unwrap_or(i128::MAX)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        let mut last = self.at;
        let mut next = |seed: Seed<'_, '_>| sequence.next_element_seed(seed);
        while let Some(item) = self.reader.child(&mut last, &mut next)? {
            items.push(item);
        }
        Ok(Value::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        let mut keys = BTreeMap::new();
        // A mapping without braces starts where its first key does.
        let mut last = (self.at.0, self.at.1 - 1);
        loop {
            let next_key = |seed: Seed<'_, '_>| mapping.next_key_seed(seed);
            let Some(key) = self.reader.child(&mut last, next_key)? else {
                return Ok(Value::Mapping(entries));
            };
            let key = self.reader.key(&key, &mut keys);
            let next_value = |seed: Seed<'_, '_>| mapping.next_value_seed(seed).map(Some);
            let value = self.reader.child(&mut last, next_value)?;
            entries.extend(key.zip(value).map(|(key, mut value)| {
                if self.reader.is_unwritten(&value) {
                    value.place = key.place;
                }
                (key, value)
            }));
        }
    }
}
