//! The two parts of a data set, checked against the model.

mod mnist;

use std::path::Path;

use anyhow::{Result, ensure};
use resnet_runtime::ModelInfo;

use crate::evaluation::classes;
use crate::images::{Raster, Transform};

/// A part of a data set.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Train,
    Test,
}

/// Labelled images that fit the model.
#[derive(Debug)]
pub(crate) struct DataSet {
    images: Images,
    labels: Vec<usize>,
    /// What makes images of the network's size of them.
    pub(crate) transform: Transform,
}

/// Where images are.
#[derive(Debug)]
enum Images {
    /// One after the other, `[height][width][channels]`.
    Memory { pixels: Vec<u8>, shape: [usize; 3] },
}

impl DataSet {
    /// Images in memory, each `[channels][height][width]`. Those of the
    /// network's size are taken as they are.
    fn in_memory(
        planes: Vec<u8>,
        [channels, height, width]: [usize; 3],
        labels: Vec<usize>,
        info: &ModelInfo,
    ) -> Self {
        let pixels = match channels {
            1 => planes,
            _ => interleaved(&planes, channels, height * width),
        };
        let mut transform = Transform::new(info);
        if info.input[1..] == [height, width] {
            transform.keep_size();
        }
        let shape = [height, width, channels];
        Self {
            images: Images::Memory { pixels, shape },
            labels,
            transform,
        }
    }

    /// Images, and so labels; never 0.
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// Class of one image; less than the model's classes.
    pub(crate) fn label(&self, index: usize) -> usize {
        self.labels[index]
    }

    /// One image as it is, but with the network's channels.
    pub(crate) fn picture(&self, index: usize) -> Result<Raster> {
        let channels = self.transform.channels();
        match &self.images {
            Images::Memory { pixels, shape } => {
                let [height, width, own] = *shape;
                let len = height * width * own;
                let raster = Raster {
                    height,
                    width,
                    channels: own,
                    pixels: pixels[index * len..][..len].to_vec(),
                };
                Ok(raster.with_channels(channels))
            }
        }
    }

    /// One image as the network sees it.
    pub(crate) fn seen(&self, index: usize) -> Result<Raster> {
        Ok(self.transform.crop(self.picture(index)?))
    }
}

/// Planes of a channel each to pixels of all channels.
fn interleaved(planes: &[u8], channels: usize, area: usize) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(planes.len());
    for image in planes.chunks_exact(channels * area) {
        for at in 0..area {
            pixels.extend(image[at..].iter().step_by(area));
        }
    }
    pixels
}

/// Loads parts of the data set in `folder`. Everything that could stop
/// training later is found here, before the first epoch.
pub(crate) fn load<const N: usize>(
    folder: &Path,
    parts: [Part; N],
    info: &ModelInfo,
) -> Result<[DataSet; N]> {
    classes(info)?;
    ensure!(
        folder.is_dir(),
        "{}: no such folder; expected a folder with the IDX files of a data set",
        folder.display(),
    );
    mnist::load(folder, parts, info)
}

#[cfg(test)]
pub(crate) mod tests {
    pub(crate) use super::mnist::tests::write_data;
}
