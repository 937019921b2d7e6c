//! Tables with commas.

use std::borrow::Cow;

/// A field, in quotes where it must be.
pub(crate) fn field(text: &str) -> Cow<'_, str> {
    match text.contains([',', '"', '\n', '\r']) {
        true => Cow::from(format!("\"{}\"", text.replace('"', "\"\""))),
        false => Cow::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        assert_eq!(field("tabby cat"), "tabby cat");
        assert_eq!(field("a, \"b\""), "\"a, \"\"b\"\"\"");
    }
}
