//! JPEG files, decoded as libjpeg-turbo does it, to the bit: its inverse
//! transform, its interpolation of coarser colours, its tables of colours. That
//! is what Pillow decodes by, and so what networks were trained on.

use anyhow::{Result, anyhow, ensure};
use libjpeg_turbo_rs::{DecodeLimits, Decoder, FrameHeader, JpegError, PixelFormat};

use super::decode::check_size;
use super::{Raster, exif};

/// Markers of a scan's start and of the end.
const SCAN: [u8; 2] = [0xff, 0xda];
const END: [u8; 2] = [0xff, 0xd9];

/// The most memory that decoding may take.
const MOST_MEMORY: u64 = 2 << 30;

/// Decodes a JPEG file, grey or of any kind of colour; and how it is turned.
pub(super) fn decode(bytes: &[u8]) -> Result<(Raster, u16)> {
    let limits = DecodeLimits {
        max_memory: Some(MOST_MEMORY),
        ..DecodeLimits::default()
    };
    let told = |error: JpegError| anyhow!("{error}");
    let mut decoder = Decoder::new_with_limits(bytes, limits).map_err(told)?;
    let header = decoder.header();
    check_size(header.height.into(), header.width.into())?;
    ensure!(
        header.precision == 8,
        "{} bits a colour, expected 8",
        header.precision
    );
    ensure!(
        sampled_as_usual(header),
        "four colours of which the first or the last is the coarser"
    );
    ensure!(has_end(bytes), "truncated: it has no end marker");
    let (channels, format) = match header.components.len() {
        1 => (1, PixelFormat::Grayscale),
        _ => (3, PixelFormat::Rgb),
    };
    decoder.set_output_format(format);
    let image = decoder.decode_image().map_err(told)?;
    let orientation = image.exif_data().map_or(1, exif::orientation);
    let raster = Raster {
        height: image.height,
        width: image.width,
        channels,
        pixels: image.data,
    };
    Ok((raster, orientation))
}

/// False for inks whose first or last is coarser than another: no program
/// writes them, and the decoder doesn't expect them.
fn sampled_as_usual(header: &FrameHeader) -> bool {
    let sizes = |i: usize| {
        let component = &header.components[i];
        [component.horizontal_sampling, component.vertical_sampling]
    };
    let count = header.components.len();
    count < 4 || (sizes(0) == sizes(3) && sizes(1) == sizes(2) && sizes(0) >= sizes(1))
}

/// True if an end marker follows the last scan. (The decoder would make up
/// what is missing.)
fn has_end(bytes: &[u8]) -> bool {
    let last = |marker: [u8; 2]| bytes.windows(2).rposition(|two| two == marker);
    last(END) > last(SCAN)
}
