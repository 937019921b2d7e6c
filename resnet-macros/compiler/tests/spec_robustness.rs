//! Broken and hostile texts: nothing panics, nothing hangs, no place is wrong.

mod random_common;
mod spec_common;

use std::fmt;

use random_common::Random;
use resnet_compiler::source::Source;
use resnet_compiler::spec::tree::{Node, Tree, Value};
use resnet_compiler::spec::{self, tree};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use spec_common::{GOOD, assert_places};

/// Specs to break: each shows another part of YAML.
const SEEDS: &[&str] = &[
    GOOD,
    "model: &name net\nstem:\n  kernel: 7 # seven\n  pool:\n    kind: 'max'\nstages:\n- *name\n-\n  blocks: 3\n",
    "? [a, {b: c}]\n: |\n  text\n\"k\\u00e9\": {x, y: , ? z}\n--- \n- !tag 1\n- &a [*a]\n",
    "größe: {日本: [1, -2.5, .inf, ~, true], <<: {a: b}}\n",
];

fn mutate(random: &mut Random) -> String {
    let seed = SEEDS[random.below(SEEDS.len())];
    let mut bytes = seed.as_bytes().to_vec();
    for _ in 0..1 + random.below(3) {
        let at = random.below(bytes.len());
        match random.below(7) {
            0 => bytes.truncate(at),
            1 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(7),
            2 if !bytes.is_empty() => drop(bytes.remove(at)),
            3 => {
                let special = b"{}[]:,-?&*!|>'\"%@#<\\ \n\t\0";
                bytes.insert(at, special[random.below(special.len())]);
            }
            4 => {
                let end = (at + random.below(20)).min(bytes.len());
                drop(bytes.drain(at..end));
            }
            5 => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let lines: Vec<&str> = text.lines().collect();
                let line = lines.get(random.below(lines.len())).copied().unwrap_or("");
                bytes.splice(at..at, format!("\n{line}\n").into_bytes());
            }
            _ => {
                let end = (at + random.below(20)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = random.below(bytes.len());
                bytes.splice(to..to, piece);
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn mutated_specs_are_read_or_refused_with_true_places() {
    let mut random = Random::new(0);
    let mut read = 0;
    for _ in 0..5000 {
        let text = mutate(&mut random);
        let source = Source::new("x.yaml", &text);
        if let Ok(Tree { root, repeated }) = tree::parse(&source) {
            read += 1;
            // Of a key that is written twice the tree leaves one out.
            if repeated.is_empty() {
                compare_places(&source.text, &root);
            }
            // The library refuses some keys that are different words, such as 1 and 0x1.
            if let Ok(plain) = serde_yaml::from_str(&source.text) {
                assert!(
                    repeated.is_empty() && is_same(&root, &plain),
                    "{root:?}\n{plain:?}\n{text}"
                );
            }
        }
        let refused = spec::parse(&source).and_then(|spec| spec::validate(&spec));
        let Err(diagnostics) = refused else { continue };
        assert_places(&diagnostics, &source);
        let rendered = diagnostics.render(&source);
        assert_eq!(rendered, diagnostics.render(&source));
    }
    assert!(read > 500, "too few of the texts can be read: {read}");
}

/// Whether a tree holds the values that the YAML library reads, aliases resolved.
fn is_same(node: &Node, plain: &serde_yaml::Value) -> bool {
    use serde_yaml::Value as Plain;
    match (&node.value, plain) {
        (Value::Null, Plain::Null) => true,
        (Value::Bool(a), Plain::Bool(b)) => a == b,
        (Value::Integer(a), Plain::Number(b)) => a.to_string() == b.to_string(),
        (Value::Float(a), Plain::Number(b)) => b.as_f64().map(f64::to_bits) == Some(a.to_bits()),
        (Value::Text(a), Plain::String(b)) => a == b,
        (Value::Sequence(a), Plain::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Value::Mapping(a), Plain::Mapping(b)) => {
            a.len() == b.len() && a.iter().zip(b.values()).all(|((_, a), b)| is_same(a, b))
        }
        _ => false,
    }
}

/// One step from a value to a value inside it.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The key of the n-th entry.
    Key(usize),
    /// The value of the n-th entry.
    Entry(usize),
    /// The n-th item.
    Item(usize),
}

/// Compares every place of a tree to where the YAML library sees the value: each is found by a
/// walk of its own, which fails there. (The tree is read in one go by means less plain.)
fn compare_places(text: &str, root: &Node) {
    // Entries that were skipped, repeated or anchored are at other places or paths.
    if text.contains(['&', '*']) {
        return;
    }
    let mut open = vec![(Vec::new(), root)];
    while let Some((path, node)) = open.pop() {
        let expected = (node.place.line, node.place.column);
        assert_eq!(walk(text, &path), Some(expected), "{path:?} in\n{text}");
        let child = |step| [path.as_slice(), &[step]].concat();
        match &node.value {
            Value::Sequence(items) => {
                open.extend(
                    (0..)
                        .zip(items)
                        .map(|(n, item)| (child(Step::Item(n)), item)),
                );
            }
            Value::Mapping(entries) => {
                for (n, (key, value)) in entries.iter().enumerate() {
                    let expected = (key.place.line, key.place.column);
                    assert_eq!(walk(text, &child(Step::Key(n))), Some(expected), "{text}");
                    // A value that is not there is where its key is.
                    if value.place != key.place {
                        open.push((child(Step::Entry(n)), value));
                    }
                }
            }
            _ => {}
        }
    }
}

/// The line and column of the value at the end of a path.
fn walk(text: &str, path: &[Step]) -> Option<(usize, usize)> {
    let document = serde_yaml::Deserializer::from_str(text).next()?;
    let error = Walk(path).deserialize(document).err()?;
    let location = error.location()?;
    Some((location.line(), location.column()))
}

struct Walk<'p>(&'p [Step]);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("something else")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        let [Step::Item(n), rest @ ..] = self.0 else {
            return Err(A::Error::custom("here"));
        };
        for _ in 0..*n {
            sequence.next_element::<IgnoredAny>()?;
        }
        sequence.next_element_seed(Walk(rest)).map(drop)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<(), A::Error> {
        let (n, key, rest) = match self.0 {
            [Step::Key(n), rest @ ..] => (n, true, rest),
            [Step::Entry(n), rest @ ..] => (n, false, rest),
            _ => return Err(A::Error::custom("here")),
        };
        for _ in 0..*n {
            mapping.next_entry::<IgnoredAny, IgnoredAny>()?;
        }
        if key {
            return mapping.next_key_seed(Walk(rest)).map(drop);
        }
        mapping.next_key::<IgnoredAny>()?;
        mapping.next_value_seed(Walk(rest))
    }
}
