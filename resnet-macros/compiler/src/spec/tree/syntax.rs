//! Whether the text is one YAML document, and if not, why, in plain language.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_yaml::Deserializer;

use super::read;
use crate::diagnostics::{Code, Diagnostic, Diagnostics, Place};

/// Words of the YAML parser, what they mean, how to mend it. The first match counts.
const MEANINGS: &[(&str, &str, &str)] = &[
    (
        "mapping values are not allowed",
        "a `:` cannot stand here",
        "does the line before lack its `:`, or does the indentation differ? \
         text that contains `: ` goes in quotes",
    ),
    (
        "expected ',' or '}'",
        "expected `,` or `}` to go on with, or close, the mapping in braces",
        "write `{key: value, key: value}`",
    ),
    (
        "expected ',' or ']'",
        "expected `,` or `]` to go on with, or close, the list in brackets",
        "write `[value, value]`",
    ),
    (
        "unexpected ':'",
        "a value must follow this `:`, after a space",
        "write `key: value`, or leave the key out",
    ),
    (
        "unknown escape character",
        "this escape is not known",
        "write two backslashes for one, or use single quotes",
    ),
    (
        "could not find expected ':'",
        "expected `:` after the key before this",
        "write `key: value`, with a space after the colon",
    ),
    (
        "expected key",
        "expected a key here",
        "keys of one mapping line up at the same column",
    ),
    (
        "expected '-' indicator",
        "expected a list item here",
        "items of one list line up at the same column, each after `- `",
    ),
    (
        "block sequence entries are not allowed",
        "a list item cannot stand here",
        "start the list on a new line, each item after `- `",
    ),
    (
        "cannot start any token",
        "this character cannot start a value",
        "put the text in quotes",
    ),
    (
        "unexpected end of stream",
        "the file ends inside quotes",
        "close the quotes",
    ),
    (
        "unknown anchor",
        "this alias repeats a value that has no anchor before it",
        "put `&NAME` before the value to repeat",
    ),
    (
        "expected <document start>",
        "expected the file to end here",
        "check the brackets and the indentation before this",
    ),
];

/// Reports the first syntax error, or a second document.
pub(super) fn check(text: &str) -> Result<(), Diagnostics> {
    let shifted = read::shift(text);
    let mut documents = Deserializer::from_str(&shifted);
    for number in 0.. {
        let Some(document) = documents.next() else {
            break;
        };
        IgnoredAny::deserialize(document).map_err(|error| explain(text, &error))?;
        if number == 1 {
            return Err(second_document(text).into());
        }
    }
    Ok(())
}

/// A diagnostic for an error of the YAML parser.
pub(super) fn explain(text: &str, error: &serde_yaml::Error) -> Diagnostic {
    let words = error.to_string();
    let place = match error.location() {
        Some(at) => visible(text, at.line() - 1, at.column()),
        None => Place::new(1, 1, 1),
    };
    if words.contains("recursion limit") {
        return crate::spec::text::too_deep(place);
    }
    let (problem, context) = words.split_once(", ").unwrap_or((&words, ""));
    let meaning = MEANINGS.iter().find(|(known, ..)| problem.contains(known));
    let mut diagnostic = match meaning {
        Some((_, message, help)) => Diagnostic::new(Code::Syntax, place, *message).help(*help),
        None => {
            let problem = problem.split(" at line ").next().unwrap_or(problem);
            Diagnostic::new(
                Code::Syntax,
                place,
                format!("this is not valid YAML: {problem}"),
            )
        }
    };
    if let Some((line, column)) = read::trailing_location(context) {
        let start = visible(text, line - 1, column);
        if start != place {
            diagnostic = diagnostic.label(start, "it started here");
        }
    }
    diagnostic
}

/// The character at a position, or the last one of the text if the position is behind its end.
fn visible(text: &str, line: usize, column: usize) -> Place {
    let written = text.trim_end();
    let last_line = written.matches('\n').count() + 1;
    if line <= last_line {
        return Place::new(line.max(1), column, 1);
    }
    let end = written.lines().next_back().unwrap_or("");
    Place::new(last_line, end.chars().count().max(1), 1)
}

/// Points at the `---` that starts the second document: the first after anything else.
fn second_document(text: &str) -> Diagnostic {
    let comment = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let mut lines = (1..)
        .zip(text.lines())
        .skip_while(|(_, line)| comment(line));
    lines.next();
    let start = lines.find(|(_, line)| *line == "---" || line.starts_with("--- "));
    let (line, marker) = start.unwrap_or((1, ""));
    Diagnostic::new(
        Code::SecondDocument,
        Place::new(line, 1, marker.chars().count()),
        "a second YAML document starts here, expected one model per file",
    )
    .help("move it into a file of its own")
}
