//! Colours changed as Pillow changes them.

use crate::images::Raster;

impl Raster {
    /// Every value replaced.
    pub(super) fn mapped(mut self, map: impl Fn(u8) -> u8) -> Self {
        self.pixels
            .iter_mut()
            .for_each(|pixel| *pixel = map(*pixel));
        self
    }

    /// Nearer to or further from black.
    pub(super) fn brightness(self, factor: f32) -> Self {
        self.mapped(|pixel| blend(0, pixel, factor))
    }

    /// Nearer to or further from the mean grey.
    pub(super) fn contrast(self, factor: f32) -> Self {
        let grey = self.greys();
        let sum: u64 = grey.iter().map(|&pixel| u64::from(pixel)).sum();
        let mean = (sum as f64 / grey.len() as f64 + 0.5) as u8;
        self.mapped(|pixel| blend(mean, pixel, factor))
    }

    /// Nearer to or further from grey.
    pub(super) fn saturation(mut self, factor: f32) -> Self {
        if self.channels == 3 {
            let greys = self.greys();
            for (colour, grey) in self.pixels.chunks_exact_mut(3).zip(greys) {
                colour
                    .iter_mut()
                    .for_each(|pixel| *pixel = blend(grey, *pixel, factor));
            }
        }
        self
    }

    /// Nearer to or further from a smoothed picture; its edge stays.
    pub(super) fn sharpness(self, factor: f32) -> Self {
        let mut pixels = self.pixels.clone();
        let (step, line) = (self.channels, self.width * self.channels);
        for row in 1..self.height.saturating_sub(1) {
            let inner = row * line + step..((row + 1) * line).saturating_sub(step);
            let centres = pixels.iter_mut().enumerate();
            for (at, pixel) in centres.take(inner.end).skip(inner.start) {
                let rows = [at - line, at, at + line];
                let near = rows.iter().flat_map(|at| [at - step, *at, at + step]);
                let sum: u32 = near.map(|at| u32::from(self.pixels[at])).sum();
                let smooth = (2 * (sum + 4 * u32::from(*pixel)) + 13) / 26;
                *pixel = blend(smooth as u8, *pixel, factor);
            }
        }
        Self { pixels, ..self }
    }

    /// Each channel spread from its darkest to its brightest value.
    pub(super) fn auto_contrast(self) -> Self {
        self.by_channel(|counts| {
            let low = counts.iter().position(|&count| count > 0).unwrap_or(0);
            let high = counts.iter().rposition(|&count| count > 0).unwrap_or(0);
            if high <= low {
                return std::array::from_fn(|pixel| pixel as u8);
            }
            let scale = 255.0 / (high - low) as f64;
            std::array::from_fn(|pixel| (pixel as f64 * scale - low as f64 * scale) as u8)
        })
    }

    /// Each channel with its values spread evenly.
    pub(super) fn equalize(self) -> Self {
        self.by_channel(|counts| {
            let all: usize = counts.iter().sum();
            let last = counts.iter().rfind(|&&count| count > 0).unwrap_or(&0);
            let step = (all - last) / 255;
            if step == 0 {
                return std::array::from_fn(|pixel| pixel as u8);
            }
            let mut below = step / 2;
            counts.map(|count| {
                let pixel = (below / step).min(255) as u8;
                below += count;
                pixel
            })
        })
    }

    /// The upper bits alone.
    pub(super) fn posterize(self, bits: u32) -> Self {
        let mask = !(255u32 >> bits.min(8)) as u8;
        self.mapped(|pixel| pixel & mask)
    }

    /// What is bright inverted.
    pub(super) fn solarize(self, threshold: u32) -> Self {
        self.mapped(|pixel| {
            if u32::from(pixel) < threshold {
                pixel
            } else {
                255 - pixel
            }
        })
    }

    /// What is dark brightened.
    pub(super) fn solarize_add(self, add: u8) -> Self {
        self.mapped(|pixel| {
            if pixel < 128 {
                pixel.saturating_add(add)
            } else {
                pixel
            }
        })
    }

    /// Colours moved along the circle of hues, of length 1.
    pub(super) fn hue(mut self, by: f64) -> Self {
        if self.channels == 3 {
            for colour in self.pixels.as_chunks_mut::<3>().0 {
                *colour = turned_hue(*colour, by);
            }
        }
        self
    }

    fn greys(&self) -> Vec<u8> {
        match self.channels {
            3 => self.clone().with_channels(1).pixels,
            _ => self.pixels.clone(),
        }
    }

    /// Values replaced by a table for each channel, made of how often they are.
    fn by_channel(mut self, table: impl Fn([usize; 256]) -> [u8; 256]) -> Self {
        for channel in 0..self.channels {
            let mut counts = [0; 256];
            for pixel in self.pixels[channel..].iter().step_by(self.channels) {
                counts[usize::from(*pixel)] += 1;
            }
            let table = table(counts);
            for pixel in self.pixels[channel..].iter_mut().step_by(self.channels) {
                *pixel = table[usize::from(*pixel)];
            }
        }
        self
    }
}

/// From `from` (a factor of 0) by way of `to` (1) and beyond.
fn blend(from: u8, to: u8, factor: f32) -> u8 {
    let from = f32::from(from);
    (from + factor * (f32::from(to) - from)) as u8
}

fn turned_hue(colour: [u8; 3], by: f64) -> [u8; 3] {
    let [red, green, blue] = colour.map(f64::from);
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    let span = most - least;
    if span == 0.0 {
        return colour;
    }
    // In sixths of the circle.
    let hue = if most == red {
        (green - blue) / span
    } else if most == green {
        2.0 + (blue - red) / span
    } else {
        4.0 + (red - green) / span
    };
    let hue = hue + 6.0 * by;
    [5.0, 3.0, 1.0].map(|shift| {
        let place = (hue + shift).rem_euclid(6.0);
        (most - span * place.min(4.0 - place).clamp(0.0, 1.0)).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::super::affine::turn;
    use super::*;

    /// What Pillow makes of a picture.
    #[test]
    fn as_pillow() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/reference/augment.safetensors"
        );
        let bytes = std::fs::read(path).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let tensor = |name: &str| {
            let view = file.tensor(name).unwrap();
            Raster {
                height: view.shape()[0],
                width: view.shape()[1],
                channels: view.shape()[2],
                pixels: view.data().to_vec(),
            }
        };
        for of in ["colour", "grey"] {
            let agrees = |name: &str, found: Raster| {
                assert!(found == tensor(&format!("{of}.{name}")), "{of} {name}");
            };
            let picture = || tensor(of);
            for (name, factor) in [("0.1", 0.1), ("0.7", 0.7), ("1.9", 1.9)] {
                let named = |operation| format!("{operation}.{name}");
                agrees(&named("brightness"), picture().brightness(factor));
                agrees(&named("contrast"), picture().contrast(factor));
                agrees(&named("color"), picture().saturation(factor));
                agrees(&named("sharpness"), picture().sharpness(factor));
            }
            agrees("auto_contrast", picture().auto_contrast());
            agrees("equalize", picture().equalize());
            agrees("posterize", picture().posterize(3));
            agrees("solarize", picture().solarize(100));
            agrees("solarize_add", picture().solarize_add(99));
            let moves = [
                ("rotate", turn([20, 30], 25.0)),
                ("shear", [[1.0, 0.3, 0.0], [0.0, 1.0, 0.0]]),
                ("translate", [[1.0, 0.0, 0.0], [0.0, 1.0, -4.5]]),
            ];
            for (name, affine) in moves {
                let found = picture().moved(&affine, &[9; 3][..picture().channels]);
                let expected = tensor(&format!("{of}.{name}"));
                let mut pixels = found.pixels.iter().zip(&expected.pixels);
                // Pillow rounds down.
                assert!(pixels.all(|(a, b)| a.abs_diff(*b) <= 1), "{of} {name}");
            }
        }
    }

    #[test]
    fn hues_turn() {
        let third = |colour| turned_hue(colour, 1.0 / 3.0);
        assert_eq!(third([200, 10, 10]), [10, 200, 10]);
        assert_eq!(third([10, 200, 10]), [10, 10, 200]);
        assert_eq!(third([7, 7, 7]), [7, 7, 7]);
        for colour in [[1, 2, 3], [250, 3, 99], [0, 255, 128], [90, 80, 80]] {
            assert_eq!(turned_hue(colour, 0.0), colour);
            assert_eq!(turned_hue(colour, 1.0), colour);
        }
    }
}
