//! Zip archives whose files are stored as they are, which PyTorch's are.

use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};

/// Signatures of an archive's parts.
const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";
const ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";

/// The kind of an entry's extra field that holds 64-bit sizes.
const SIZES_64: u16 = 1;

/// The files of an archive.
pub(super) struct Archive<'a> {
    files: Vec<(&'a str, &'a [u8])>,
}

/// What the directory says of a file.
struct Entry<'a> {
    name: &'a str,
    crc: u32,
    size: u64,
    start: u64,
}

impl<'a> Archive<'a> {
    /// Reads the directory and checks every file's bounds and checksum.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self> {
        let (count, start) = directory(bytes).context(
            "truncated: a PyTorch checkpoint is a zip archive, and this one lacks the directory at its end; \
             download or save it again",
        )?;
        let mut rest = bytes
            .get(usize::try_from(start)?..)
            .context("a zip archive whose directory lies outside of it")?;
        let mut files = Vec::new();
        for _ in 0..count {
            let (entry, after) = entry(rest)?;
            let data = data(bytes, &entry).with_context(|| format!("`{}`", entry.name))?;
            files.push((entry.name, data));
            rest = after;
        }
        Ok(Self { files })
    }

    /// The file of this name in the archive's only folder.
    pub(super) fn find(&self, name: &str) -> Option<&'a [u8]> {
        let named = |&&(path, _): &&(&str, _)| {
            path.split_once('/')
                .is_some_and(|(_, inside)| inside == name)
        };
        self.files.iter().find(named).map(|(_, data)| *data)
    }

    /// All files, with their folder's name.
    pub(super) fn files(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.files.iter().copied()
    }
}

/// The number of entries, and where they start.
fn directory(bytes: &[u8]) -> Option<(u64, u64)> {
    // A comment of up to 64 KiB may follow.
    let tail = bytes.len().saturating_sub(22 + 0xffff);
    let end = bytes[tail..].windows(4).rposition(|four| four == END)? + tail;
    let (count, start) = (u16_at(bytes, end + 10)?, u32_at(bytes, end + 16)?);
    if count != u16::MAX && start != u32::MAX {
        return Some((count.into(), start.into()));
    }
    let locator = end.checked_sub(20)?;
    if !bytes[locator..].starts_with(LOCATOR_64) {
        return None;
    }
    let end = usize::try_from(u64_at(bytes, locator + 8)?).ok()?;
    if !bytes.get(end..)?.starts_with(END_64) {
        return None;
    }
    Some((u64_at(bytes, end + 32)?, u64_at(bytes, end + 48)?))
}

/// The first entry of a directory, and what follows it.
fn entry(bytes: &[u8]) -> Result<(Entry<'_>, &[u8])> {
    const BROKEN: &str = "a zip archive with a broken directory";
    ensure!(bytes.starts_with(ENTRY), BROKEN);
    let (flags, method) = (u16_at(bytes, 8), u16_at(bytes, 10));
    let lengths = [28, 30, 32].map(|at| u16_at(bytes, at).map(usize::from));
    let [Some(name), Some(extra), Some(comment)] = lengths else {
        bail!(BROKEN);
    };
    let part = |range: Range<usize>| bytes.get(range).context(BROKEN);
    let name_end = 46 + name;
    let name = str::from_utf8(part(46..name_end)?).context(BROKEN)?;
    let extra = part(name_end..name_end + extra)?;
    let rest = &part(0..bytes.len())?[name_end + extra.len()..];
    let rest = rest.get(comment..).context(BROKEN)?;
    ensure!(
        method == Some(0) && flags.is_some_and(|flags| flags & 1 == 0),
        "`{name}` is compressed or encrypted, which PyTorch's checkpoints are not; \
         save it again with `torch.save`"
    );
    let stored = |at| u32_at(bytes, at).context(BROKEN);
    let (crc, size, start) = (stored(16)?, stored(24)?, stored(42)?);
    // Sizes that don't fit are in the extra field: size, stored size, start.
    let mut wide = sizes_64(extra);
    let mut full = |short: u32| match short {
        u32::MAX => wide.next().context(BROKEN),
        short => Ok(u64::from(short)),
    };
    let size = full(size)?;
    full(stored(20)?)?;
    let start = full(start)?;
    let entry = Entry {
        name,
        crc,
        size,
        start,
    };
    Ok((entry, rest))
}

/// The 64-bit numbers of an extra field.
fn sizes_64(mut extra: &[u8]) -> impl Iterator<Item = u64> {
    let mut numbers = Vec::new();
    while let (Some(kind), Some(len)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let Some(field) = extra.get(4..4 + usize::from(len)) else {
            break;
        };
        if kind == SIZES_64 {
            let (eights, _) = field.as_chunks::<8>();
            numbers.extend(eights.iter().map(|eight| u64::from_le_bytes(*eight)));
        }
        extra = &extra[4 + field.len()..];
    }
    numbers.into_iter()
}

/// The bytes of a file.
fn data<'a>(bytes: &'a [u8], entry: &Entry<'_>) -> Result<&'a [u8]> {
    const OUTSIDE: &str = "lies outside of the archive: truncated or broken";
    let start = usize::try_from(entry.start)?;
    let header = bytes.get(start..).context(OUTSIDE)?;
    ensure!(header.starts_with(LOCAL), OUTSIDE);
    let name = u16_at(header, 26).context(OUTSIDE)?;
    let extra = u16_at(header, 28).context(OUTSIDE)?;
    let before = 30 + usize::from(name) + usize::from(extra);
    let data = header.get(before..).context(OUTSIDE)?;
    let data = data.get(..usize::try_from(entry.size)?).context(OUTSIDE)?;
    let mut crc = flate2::Crc::new();
    crc.update(data);
    ensure!(
        crc.sum() == entry.crc,
        "damaged: its checksum is {:08x}, {:08x} expected; download or save it again",
        crc.sum(),
        entry.crc
    );
    Ok(data)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
