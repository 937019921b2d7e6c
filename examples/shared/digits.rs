//! The digits in `data/digits`, for the examples that train on them.

use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use resnet_runtime::DynTrainer;

pub(crate) const CLASSES: usize = 10;

/// Rows and columns of a digit as it is in the file.
const SIDE: usize = 8;

/// Images in 0..1 with their classes.
pub(crate) struct Images {
    /// Rows and columns.
    pub(crate) side: usize,
    pub(crate) pixels: Vec<f32>,
    pub(crate) labels: Vec<usize>,
}

impl Images {
    /// Reads one part of the digits.
    pub(crate) fn read(part: &str) -> Result<Self, Box<dyn Error>> {
        let read = |what: &str, header: usize| -> Result<Vec<u8>, Box<dyn Error>> {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            let path = root.join(format!("data/digits/{part}-{what}-ubyte.gz"));
            let mut bytes = Vec::new();
            GzDecoder::new(File::open(path)?).read_to_end(&mut bytes)?;
            Ok(bytes.split_off(header))
        };
        let pixels = read("images-idx3", 16)?;
        let labels = read("labels-idx1", 8)?;
        Ok(Self {
            side: SIDE,
            pixels: pixels
                .into_iter()
                .map(|pixel| f32::from(pixel) / 255.0)
                .collect(),
            labels: labels.into_iter().map(usize::from).collect(),
        })
    }

    /// These images one after the other, and their labels.
    pub(crate) fn batch(&self, chosen: &[usize]) -> (Vec<f32>, Vec<usize>) {
        let len = self.side * self.side;
        let images = chosen.iter().flat_map(|&i| &self.pixels[i * len..][..len]);
        let labels = chosen.iter().map(|&i| self.labels[i]);
        (images.copied().collect(), labels.collect())
    }
}

/// The share of images that a network takes for others, so many at a time.
pub(crate) fn error(
    trainer: &mut dyn DynTrainer,
    images: &Images,
    batch: usize,
) -> Result<f64, Box<dyn Error>> {
    let mut wrong = 0;
    let all: Vec<_> = (0..images.labels.len()).collect();
    for chosen in all.chunks(batch) {
        let (pixels, labels) = images.batch(chosen);
        wrong += mistakes(trainer.evaluate(&pixels)?, &labels);
    }
    Ok(wrong as f64 / images.labels.len() as f64)
}

/// Images whose largest logit is another class's.
pub(crate) fn mistakes(logits: &[f32], labels: &[usize]) -> usize {
    let rows = logits.chunks_exact(CLASSES).zip(labels);
    let wrong = rows.filter(|(row, label)| {
        let best = (0..CLASSES).max_by(|&a, &b| row[a].total_cmp(&row[b]));
        best != Some(**label)
    });
    wrong.count()
}

/// Fisher and Yates's shuffle, by splitmix64.
pub(crate) struct Shuffle(pub(crate) u64);

impl Shuffle {
    pub(crate) fn shuffle(&mut self, order: &mut [usize]) {
        for last in (1..order.len()).rev() {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            order.swap(last, ((z ^ (z >> 31)) % (last as u64 + 1)) as usize);
        }
    }
}
