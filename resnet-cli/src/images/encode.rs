//! Pictures to PNG files.

use anyhow::Result;
use png::{BitDepth, ColorType, Encoder};

use super::Raster;

impl Raster {
    /// A PNG file.
    pub(crate) fn to_png(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let (width, height) = (u32::try_from(self.width)?, u32::try_from(self.height)?);
        let mut encoder = Encoder::new(&mut bytes, width, height);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_color(match self.channels {
            1 => ColorType::Grayscale,
            _ => ColorType::Rgb,
        });
        encoder.write_header()?.write_image_data(&self.pixels)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode::decode;
    use super::*;

    #[test]
    fn round_trips() {
        for channels in [1, 3] {
            let raster = Raster {
                height: 3,
                width: 5,
                channels,
                pixels: (0..15 * channels).map(|i| (i * 5) as u8).collect(),
            };
            assert_eq!(decode(&raster.to_png().unwrap(), channels).unwrap(), raster);
        }
    }
}
