//! Reading IDX files, the format of MNIST, plain or gzip.
//!
//! A file is a magic number (two zero bytes, the element type, the number of
//! dimensions), the dimensions as big-endian `u32`, then the elements. Here
//! the elements are always unsigned bytes.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use flate2::read::MultiGzDecoder;

/// An array of unsigned bytes.
#[derive(Debug)]
pub(crate) struct Idx {
    /// Sizes, outermost first.
    pub(crate) dimensions: Vec<usize>,
    /// Elements, the last dimension innermost.
    pub(crate) elements: Vec<u8>,
}

/// Reads a file whose number of dimensions is one of `ranks`. The content
/// decides whether it is gzip, not the name.
pub(crate) fn read(path: &Path, ranks: &[u8]) -> Result<Idx> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("{name}: cannot open"))?;
    let mut start = Vec::new();
    let mut file = BufReader::new(file);
    read_part(&mut file, 2, &mut start).with_context(|| name.to_string())?;
    let gzip = start == [0x1f, 0x8b];
    let content = std::io::Cursor::new(start).chain(file);
    if gzip {
        parse(MultiGzDecoder::new(content), ranks)
            .with_context(|| format!("{name} (gzip; sizes are after decompression)"))
    } else {
        parse(content, ranks).with_context(|| name.to_string())
    }
}

fn parse(mut content: impl Read, ranks: &[u8]) -> Result<Idx> {
    let mut header = Vec::new();
    read_part(&mut content, 4, &mut header)?;
    let Ok(magic) = <[u8; 4]>::try_from(header.as_slice()) else {
        bail!(truncated(header.len(), "a header of at least 8 bytes"));
    };
    let expected = ranks.iter().map(|rank| [0, 0, 8, *rank]);
    if !expected.clone().any(|expected| expected == magic) {
        let expected: Vec<_> = expected.map(hexadecimal).collect();
        bail!(
            "found magic number {}, expected {} (unsigned bytes, {} dimensions); \
             use an IDX file, and images and labels each under their own name",
            hexadecimal(magic),
            expected.join(" or "),
            ranks
                .iter()
                .map(u8::to_string)
                .collect::<Vec<_>>()
                .join(" or "),
        );
    }

    let header_len = 4 + 4 * usize::from(magic[3]);
    read_part(&mut content, header_len - 4, &mut header)?;
    if header.len() < header_len {
        bail!(truncated(
            header.len(),
            &format!("a header of {header_len} bytes")
        ));
    }
    let dimensions: Vec<_> = header[4..]
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| u32::from_be_bytes(*bytes) as usize)
        .collect();
    let shape = dimensions
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join("x");
    let len = dimensions
        .iter()
        .try_fold(1usize, |len, size| len.checked_mul(*size))
        .filter(|len| *len < isize::MAX as usize)
        .with_context(|| {
            format!("the header's sizes {shape} are impossible; the file is damaged")
        })?;

    // One byte more than expected, to notice files that go on; the buffer
    // grows with what is there, whatever the header claims.
    let mut elements = Vec::new();
    read_part(&mut content, len + 1, &mut elements)?;
    if elements.len() < len {
        let expected = format!("{} ({shape} after the header)", header_len + len);
        bail!(truncated(header_len + elements.len(), &expected));
    }
    ensure!(
        elements.len() == len,
        "found more than the {} bytes expected ({shape} after the header); \
         the header doesn't belong to this content",
        header_len + len,
    );
    Ok(Idx {
        dimensions,
        elements,
    })
}

/// Appends at most `len` bytes.
fn read_part(content: &mut impl Read, len: usize, bytes: &mut Vec<u8>) -> Result<()> {
    content
        .take(len as u64)
        .read_to_end(bytes)
        .context("cannot read; the file is damaged or cut off, copy it again")?;
    Ok(())
}

fn truncated(found: usize, expected: &str) -> String {
    format!("truncated: found {found} bytes, expected {expected}; copy the file again")
}

fn hexadecimal(magic: [u8; 4]) -> String {
    format!("0x{:08x}", u32::from_be_bytes(magic))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::Write;

    /// The bytes of an IDX file.
    pub(crate) fn idx(dimensions: &[u32], elements: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, u8::try_from(dimensions.len()).unwrap()];
        bytes.extend(dimensions.iter().flat_map(|size| size.to_be_bytes()));
        bytes.extend(elements);
        bytes
    }

    pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read_bytes(bytes: &[u8], ranks: &[u8]) -> Result<Idx, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t10k-images-idx3-ubyte");
        std::fs::write(&path, bytes).unwrap();
        read(&path, ranks).map_err(|error| format!("{error:#}"))
    }

    #[track_caller]
    fn refused(bytes: &[u8], ranks: &[u8], parts: &[&str]) {
        let message = read_bytes(bytes, ranks).unwrap_err();
        for part in parts.iter().chain(&["t10k-images-idx3-ubyte"]) {
            assert!(message.contains(part), "`{part}` missing in: {message}");
        }
    }

    #[test]
    fn reads_plain_and_gzip_alike() {
        let bytes = idx(&[2, 2, 3], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        for bytes in [gzip(&bytes), bytes] {
            let read = read_bytes(&bytes, &[3]).unwrap();
            assert_eq!(read.dimensions, [2, 2, 3]);
            assert_eq!(read.elements, (1..=12).collect::<Vec<u8>>());
        }
    }

    #[test]
    fn refuses_another_magic_number() {
        let labels = idx(&[2], &[0, 1]);
        refused(
            &labels,
            &[3],
            &["found magic number 0x00000801", "expected 0x00000803"],
        );
        refused(
            &labels,
            &[3, 4],
            &["0x00000803 or 0x00000804", "3 or 4 dimensions"],
        );
        refused(b"<!DOCTYPE html>", &[1], &["found magic number 0x3c21444f"]);
    }

    #[test]
    fn refuses_truncated_files() {
        refused(&[], &[1], &["truncated: found 0 bytes"]);
        let bytes = idx(&[2, 2, 2], &[7; 8]);
        refused(
            &bytes[..10],
            &[3],
            &["found 10 bytes, expected a header of 16 bytes"],
        );
        refused(
            &bytes[..20],
            &[3],
            &["found 20 bytes, expected 24 (2x2x2 after the header)"],
        );
        let zipped = gzip(&bytes[..20]);
        refused(&zipped, &[3], &["found 20 bytes, expected 24", "gzip"]);
    }

    #[test]
    fn refuses_content_that_goes_on() {
        refused(
            &idx(&[3], &[0; 4]),
            &[1],
            &["found more than the 11 bytes expected"],
        );
    }

    #[test]
    fn refuses_damaged_gzip() {
        let zipped = gzip(&idx(&[50], &(0..50).collect::<Vec<u8>>()));
        refused(
            &zipped[..zipped.len() - 12],
            &[1],
            &["gzip", "damaged or cut off"],
        );
        let mut wrong_checksum = zipped;
        let at = wrong_checksum.len() - 6;
        wrong_checksum[at] ^= 1;
        refused(&wrong_checksum, &[1], &["gzip", "damaged or cut off"]);
    }

    #[test]
    fn refuses_impossible_sizes_without_allocating_them() {
        let sizes = [u32::MAX; 4];
        refused(&idx(&sizes, &[]), &[4], &["impossible"]);
        refused(
            &idx(&sizes[..1], &[]),
            &[1],
            &["found 8 bytes, expected 4294967303"],
        );
    }
}
