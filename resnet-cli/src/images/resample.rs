//! Pictures to other sizes, to the bit as Pillow's `Image.resize` does it.
//!
//! Pillow first resizes rows and rounds them to 8 bits, then columns. Every
//! weight is rounded to a whole number of 2^-22, every sum starts with a half.
//! Where a picture shrinks, the filter is as wide as what becomes one pixel.

use resnet_runtime::Interpolation;

use super::Raster;

/// Bits of weights behind the point.
const FRACTION: u32 = 32 - 8 - 2;

impl Raster {
    /// This picture in another size.
    pub(crate) fn resize(self, [height, width]: [usize; 2], how: Interpolation) -> Self {
        let filter = match how {
            Interpolation::Nearest => return self.nearest([height, width]),
            Interpolation::Bilinear => Filter::BILINEAR,
            Interpolation::Bicubic => Filter::BICUBIC,
        };
        let rows = match width == self.width {
            true => self,
            false => self.resize_rows(&filter.windows(self.width, width)),
        };
        match height == rows.height {
            true => rows,
            false => rows.resize_columns(&filter.windows(rows.height, height)),
        }
    }

    fn nearest(&self, size: [usize; 2]) -> Self {
        let [height, width] = size;
        let (rows, columns) = (nearest(self.height, height), nearest(self.width, width));
        self.rearranged(size, |row, column| [rows[row], columns[column]])
    }

    fn resize_rows(&self, windows: &[Window]) -> Self {
        let channels = self.channels;
        let mut pixels = Vec::with_capacity(self.height * windows.len() * channels);
        for row in self.pixels.chunks_exact(self.width * channels) {
            for window in windows {
                let below = &row[window.start * channels..];
                for channel in 0..channels {
                    let below = below[channel..].iter().step_by(channels);
                    pixels.push(window.mean(below));
                }
            }
        }
        Self {
            width: windows.len(),
            pixels,
            ..*self
        }
    }

    fn resize_columns(&self, windows: &[Window]) -> Self {
        let len = self.width * self.channels;
        let mut pixels = Vec::with_capacity(windows.len() * len);
        let mut sums = vec![0; len];
        for window in windows {
            sums.fill(1 << (FRACTION - 1));
            let rows = self.pixels[window.start * len..].chunks_exact(len);
            for (row, &weight) in rows.zip(&window.weights) {
                for (sum, &pixel) in sums.iter_mut().zip(row) {
                    *sum += i32::from(pixel) * weight;
                }
            }
            pixels.extend(sums.iter().map(|&sum| to_pixel(sum)));
        }
        Self {
            height: windows.len(),
            pixels,
            ..*self
        }
    }
}

/// The pixel of `from` that each of `to` pixels is.
fn nearest(from: usize, to: usize) -> Vec<usize> {
    let scale = from as f64 / to as f64;
    // Added up, as Pillow does, which rounds otherwise than a product.
    let places = std::iter::successors(Some(0.5 * scale), |at| Some(at + scale));
    let pixels = places.map(|at| (at as usize).min(from - 1));
    pixels.take(to).collect()
}

/// What one pixel of a row or column is made of.
struct Window {
    /// The first pixel below it.
    start: usize,
    weights: Vec<i32>,
}

impl Window {
    fn mean<'a>(&self, pixels: impl Iterator<Item = &'a u8>) -> u8 {
        let products = pixels
            .zip(&self.weights)
            .map(|(&pixel, &weight)| i32::from(pixel) * weight);
        to_pixel(products.sum::<i32>() + (1 << (FRACTION - 1)))
    }
}

fn to_pixel(sum: i32) -> u8 {
    (sum >> FRACTION).clamp(0, 255) as u8
}

/// A curve that says what pixels weigh by their distance.
struct Filter {
    /// Where it ends.
    support: f64,
    curve: fn(f64) -> f64,
}

impl Filter {
    const BILINEAR: Self = Self {
        support: 1.0,
        curve: |x| (1.0 - x.abs()).max(0.0),
    };
    const BICUBIC: Self = Self {
        support: 2.0,
        curve: cubic,
    };

    /// The windows of a row that goes from `from` to `to` pixels.
    fn windows(&self, from: usize, to: usize) -> Vec<Window> {
        let scale = from as f64 / to as f64;
        let widening = scale.max(1.0);
        let support = self.support * widening;
        let window = |at: usize| {
            let center = (at as f64 + 0.5) * scale;
            let start = (center - support + 0.5).max(0.0) as usize;
            let end = ((center + support + 0.5) as usize).min(from);
            let weight = |x: usize| (self.curve)((x as f64 - center + 0.5) * (1.0 / widening));
            let weights: Vec<f64> = (start..end).map(weight).collect();
            let sum: f64 = weights.iter().sum();
            let whole = |weight: &f64| (weight / sum * f64::from(1 << FRACTION)).round() as i32;
            Window {
                start,
                weights: weights.iter().map(whole).collect(),
            }
        };
        (0..to).map(window).collect()
    }
}

/// Keys' cubic convolution with a slope of -1/2 at 1.
fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}
