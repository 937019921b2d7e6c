//! The two parts of a data set, checked against the model.

mod cifar;
mod folder;
mod mnist;

use std::path::Path;

use anyhow::{Result, bail, ensure};
use resnet_runtime::ModelInfo;

use crate::evaluation::classes;
use crate::format::{grouped, shape};
use crate::images::{Raster, Source, Transform};
use cifar::Cifar;

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
    /// What it is.
    pub(crate) kind: &'static str,
    /// Names of the classes, or nothing.
    pub(crate) class_names: Vec<String>,
}

/// Where images are.
#[derive(Debug)]
enum Images {
    /// One after the other, `[height][width][channels]`.
    Memory { pixels: Vec<u8>, shape: [usize; 3] },
    /// A file each.
    Files(Vec<Source>),
}

impl DataSet {
    /// Images in memory, each `[channels][height][width]`. Those of the
    /// network's size are taken as they are.
    fn in_memory(
        planes: Vec<u8>,
        [channels, height, width]: [usize; 3],
        labels: Vec<usize>,
        info: &ModelInfo,
    ) -> Result<Self> {
        let mut transform = Transform::new(info);
        let grey_or_colour = |channels: usize| matches!(channels, 1 | 3);
        ensure!(
            channels == info.input[0] || grey_or_colour(channels) && grey_or_colour(info.input[0]),
            "found images of {}, expected {} (channels x height x width, the input of `{}`); sizes \
             may differ, and grey and colour, but not these channels",
            shape([channels, height, width]),
            shape(info.input),
            info.name,
        );
        let pixels = match channels {
            1 => planes,
            _ => interleaved(&planes, channels, height * width),
        };
        if info.input[1..] == [height, width] {
            transform.keep_size();
        }
        let shape = [height, width, channels];
        Ok(Self {
            images: Images::Memory { pixels, shape },
            labels,
            transform,
            kind: mnist::KIND,
            class_names: Vec::new(),
        })
    }

    /// Images, and so labels; never 0.
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// Bytes of a batch of so many images.
    pub(crate) fn batch_bytes(&self, images: usize) -> usize {
        images * size_of::<f32>() * self.transform.image.iter().product::<usize>()
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
            Images::Files(files) => files[index].picture(channels),
        }
    }

    /// One image as the network sees it.
    pub(crate) fn seen(&self, index: usize) -> Result<Raster> {
        Ok(self.transform.crop(self.picture(index)?))
    }

    /// Reads every picture once, on so many threads, and leaves out those that
    /// training would stumble over; refuses more than `most` of them. Gives how
    /// many there were.
    pub(crate) fn leave_out_unreadable(&mut self, most: usize, threads: usize) -> Result<usize> {
        let Images::Files(files) = &mut self.images else {
            return Ok(0);
        };
        let unreadable = folder::unreadable(files, self.transform.channels(), threads);
        if let Some(told) = folder::told(&unreadable, files.len()) {
            ensure!(
                unreadable.len() <= most,
                "{told}\nmend or remove them, or leave out so many (--max-unreadable)"
            );
            eprintln!("left out: {told}");
        }
        for (index, _) in unreadable.iter().rev() {
            files.remove(*index);
            self.labels.remove(*index);
        }
        Ok(unreadable.len())
    }

    /// Refuses a training part without images of a class.
    pub(crate) fn check_classes(&self, classes: usize) -> Result<()> {
        let mut counts = vec![0; classes];
        self.labels.iter().for_each(|&label| counts[label] += 1);
        let empty: Vec<_> = (0..classes)
            .filter(|&class| counts[class] == 0)
            .map(|class| class.to_string())
            .collect();
        ensure!(
            empty.is_empty(),
            "found no training image of class {}, expected some of each of {classes}; use a model \
             with the classes of the data",
            folder::abridged(&empty),
        );
        Ok(())
    }

    /// Names of the classes: the data's, the model's, or numbers.
    pub(crate) fn names_of_classes(&self, info: &ModelInfo) -> Vec<String> {
        let classes = info.classes().unwrap_or(0);
        let own = self.class_names.iter().cloned();
        let models = info.class_names.iter().map(|name| (*name).to_owned());
        match classes {
            count if count == self.class_names.len() => own.collect(),
            count if count == info.class_names.len() => models.collect(),
            count => (0..count).map(|class| class.to_string()).collect(),
        }
    }

    /// What it is, for people.
    pub(crate) fn description(&self, test: &Self) -> String {
        let image = self.transform.image;
        let size = match &self.images {
            Images::Memory {
                shape: [height, width, channels],
                ..
            } => {
                let own = [*channels, *height, *width];
                match own == image {
                    true => shape(own),
                    false => format!("{}, made {}", shape(own), shape(image)),
                }
            }
            Images::Files(_) => format!("any size, made {}", shape(image)),
        };
        format!(
            "{}: {} training images, {} test images of {size}",
            self.kind,
            grouped(self.len() as u64),
            grouped(test.len() as u64),
        )
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
    let shown = folder.display();
    ensure!(
        folder.is_dir(),
        "{shown}: no such folder; expected one with a data set"
    );
    let sets: Result<Vec<_>> = if mnist::is_one(folder) {
        mnist::load(folder, parts, info)
    } else if let Some(cifar) = Cifar::find(folder) {
        let parts = parts.into_iter();
        parts.map(|part| cifar.load(folder, part, info)).collect()
    } else if folder::is_one(folder) {
        let parts = parts.into_iter();
        parts.map(|part| folder::load(folder, part, info)).collect()
    } else {
        bail!(
            "{shown}: found no data set; expected MNIST's files (train-images-idx3-ubyte, ..., plain \
             or gzip), CIFAR's binary files (data_batch_1.bin, ... or train.bin) or pictures in \
             train/CLASS and val/CLASS or test/CLASS"
        )
    };
    Ok(sets?.try_into().expect("one data set for each part"))
}

#[cfg(test)]
pub(crate) mod tests {
    pub(crate) use super::mnist::tests::write_data;
}
