//! The lines of a text, by number.

use crate::diagnostics::Place;

/// The lines of a text. Asked for places in the order of the text, it takes linear time for all
/// of them together, however long the lines are.
pub(crate) struct Lines<'t> {
    lines: Vec<&'t str>,
    /// The line, column and byte last asked for.
    last: (usize, usize, usize),
}

impl<'t> Lines<'t> {
    /// The lines of `text`.
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            lines: text.split('\n').collect(),
            last: (1, 1, 0),
        }
    }

    /// What stands in a line from a column on; nothing behind the end.
    pub(crate) fn rest(&mut self, line: usize, column: usize) -> &'t str {
        let text = line.checked_sub(1).and_then(|index| self.lines.get(index));
        let text = text.copied().unwrap_or("");
        let (last_line, last_column, last_byte) = self.last;
        let (from_column, from_byte) = match last_line == line && last_column <= column {
            true => (last_column, last_byte),
            false => (1, 0),
        };
        let skipped = text[from_byte..].char_indices().nth(column - from_column);
        let byte = skipped.map_or(text.len(), |(byte, _)| from_byte + byte);
        if skipped.is_some() {
            self.last = (line, column, byte);
        }
        &text[byte..]
    }

    /// The text at a place.
    pub(crate) fn at(&mut self, place: Place) -> &'t str {
        let rest = self.rest(place.line, place.column);
        let end = rest.char_indices().nth(place.len);
        &rest[..end.map_or(rest.len(), |(byte, _)| byte)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_characters_not_bytes() {
        let mut lines = Lines::new("ab\näöü: 1\n");
        assert_eq!(lines.at(Place::new(2, 2, 2)), "öü");
        assert_eq!(lines.at(Place::new(2, 6, 9)), "1");
        assert_eq!(lines.at(Place::new(2, 1, 1)), "ä");
        assert_eq!(lines.at(Place::new(1, 2, 1)), "b");
        assert_eq!(lines.rest(1, 3), "");
        assert_eq!(lines.rest(9, 1), "");
    }
}
