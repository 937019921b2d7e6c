//! What is checked of the text before YAML is parsed.
//!
//! Cheap scans, in time linear in the text, that refuse what the YAML parser would report in
//! words that help nobody (tabs, invisible characters) or choke on (deep nesting, directives).
//! Of each kind the first is told: a file indented with tabs has one mistake, not a hundred.

use crate::diagnostics::{Code, Diagnostic, Diagnostics, Place};

/// How deeply values may nest; a spec needs four levels.
pub(crate) const MAX_DEPTH: usize = 64;

/// How many values a spec may hold: some ten for each layer of the deepest networks, all of them
/// written out.
pub(crate) const MAX_VALUES: usize = 30_000;

/// Checks all of it.
pub(crate) fn check(text: &str) -> Result<(), Diagnostics> {
    if text.lines().all(|line| content(line).is_empty()) {
        let message = "the spec is empty, expected a model description";
        let empty = Diagnostic::new(Code::NothingWritten, Place::new(1, 1, 0), message);
        return Err(empty.help("start it with `model: NAME`").into());
    }
    let lines = || (1..).zip(text.split('\n'));
    let found = [control_character, tab_indentation, directive]
        .iter()
        .filter_map(|check| lines().find_map(|(number, line)| check(number, line)));
    Diagnostics::check(found.collect())?;
    nesting(text)
}

/// A line without its indentation; nothing if it is a comment or only marks a document.
fn content(line: &str) -> &str {
    let line = line.trim();
    match line {
        "---" | "..." => "",
        comment if comment.starts_with('#') => "",
        content => content,
    }
}

fn control_character(number: usize, line: &str) -> Option<Diagnostic> {
    let (column, c) = (1..).zip(line.chars()).find(|&(_, c)| !is_allowed(c))?;
    let name = match c {
        '\0' => "a NUL character".to_owned(),
        c => format!("the invisible character U+{:04X}", u32::from(c)),
    };
    let message = format!("found {name}, which YAML does not allow");
    let found = Diagnostic::new(
        Code::ControlCharacter,
        Place::new(number, column, 1),
        message,
    );
    Some(match c {
        '\0' => found.help("save the file as UTF-8 text"),
        _ => found.help("delete it"),
    })
}

/// YAML's printable characters, without its further line breaks (U+0085, U+2028, U+2029).
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
        && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn tab_indentation(number: usize, line: &str) -> Option<Diagnostic> {
    let indentation = &line[..line.len() - line.trim_start().len()];
    let before = indentation.find('\t')?;
    let column = indentation[..before].chars().count() + 1;
    (!content(line).is_empty()).then(|| {
        let message = "found a tab in the indentation, which YAML does not allow";
        Diagnostic::new(Code::TabIndentation, Place::new(number, column, 1), message)
            .help("indent with spaces")
    })
}

/// Lines such as `%YAML 1.1`, which say nothing about the model.
fn directive(number: usize, line: &str) -> Option<Diagnostic> {
    line.starts_with('%').then(|| {
        let message = "found a YAML directive, which specs do not use";
        Diagnostic::new(Code::Directive, Place::new(number, 1, 1), message).help("delete the line")
    })
}

/// Counts list items within list items, brackets, and all that separates values. Quotes are not
/// looked at: no honest text holds this many.
fn nesting(text: &str) -> Result<(), Diagnostics> {
    let mut depth = 0_usize;
    let mut marks = 0_usize;
    for (index, line) in text.split('\n').enumerate() {
        let words = line.split_whitespace();
        let items = words.take_while(|word| matches!(*word, "-" | "?"));
        if items.count() > MAX_DEPTH {
            return Err(too_deep(Place::new(index + 1, 1, 1)).into());
        }
        let mut previous = ' ';
        for (column, c) in (1..).zip(line.chars()) {
            match c {
                '#' if previous.is_whitespace() => break,
                '[' | '{' => depth += 1,
                ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            let separates = matches!(c, '[' | '{' | ',' | ':' | '-' | '?');
            marks += usize::from(separates || column == 1);
            previous = c;
            let place = Place::new(index + 1, column, 1);
            if depth > MAX_DEPTH {
                return Err(too_deep(place).into());
            }
            // A value of a real spec comes with two of them: `,` or a new line, and `:`.
            if marks > 4 * MAX_VALUES {
                return Err(too_many_values(place).into());
            }
        }
    }
    Ok(())
}

/// What is said of a value nested deeper than [`MAX_DEPTH`].
pub(crate) fn too_deep(place: Place) -> Diagnostic {
    let message = format!("values are nested more than {MAX_DEPTH} levels deep");
    Diagnostic::new(Code::TooDeep, place, message).help("a spec needs four levels")
}

/// What is said of the first value too many.
pub(crate) fn too_many_values(place: Place) -> Diagnostic {
    let message = format!("the spec holds more than {MAX_VALUES} values");
    Diagnostic::new(Code::TooManyValues, place, message)
        .help("repeat blocks with `blocks: N` instead of writing each")
}
