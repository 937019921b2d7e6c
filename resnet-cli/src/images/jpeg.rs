//! JPEG files.

use anyhow::{Context, Result, anyhow, bail, ensure};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::decode::check_size;
use super::{Raster, exif};

/// Markers of a scan's start and of the end.
const SCAN: [u8; 2] = [0xff, 0xda];
const END: [u8; 2] = [0xff, 0xd9];

/// Decodes a JPEG file: grey, or any kind of colour.
pub(super) fn decode(bytes: &[u8]) -> Result<Raster> {
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let told = |error: zune_jpeg::errors::DecodeErrors| anyhow!("{error}");
    decoder.decode_headers().map_err(told)?;
    let (width, height) = decoder.dimensions().context("no size")?;
    check_size(height, width)?;
    ensure!(has_end(bytes), "truncated: it has no end marker");
    let (channels, colours) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (1, ColorSpace::Luma),
        Some(_) => (3, ColorSpace::RGB),
        None => bail!("no colours"),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(colours));
    let pixels = decoder.decode().map_err(told)?;
    ensure!(
        pixels.len() == height * width * channels,
        "{} bytes of pixels found, {} expected",
        pixels.len(),
        height * width * channels
    );
    let orientation = decoder.exif().map_or(1, |data| exif::orientation(data));
    let raster = Raster {
        height,
        width,
        channels,
        pixels,
    };
    Ok(exif::turn(raster, orientation))
}

/// True if an end marker follows the last scan. (The decoder would make up
/// what is missing.)
fn has_end(bytes: &[u8]) -> bool {
    let last = |marker: [u8; 2]| bytes.windows(2).rposition(|two| two == marker);
    last(END) > last(SCAN)
}
