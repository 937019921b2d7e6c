//! As much of JSON as headers of safetensors files are made of.
//!
//! serde_json without `std` would do, too, but the smallest programs would grow
//! by 64 KB (of 300 KB that print a number; a network's have less than 1 MB).

#[cfg(not(feature = "std"))]
use crate::without_std::*;

/// Reads a text from its beginning on.
pub(super) struct Json<'a> {
    text: &'a str,
    rest: &'a str,
}

/// What a value should have been, or why it can't be read.
pub(super) type Expected = &'static str;

impl<'a> Json<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, rest: text }
    }

    /// Bytes read so far.
    pub(super) fn position(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// The text ends here, but for white space.
    pub(super) fn end(&mut self) -> Result<(), Expected> {
        self.skip_space();
        self.rest.is_empty().then_some(()).ok_or("the end")
    }

    /// `{"key": value, ...}`: calls `entry` for each key, which reads its value.
    pub(super) fn object(
        &mut self,
        mut entry: impl FnMut(&mut Self, String) -> Result<(), Expected>,
    ) -> Result<(), Expected> {
        self.sequence('{', '}', |json| {
            let key = json.string()?;
            json.expect(':')?;
            entry(json, key)
        })
    }

    /// `[1, 2, ...]`.
    pub(super) fn numbers(&mut self) -> Result<Vec<usize>, Expected> {
        let mut numbers = Vec::new();
        self.sequence('[', ']', |json| {
            numbers.push(json.number()?);
            Ok(())
        })?;
        Ok(numbers)
    }

    /// `"text"`.
    pub(super) fn string(&mut self) -> Result<String, Expected> {
        const REST: Expected = "the rest of a string";
        self.expect('"').map_err(|_| "a string")?;
        let mut string = String::new();
        loop {
            match self.next().ok_or(REST)? {
                '"' => return Ok(string),
                '\\' => string.push(self.escaped()?),
                '\0'..' ' => return Err(REST),
                other => string.push(other),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Expected> {
        const ESCAPE: Expected = "an escape";
        Ok(match self.next().ok_or(ESCAPE)? {
            same @ ('"' | '\\' | '/') => same,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let mut units = Vec::from([self.unit()?]);
                if let 0xd800..0xdc00 = units[0] {
                    self.rest = self.rest.strip_prefix("\\u").ok_or(ESCAPE)?;
                    units.push(self.unit()?);
                }
                let char = char::decode_utf16(units).next();
                char.and_then(Result::ok).ok_or(ESCAPE)?
            }
            _ => return Err(ESCAPE),
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u16, Expected> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.next().and_then(|char| char.to_digit(16));
            unit = unit << 4 | digit.ok_or("four digits")? as u16;
        }
        Ok(unit)
    }

    fn number(&mut self) -> Result<usize, Expected> {
        self.skip_space();
        let digits = self.rest.find(|c: char| !c.is_ascii_digit());
        let (digits, rest) = self.rest.split_at(digits.unwrap_or(self.rest.len()));
        let number = digits.parse().map_err(|_| "a whole number")?;
        self.rest = rest;
        Ok(number)
    }

    /// Items between two brackets, with commas between them.
    fn sequence(
        &mut self,
        open: char,
        close: char,
        mut item: impl FnMut(&mut Self) -> Result<(), Expected>,
    ) -> Result<(), Expected> {
        self.expect(open)?;
        if self.expect(close).is_ok() {
            return Ok(());
        }
        loop {
            item(self)?;
            if self.expect(',').is_err() {
                return self.expect(close).map_err(|_| "`,` or a closing bracket");
            }
        }
    }

    fn expect(&mut self, token: char) -> Result<(), Expected> {
        self.skip_space();
        self.rest = self.rest.strip_prefix(token).ok_or(match token {
            '{' => "`{`",
            '[' => "`[`",
            _ => "`:`",
        })?;
        Ok(())
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }
}

/// Appends a string in quotes.
pub(super) fn write_string(out: &mut String, string: &str) {
    out.push('"');
    for char in string.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            '\0'..' ' => out.push_str(&format!("\\u{:04x}", u32::from(char))),
            _ => out.push(char),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_round_trip() {
        for string in ["", "layer1.0.conv1.weight", "\"\\/\u{1}\n", "é😀 x"] {
            let mut text = String::new();
            write_string(&mut text, string);
            assert_eq!(Json::new(&text).string().as_deref(), Ok(string));
        }
    }

    #[test]
    fn escapes() {
        let read = |text| Json::new(text).string();
        assert_eq!(
            read(r#""\u00e9\ud83d\ude00\/\b\f\n\r\t""#).unwrap(),
            "é😀/\u{8}\u{c}\n\r\t"
        );
        for broken in [
            r#"""#,
            r#""\"#,
            r#""\x""#,
            r#""\u12"#,
            r#""\ud83d""#,
            r#""\ude00""#,
            "\"\n\"",
            "x",
            r#""\ud83d\u0041""#,
            "\"\\u\u{e9}\u{e9}\u{e9}\"",
        ] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn numbers_and_objects() {
        let numbers = |text| Json::new(text).numbers();
        assert_eq!(numbers("[ ]"), Ok(vec![]));
        assert_eq!(numbers(" [1 ,\n23]"), Ok(vec![1, 23]));
        for broken in [
            "",
            "[1",
            "[1,]",
            "[-1]",
            "[1.5]",
            "[1 2]",
            "[99999999999999999999]",
            "{}",
        ] {
            assert!(numbers(broken).is_err(), "{broken}");
        }
        let mut json = Json::new(r#"{"a": [1], "b": []} "#);
        let mut keys = String::new();
        let read = json.object(|json, key| {
            keys.push_str(&key);
            json.numbers().map(drop)
        });
        assert_eq!((read, json.end(), &*keys), (Ok(()), Ok(()), "ab"));
    }
}
