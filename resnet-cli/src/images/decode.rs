//! Files to pictures, whatever their names say.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::{Raster, exif, jpeg, png};

/// The most pixels that are decoded; a few bytes of a file can promise more
/// than any memory holds.
const MOST_PIXELS: usize = 100_000_000;

/// The largest file that is read.
const MOST_BYTES: u64 = 1 << 30;

/// First bytes of formats that are told by name.
const OTHER: [(&[u8], &str); 6] = [
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"%PDF", "a PDF"),
    (b"<", "a web page or an SVG"),
];

/// Reads a PNG or JPEG file, turned as it is to be seen, with 1 or 3 channels.
pub(crate) fn read(path: &Path, channels: usize) -> Result<Raster> {
    let shown = path.display();
    let size = fs::metadata(path).with_context(|| format!("{shown}: cannot read"))?;
    ensure!(!size.is_dir(), "{shown}: a folder, expected a picture");
    ensure!(
        size.len() <= MOST_BYTES,
        "{shown}: {} bytes, expected at most {MOST_BYTES}",
        size.len()
    );
    let bytes = fs::read(path).with_context(|| format!("{shown}: cannot read"))?;
    decode(&bytes, channels).with_context(|| shown.to_string())
}

/// Decodes what a PNG or JPEG file holds, told apart by its first bytes.
pub(crate) fn decode(bytes: &[u8], channels: usize) -> Result<Raster> {
    ensure!(
        matches!(channels, 1 | 3),
        "pictures have 1 or 3 channels, the network takes {channels}"
    );
    ensure!(!bytes.is_empty(), "an empty file, expected a PNG or JPEG");
    let (raster, orientation) = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        png::decode(bytes).context("not a sound PNG")?
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        jpeg::decode(bytes).context("not a sound JPEG")?
    } else {
        let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
        let other = OTHER.iter().find(|(start, _)| bytes.starts_with(start));
        let found = match other {
            _ if webp => "a WebP",
            Some((_, name)) => name,
            None => "no picture that is known",
        };
        bail!("found {found}, expected a PNG or JPEG; convert it first");
    };
    Ok(exif::turn(raster, orientation).with_channels(channels))
}

/// True if a file's name ends like a picture's.
pub(crate) fn is_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| {
        ["png", "jpg", "jpeg"]
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    })
}

/// Refuses pictures without pixels or with too many, before they are decoded.
pub(super) fn check_size(height: usize, width: usize) -> Result<()> {
    let pixels = height.saturating_mul(width);
    ensure!(pixels > 0, "no pixels: {width}x{height}");
    ensure!(
        pixels <= MOST_PIXELS,
        "{width}x{height} are {pixels} pixels, expected at most {MOST_PIXELS}"
    );
    Ok(())
}
