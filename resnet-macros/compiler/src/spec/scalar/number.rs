//! Numbers, pairs of them, quantities with units, truth values.

use super::Scalar;
use crate::diagnostics::{Code, Diagnostic};
use crate::spec::decode::Decoder;
use crate::spec::table::{Absent, Field, Kind, Unit};
use crate::spec::tree::{Node, Value};

impl Scalar for usize {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        let Kind::Whole(min, max) = field.rule.kind else {
            return None;
        };
        whole(decoder, field, node, min, max)
    }

    fn absent(absent: Absent) -> Option<Self> {
        match absent {
            Absent::Default(number) => Some(number),
            _ => None,
        }
    }

    fn half(node: &Node) -> Option<Self> {
        match node.value {
            Value::Integer(number) => Self::try_from(number / 2).ok(),
            _ => None,
        }
    }
}

/// For rows and for columns; a single number stands for both.
impl Scalar for [usize; 2] {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        let Kind::Pair(min, max) = field.rule.kind else {
            return None;
        };
        let Value::Sequence(items) = &node.value else {
            return whole(decoder, field, node, min, max).map(|number| [number; 2]);
        };
        let [rows, columns] = &items[..] else {
            let (name, count) = (field.name, items.len());
            let message = format!("`{name}` has {count} items, expected 2: `[rows, columns]`");
            return decoder.tell(Diagnostic::new(Code::ListLength, node.place, message));
        };
        // Both are read before the first mistake ends it.
        let [rows, columns] = [rows, columns].map(|node| whole(decoder, field, node, min, max));
        Some([rows?, columns?])
    }

    fn absent(absent: Absent) -> Option<Self> {
        usize::absent(absent).map(|number| [number; 2])
    }

    fn half(node: &Node) -> Option<Self> {
        let Value::Sequence(items) = &node.value else {
            return usize::half(node).map(|half| [half; 2]);
        };
        let [rows, columns] = &items[..] else {
            return None;
        };
        Some([usize::half(rows)?, usize::half(columns)?])
    }
}

/// A whole number in decimal digits, from `min` to `max`.
fn whole(
    decoder: &mut Decoder<'_>,
    field: &Field,
    node: &Node,
    min: usize,
    max: usize,
) -> Option<usize> {
    let what = format!("`{}`", field.name);
    let expected = field.rule.kind.expected();
    match &node.value {
        Value::Integer(number) => {
            let within = usize::try_from(*number).ok();
            if let Some(number) = within.filter(|number| (min..=max).contains(number)) {
                return Some(number);
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

impl Scalar for f64 {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        let Kind::Real(min, max) = field.rule.kind else {
            return None;
        };
        let what = format!("`{}`", field.name);
        let number = match node.value {
            Value::Integer(number) => number as Self,
            Value::Float(number) => number,
            _ => return decoder.wrong_type(&what, &field.rule.kind, node),
        };
        if (min..=max).contains(&number) {
            return Some(number);
        }
        let (found, expected) = (decoder.written(node), field.rule.kind.expected());
        let message = format!("{what} is {found}, expected {expected}");
        decoder.tell(Diagnostic::new(Code::OutOfRange, node.place, message))
    }

    fn absent(absent: Absent) -> Option<Self> {
        match absent {
            Absent::Number(number) => Some(number),
            _ => None,
        }
    }
}

impl Scalar for bool {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        match node.value {
            Value::Bool(value) => Some(value),
            _ => decoder.wrong_type(&format!("`{}`", field.name), &field.rule.kind, node),
        }
    }

    fn absent(absent: Absent) -> Option<Self> {
        match absent {
            Absent::Flag(value) => Some(value),
            _ => None,
        }
    }
}

/// A quantity such as `12M` or `8MiB`, in its smallest unit.
impl Scalar for u64 {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        let Kind::Quantity(units) = field.rule.kind else {
            return None;
        };
        let what = format!("`{}`", field.name);
        let found = match &node.value {
            Value::Integer(number) => Self::try_from(*number).ok(),
            Value::Text(text) => quantity(text, units),
            _ => return decoder.wrong_type(&what, &field.rule.kind, node),
        };
        if let Some(number) = found.filter(|&number| number > 0) {
            return Some(number);
        }
        let (found, expected) = (decoder.written(node), field.rule.kind.expected());
        let message = format!("found `{found}` for {what}, expected {expected}");
        decoder.tell(Diagnostic::new(Code::NotQuantity, node.place, message))
    }
}

/// `1.5M` by the scale of its unit.
fn quantity(text: &str, units: &[Unit]) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let name = &text[digits.len()..];
    let unit = units.iter().find(|unit| unit.name == name)?;
    let number: f64 = digits.trim_end().parse().ok()?;
    let scaled = number * unit.scale as f64;
    // Beyond 2^53 not every whole number is exact, and no network is so large.
    (scaled >= 1.0 && scaled <= (1u64 << 53) as f64).then_some(scaled.round() as u64)
}
