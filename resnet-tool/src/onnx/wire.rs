//! Protocol buffers: fields with numbers, each a whole number, four bytes, or
//! bytes with their length.

use anyhow::{Context, Result, bail};

const BROKEN: &str = "truncated, or no ONNX model";

/// A message that is being written.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn tag(&mut self, field: u32, kind: u64) {
        self.varint(u64::from(field) << 3 | kind);
    }

    pub(super) fn int(&mut self, field: u32, number: i64) {
        self.tag(field, 0);
        self.varint(number as u64);
    }

    pub(super) fn float(&mut self, field: u32, number: f32) {
        self.tag(field, 5);
        self.0.extend(number.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, field: u32, bytes: &[u8]) {
        self.tag(field, 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn text(&mut self, field: u32, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    /// A message in the message.
    pub(super) fn message(&mut self, field: u32, write: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        write(&mut inner);
        self.bytes(field, &inner.0);
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field<'a> {
    Int(i64),
    Float(f32),
    Bytes(&'a [u8]),
    /// Eight bytes, which no field that is read has.
    Wide,
}

impl<'a> Field<'a> {
    pub(super) fn bytes(self) -> Result<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => bail!(BROKEN),
        }
    }

    pub(super) fn text(self) -> Result<String> {
        let text = str::from_utf8(self.bytes()?).context("a name that is not UTF-8")?;
        Ok(text.to_owned())
    }

    pub(super) fn int(self) -> Result<i64> {
        match self {
            Self::Int(number) => Ok(number),
            _ => bail!(BROKEN),
        }
    }

    /// Whole numbers, one or packed.
    pub(super) fn ints(self, into: &mut Vec<i64>) -> Result<()> {
        match self {
            Self::Int(number) => into.push(number),
            Self::Bytes(mut bytes) => {
                while !bytes.is_empty() {
                    into.push(varint(&mut bytes)? as i64);
                }
            }
            _ => bail!(BROKEN),
        }
        Ok(())
    }

    /// Numbers, one or packed.
    pub(super) fn floats(self, into: &mut Vec<f32>) -> Result<()> {
        match self {
            Self::Float(number) => into.push(number),
            Self::Bytes(bytes) => {
                let (fours, _) = bytes.as_chunks::<4>();
                into.extend(fours.iter().map(|four| f32::from_le_bytes(*four)));
            }
            _ => bail!(BROKEN),
        }
        Ok(())
    }
}

/// Gives `each` the fields of a message, in their order.
pub(super) fn read<'a>(
    mut bytes: &'a [u8],
    mut each: impl FnMut(u32, Field<'a>) -> Result<()>,
) -> Result<()> {
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let field = match tag & 7 {
            0 => Field::Int(varint(&mut bytes)? as i64),
            1 => {
                take(&mut bytes, 8)?;
                Field::Wide
            }
            2 => {
                let len = usize::try_from(varint(&mut bytes)?).context(BROKEN)?;
                Field::Bytes(take(&mut bytes, len)?)
            }
            5 => {
                let (four, rest) = bytes.split_first_chunk().context(BROKEN)?;
                bytes = rest;
                Field::Float(f32::from_le_bytes(*four))
            }
            _ => bail!(BROKEN),
        };
        each(u32::try_from(tag >> 3).context(BROKEN)?, field)?;
    }
    Ok(())
}

fn take<'a>(bytes: &mut &'a [u8], len: usize) -> Result<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(len).context(BROKEN)?;
    *bytes = rest;
    Ok(taken)
}

fn varint(bytes: &mut &[u8]) -> Result<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    bail!(BROKEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let mut writer = Writer::default();
        writer.int(1, 300);
        writer.int(2, -1);
        writer.float(3, 0.5);
        writer.message(20, |inner| inner.text(1, "a"));
        let bytes = writer.into_bytes();
        assert_eq!(bytes[..3], [0x08, 0xac, 0x02]);
        let mut seen = Vec::new();
        read(&bytes, |number, field| {
            seen.push(match field {
                Field::Int(int) => format!("{number}: {int}"),
                Field::Float(float) => format!("{number}: {float}"),
                Field::Bytes(bytes) => format!("{number}: {bytes:?}"),
                Field::Wide => unreachable!(),
            });
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, ["1: 300", "2: -1", "3: 0.5", "20: [10, 1, 97]"]);
        // No cut of it reaches beyond its end.
        for len in 0..bytes.len() {
            let _ = read(&bytes[..len], |_, _| Ok(()));
        }
        assert!(read(&[0xff; 20], |_, _| Ok(())).is_err());
    }
}
