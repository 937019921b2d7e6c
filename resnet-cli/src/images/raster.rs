//! Pixels of a picture.

/// A picture's pixels, 8 bits a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raster {
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// 1 (grey) or 3 (red, green, blue).
    pub(crate) channels: usize,
    /// `[height][width][channels]`.
    pub(crate) pixels: Vec<u8>,
}

impl Raster {
    /// The same picture with 1 or 3 channels.
    pub(crate) fn with_channels(self, channels: usize) -> Self {
        let pixels = match (self.channels, channels) {
            (1, 3) => self.pixels.iter().flat_map(|&grey| [grey; 3]).collect(),
            (3, 1) => {
                let (colours, _) = self.pixels.as_chunks::<3>();
                colours.iter().map(|&colour| luminance(colour)).collect()
            }
            _ => return self,
        };
        Self {
            channels,
            pixels,
            ..self
        }
    }

    /// The same picture with the pixel at (row, column) taken from where
    /// `source` says, in `height` rows of `width` pixels.
    pub(crate) fn rearranged(
        &self,
        [height, width]: [usize; 2],
        source: impl Fn(usize, usize) -> [usize; 2],
    ) -> Self {
        let mut pixels = Vec::with_capacity(height * width * self.channels);
        for row in 0..height {
            for column in 0..width {
                let [row, column] = source(row, column);
                let start = (row * self.width + column) * self.channels;
                pixels.extend_from_slice(&self.pixels[start..start + self.channels]);
            }
        }
        Self {
            height,
            width,
            channels: self.channels,
            pixels,
        }
    }
}

/// ITU-R 601-2's luma, rounded as Pillow does.
fn luminance([red, green, blue]: [u8; 3]) -> u8 {
    let [red, green, blue] = [red, green, blue].map(u32::from);
    ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels() {
        let raster = Raster {
            height: 1,
            width: 2,
            channels: 3,
            pixels: vec![255, 255, 255, 200, 100, 50],
        };
        let grey = raster.clone().with_channels(1);
        assert_eq!(grey.pixels, [255, 124]);
        let again = grey.with_channels(3);
        assert_eq!(again.pixels, [255, 255, 255, 124, 124, 124]);
        assert_eq!(raster.clone().with_channels(3), raster);
    }
}
