//! PNG files.

use std::io::Cursor;

use anyhow::{Context, Result};
use png::{BitDepth, ColorType, Decoder, Limits, Transformations};

use super::decode::check_size;
use super::{Raster, exif};

/// Decodes a PNG file: palettes and few bits are spread to 8, of 16 bits the
/// upper 8 stay, and what is transparent shows its colour, all as in Pillow;
/// and how it is turned.
pub(super) fn decode(bytes: &[u8]) -> Result<(Raster, u16)> {
    let limits = Limits { bytes: 1 << 30 };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info()?;
    let info = reader.info();
    let (height, width) = (info.height as usize, info.width as usize);
    check_size(height, width)?;
    let orientation = info.exif_metadata.as_deref().map_or(1, exif::orientation);
    let (colour, depth) = reader.output_color_type();
    debug_assert_eq!(depth, BitDepth::Eight);
    let len = reader.output_buffer_size().context("too large")?;
    let mut pixels = vec![0; len];
    reader.next_frame(&mut pixels)?;
    let (channels, pixels) = match colour {
        ColorType::GrayscaleAlpha => (1, pixels.as_chunks::<2>().0.iter().map(|p| p[0]).collect()),
        ColorType::Rgba => (3, opaque(&pixels)),
        ColorType::Rgb => (3, pixels),
        ColorType::Grayscale | ColorType::Indexed => (1, pixels),
    };
    let raster = Raster {
        height,
        width,
        channels,
        pixels,
    };
    Ok((raster, orientation))
}

/// Colours without their alpha.
fn opaque(pixels: &[u8]) -> Vec<u8> {
    let (pixels, _) = pixels.as_chunks::<4>();
    pixels.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect()
}
