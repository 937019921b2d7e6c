//! How far a value's text reaches from where it starts, within its line.

/// Characters before a value (its anchor), and characters of the value itself.
pub(super) struct Token {
    pub(super) skipped: usize,
    pub(super) len: usize,
}

/// The token that `rest` of a line starts with.
pub(super) fn token(rest: &str) -> Token {
    let skipped = anchor_len(rest);
    let token = after(rest, skipped);
    let len = match token.chars().next() {
        // An anchor alone on its line: the value starts further down.
        None if skipped > 0 => {
            let len = rest.trim_end().chars().count();
            return Token { skipped: 0, len };
        }
        Some('!') => word_len(token),
        Some(quote @ ('"' | '\'')) => quoted_len(token, quote),
        Some('[' | '{') => flow_len(token),
        Some('|' | '>') => 1,
        Some('-' | '?') if token[1..].is_empty() || token[1..].starts_with(' ') => 1,
        _ => plain_len(token),
    };
    Token { skipped, len }
}

fn after(text: &str, chars: usize) -> &str {
    let found = text.char_indices().nth(chars);
    found.map_or("", |(byte, _)| &text[byte..])
}

/// The length of `&name` and the blanks after it, 0 if there is no anchor.
fn anchor_len(rest: &str) -> usize {
    if !rest.starts_with('&') {
        return 0;
    }
    let name = word_len(rest);
    let blanks = rest.chars().skip(name).take_while(|c| c.is_whitespace());
    name + blanks.count()
}

fn word_len(text: &str) -> usize {
    text.chars().take_while(|c| !c.is_whitespace()).count()
}

/// Up to the closing quote, or the end of the line.
fn quoted_len(token: &str, quote: char) -> usize {
    let mut chars = token.chars().enumerate().skip(1).peekable();
    while let Some((index, c)) = chars.next() {
        let doubled = quote == '\'' && chars.peek().is_some_and(|&(_, next)| next == quote);
        match c {
            '\\' if quote == '"' => drop(chars.next()),
            c if c == quote && doubled => drop(chars.next()),
            c if c == quote => return index + 1,
            _ => {}
        }
    }
    token.trim_end().chars().count()
}

/// Up to the bracket that closes the first one; the first alone if that is on another line.
fn flow_len(token: &str) -> usize {
    let mut depth = 0;
    let mut quote = None;
    for (index, c) in token.chars().enumerate() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    1
}

/// Up to what ends an unquoted word: `: `, ` #`, a comma or bracket, the end of the line.
fn plain_len(token: &str) -> usize {
    let mut before = ' ';
    let mut len = 0;
    let mut chars = token.chars().enumerate().peekable();
    while let Some((index, c)) = chars.next() {
        let next = chars.peek().map_or(' ', |&(_, next)| next);
        let ends = match c {
            ':' => next.is_whitespace() || matches!(next, ',' | '[' | ']' | '{' | '}'),
            '#' => before.is_whitespace(),
            ',' | '[' | ']' | '{' | '}' => true,
            _ => false,
        };
        if ends {
            break;
        }
        if !c.is_whitespace() {
            len = index + 1;
        }
        before = c;
    }
    len
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rest: &str) -> String {
        let Token { skipped, len } = token(rest);
        rest.chars().skip(skipped).take(len).collect()
    }

    #[test]
    fn ends_where_the_value_does() {
        assert_eq!(text("7, height: 8}"), "7");
        assert_eq!(text("two words  # comment"), "two words");
        assert_eq!(text("key: value"), "key");
        assert_eq!(text("12:30"), "12:30");
        assert_eq!(text(r#""a\"b", c"#), r#""a\"b""#);
        assert_eq!(text("'it''s' x"), "'it''s'");
        assert_eq!(text("{a: '}', b: [1]} ]"), "{a: '}', b: [1]}");
        assert_eq!(text("{a: 1,"), "{");
        assert_eq!(text("- item"), "-");
        assert_eq!(text("-1"), "-1");
        assert_eq!(text("&anchor 7 "), "7");
        assert_eq!(text("&anchor"), "&anchor");
        assert_eq!(text("!tag 7"), "!tag");
        assert_eq!(text(""), "");
    }
}
