//! A run's results as TensorBoard reads them: records of protocol buffers.
//!
//! A record is its length, a checksum of that, the bytes of a message, and a
//! checksum of these. Messages are `Event`: 1 the time, 2 the step, and 3 the
//! file's version or 5 a summary of values, each with 1 a tag and 2 a number.

use crate::training::Epoch;

/// The whole file: every epoch is a step. `layers` are the names of what
/// gradients were measured of.
pub(crate) fn file(layers: &[&str], epochs: &[Epoch]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let start = epochs
        .first()
        .map_or(0.0, |epoch| epoch.ended - epoch.seconds);
    let mut first = double(1, start);
    first.extend(text(3, "brain.Event:2"));
    record(&first, &mut bytes);
    for epoch in epochs {
        let values = [
            ("loss/train", epoch.train_loss),
            ("loss/test", epoch.test_loss),
            ("accuracy/train", epoch.train_accuracy),
            ("accuracy/test", epoch.test_accuracy),
            ("accuracy/test_top5", epoch.test_top5),
            ("learning_rate", epoch.lr),
            ("speed/images_per_s", epoch.images_per_s),
            ("speed/waiting", epoch.waiting),
        ];
        let mut summary = Vec::new();
        for (tag, value) in values {
            summary.extend(scalar(tag, value));
        }
        for (name, norm) in layers.iter().zip(&epoch.gradient_norms) {
            summary.extend(scalar(&format!("gradient_norm/{name}"), *norm));
        }
        let mut event = double(1, epoch.ended);
        event.extend(number(2, epoch.epoch as u64));
        event.extend(delimited(5, &summary));
        record(&event, &mut bytes);
    }
    bytes
}

fn scalar(tag: &str, value: f64) -> Vec<u8> {
    let mut scalar = text(1, tag);
    scalar.extend([2 << 3 | 5]);
    scalar.extend((value as f32).to_le_bytes());
    delimited(1, &scalar)
}

fn text(field: u8, text: &str) -> Vec<u8> {
    delimited(field, text.as_bytes())
}

fn delimited(field: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![field << 3 | 2];
    bytes.extend(varint(content.len() as u64));
    bytes.extend(content);
    bytes
}

fn number(field: u8, number: u64) -> Vec<u8> {
    let mut bytes = vec![field << 3];
    bytes.extend(varint(number));
    bytes
}

fn double(field: u8, number: f64) -> Vec<u8> {
    let mut bytes = vec![field << 3 | 1];
    bytes.extend(number.to_le_bytes());
    bytes
}

/// Seven bits a byte, the lowest first.
fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn record(message: &[u8], bytes: &mut Vec<u8>) {
    let len = (message.len() as u64).to_le_bytes();
    bytes.extend(len);
    bytes.extend(masked(&len).to_le_bytes());
    bytes.extend(message);
    bytes.extend(masked(message).to_le_bytes());
}

/// The checksum, changed so that a checksum of it is no constant.
fn masked(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32 with Castagnoli's polynomial.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            crc >> 1 ^ if crc & 1 == 1 { 0x82f6_3b78 } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::tests::EPOCH;

    /// Of RFC 3720, and of "123456789" as CRC catalogues have it.
    #[test]
    fn known_checksums() {
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    /// As TensorBoard's own writer writes the first record.
    #[test]
    fn records() {
        let mut bytes = Vec::new();
        record(&text(3, "brain.Event:2"), &mut bytes);
        assert_eq!(bytes.len(), 8 + 4 + 15 + 4);
        assert_eq!(varint(300), [0xac, 0x02]);
        let epochs = [1, 2].map(|epoch| Epoch {
            epoch,
            gradient_norms: vec![0.5],
            ..EPOCH
        });
        let whole = file(&["fc.weight"], &epochs);
        // What was written stays as it is: readers go on where they were.
        assert!(whole.starts_with(&file(&["fc.weight"], &epochs[..1])));
        let found = |name: &[u8]| {
            whole
                .windows(name.len())
                .filter(|part| *part == name)
                .count()
        };
        assert_eq!(found(b"gradient_norm/fc.weight"), 2);
        assert_eq!(found(b"accuracy/test_top5"), 2);
    }
}
