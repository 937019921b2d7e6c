//! Pictures to what a network takes.

use anyhow::{Result, ensure};
use resnet_runtime::{Interpolation, ModelInfo, Resize};

use super::Raster;

/// torchvision's reference transform for evaluation, as a spec's
/// `preprocessing` asks for it: resize, cut out the middle, normalise.
#[derive(Debug)]
pub(crate) struct Transform {
    /// Channels, height and width of the network's images.
    pub(crate) image: [usize; 3],
    resize: Resize,
    interpolation: Interpolation,
    /// The network's value of each of 256 pixel values, channel by channel.
    values: Vec<[f32; 256]>,
    /// The pixel whose value is zero.
    mean: Vec<u8>,
}

impl Transform {
    /// What a network's spec says, for pictures.
    pub(crate) fn of(info: &ModelInfo) -> Result<Self> {
        let channels = info.input[0];
        ensure!(
            matches!(channels, 1 | 3),
            "`{}` takes images of {channels} channels, and pictures have 1 or 3: \
             give it tensors with `run`",
            info.name
        );
        Ok(Self::new(info))
    }

    /// The same for images of any number of channels.
    pub(crate) fn new(info: &ModelInfo) -> Self {
        let [channels, height, width] = info.input;
        let said = &info.preprocessing;
        let of_channel = |numbers: Option<&[f64]>, channel: usize, default: f64| match numbers {
            Some([one]) => *one,
            Some(numbers) => numbers[channel],
            None => default,
        };
        let values = |channel| {
            let mean = of_channel(said.mean, channel, 0.0) as f32;
            let std = of_channel(said.std, channel, 1.0) as f32;
            std::array::from_fn(|pixel| (pixel as f32 / 255.0 - mean) / std)
        };
        Self {
            image: info.input,
            resize: said.resize.unwrap_or(Resize::Shorter(height.max(width))),
            interpolation: said.interpolation.unwrap_or_default(),
            values: (0..channels).map(values).collect(),
            mean: (0..channels)
                .map(|channel| (255.0 * of_channel(said.mean, channel, 0.0)).round() as u8)
                .collect(),
        }
    }

    /// From now on pictures are in the network's size already.
    pub(crate) fn keep_size(&mut self) {
        let [_, height, width] = self.image;
        self.resize = Resize::Exact { height, width };
    }

    /// Channels that pictures must have.
    pub(crate) fn channels(&self) -> usize {
        self.image[0]
    }

    /// The colour that is zero to the network; black unless the spec says
    /// otherwise.
    pub(crate) fn mean_colour(&self) -> &[u8] {
        &self.mean
    }

    /// A whole picture in the network's size.
    pub(crate) fn resize(&self, picture: Raster) -> Raster {
        let [_, height, width] = self.image;
        picture.resize([height, width], self.interpolation)
    }

    /// The part of a picture that the network sees, in its size.
    pub(crate) fn crop(&self, picture: Raster) -> Raster {
        let size = match self.resize {
            Resize::Exact { height, width } => [height, width],
            Resize::Shorter(side) => shorter_side(side, [picture.height, picture.width]),
        };
        let resized = picture.resize(size, self.interpolation);
        let [_, height, width] = self.image;
        resized.center([height, width])
    }

    /// Adds the values of a picture as [`crop`](Self::crop) has left it,
    /// `[channels][height][width]`.
    pub(crate) fn normalize(&self, cropped: &Raster, values: &mut Vec<f32>) {
        for (channel, table) in self.values.iter().enumerate() {
            let pixels = cropped.pixels[channel..].iter().step_by(cropped.channels);
            values.extend(pixels.map(|&pixel| table[usize::from(pixel)]));
        }
    }
}

/// The size of a picture whose shorter side becomes `side`.
fn shorter_side(side: usize, [height, width]: [usize; 2]) -> [usize; 2] {
    // Rounded down, as torchvision does.
    let longer = |long: usize, short: usize| side * long / short;
    match height <= width {
        true => [side, longer(width, height)],
        false => [longer(height, width), side],
    }
}

impl Raster {
    /// Rows and columns out of the middle; black where there is no picture.
    fn center(&self, [height, width]: [usize; 2]) -> Self {
        let start = |has: usize, wants: usize| match has.checked_sub(wants) {
            // Halves are rounded to even numbers, as Python does.
            Some(over) => (over as f64 / 2.0).round_ties_even() as isize,
            None => -(((wants - has) / 2) as isize),
        };
        let place = [start(self.height, height), start(self.width, width)];
        self.window(place, [height, width])
    }

    /// Rows and columns from a place on; black where there is no picture.
    pub(crate) fn window(&self, [top, left]: [isize; 2], [height, width]: [usize; 2]) -> Self {
        let mut pixels = vec![0; height * width * self.channels];
        for (row, into) in pixels.chunks_exact_mut(width * self.channels).enumerate() {
            let Some(row) = row.checked_add_signed(top).filter(|row| *row < self.height) else {
                continue;
            };
            let skip = left.min(0).unsigned_abs();
            let first = left.max(0).unsigned_abs();
            let count = (width - skip.min(width)).min(self.width - first.min(self.width));
            let from = (row * self.width + first) * self.channels;
            let count = count * self.channels;
            into[skip * self.channels..][..count].copy_from_slice(&self.pixels[from..][..count]);
        }
        Self {
            height,
            width,
            channels: self.channels,
            pixels,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster(height: usize, width: usize) -> Raster {
        Raster {
            height,
            width,
            channels: 1,
            pixels: (1..=height * width).map(|i| i as u8).collect(),
        }
    }

    #[test]
    fn the_middle() {
        assert_eq!(raster(3, 3).center([1, 1]).pixels, [5]);
        // Halves to even: 0.5 to 0, 1.5 to 2.
        assert_eq!(raster(1, 2).center([1, 1]).pixels, [1]);
        assert_eq!(raster(1, 4).center([1, 1]).pixels, [3]);
        assert_eq!(
            raster(1, 1).center([3, 3]).pixels,
            [0, 0, 0, 0, 1, 0, 0, 0, 0]
        );
        assert_eq!(raster(3, 1).center([1, 4]).pixels, [0, 2, 0, 0]);
    }

    #[test]
    fn the_shorter_side() {
        assert_eq!(shorter_side(256, [480, 640]), [256, 341]);
        assert_eq!(shorter_side(256, [640, 480]), [341, 256]);
        assert_eq!(shorter_side(2, [3, 3]), [2, 2]);
    }
}
