//! Single values: whole numbers, names, words.

use super::decode::{Decode, Decoder, Entries};
use super::name;
use super::suggest::nearest;
use super::table::{Absent, Choice, Field, Kind};
use super::tree::{Node, Value};
use crate::diagnostics::{Code, Diagnostic, Located, shorten};

impl Decode for Located<usize> {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        let Kind::Whole(min, max) = field.rule.kind else {
            return None;
        };
        let what = format!("`{}`", field.name);
        let expected = field.rule.kind.expected();
        match &node.value {
            Value::Integer(number) => {
                let within = usize::try_from(*number).ok();
                if let Some(number) = within.filter(|number| (min..=max).contains(number)) {
                    return Some(Self::new(number, node.place));
                }
                let message = format!("{what} is {}, expected {expected}", decoder.written(node));
                decoder.tell(Diagnostic::new(Code::OutOfRange, node.place, message))
            }
            value if is_unusual_number(value) => {
                let found = decoder.written(node);
                let message = format!("found `{found}` for {what}, expected {expected}");
                let diagnostic = Diagnostic::new(Code::NotWholeNumber, node.place, message);
                decoder.tell(with_digits(diagnostic, value, min, max))
            }
            _ => decoder.wrong_type(&what, &field.rule.kind, node),
        }
    }

    fn absent(field: &Field, mapping: &Entries<'_, '_>) -> Option<Self> {
        match field.rule.absent {
            Absent::Default(number) => Some(Self::new(number, mapping.place())),
            Absent::HalfOf(name) => {
                let node = mapping.value(name)?;
                let Value::Integer(number) = node.value else {
                    return None;
                };
                let half = usize::try_from(number / 2).ok()?;
                Some(Self::new(half, node.place))
            }
            Absent::Error | Absent::Nothing => None,
        }
    }
}

/// Whether people would call it a number, though it is not written as YAML's whole numbers are:
/// `7.0`, `1e3`, `07`, `1_000`, `"7"`.
fn is_unusual_number(value: &Value) -> bool {
    match value {
        Value::Float(_) => true,
        Value::Text(text) => {
            text.starts_with(|c: char| c.is_ascii_digit())
                && text.chars().all(|c| c.is_ascii_digit() || c == '_')
        }
        _ => false,
    }
}

/// Adds how to write the number, if it is one of those that are allowed.
fn with_digits(diagnostic: Diagnostic, value: &Value, min: usize, max: usize) -> Diagnostic {
    let number = match value {
        Value::Float(number) if number.fract() == 0.0 && *number >= 0.0 => Some(*number as usize),
        Value::Text(text) => text.replace('_', "").parse().ok(),
        _ => None,
    };
    match number.filter(|number| (min..=max).contains(number)) {
        Some(number) => diagnostic.help(format!("write `{number}`")),
        None => diagnostic,
    }
}

impl Decode for Located<String> {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        let Value::Text(name) = &node.value else {
            return decoder.wrong_type(&format!("`{}`", field.name), &field.rule.kind, node);
        };
        let Some(fault) = name::fault(name) else {
            return Some(Self::new(name.clone(), node.place));
        };
        let message = format!(
            "the name `{}` {fault}, expected a name in snake_case",
            shorten(name)
        );
        let diagnostic = Diagnostic::new(Code::InvalidName, node.place, message);
        decoder.tell(match name::snake_case(name) {
            Some(better) => diagnostic.help(format!("write `{better}`")),
            None => diagnostic.help("it becomes the name of a Rust module, such as `resnet18`"),
        })
    }
}

impl<C: Choice> Decode for Located<C> {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        let Value::Text(word) = &node.value else {
            return decoder.wrong_type(&format!("`{}`", field.name), &field.rule.kind, node);
        };
        if let Some(choice) = C::from_word(word) {
            return Some(Self::new(choice, node.place));
        }
        let message = format!(
            "found `{}` for `{}`, expected {}",
            shorten(word),
            field.name,
            field.rule.kind.expected()
        );
        let diagnostic = Diagnostic::new(Code::UnknownChoice, node.place, message);
        decoder.tell(match nearest(word, C::WORDS.iter().map(|word| word.word)) {
            Some(word) => diagnostic.help(format!("did you mean `{word}`?")),
            None => diagnostic,
        })
    }
}
