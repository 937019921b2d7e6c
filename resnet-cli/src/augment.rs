//! Training images changed at random: crops, movements, flips, colours,
//! erasing. What is done to an image follows from the seed, the epoch and the
//! image's index alone.

mod affine;
mod colour;
mod crops;
mod erasing;
mod flags;
mod policy;

use anyhow::{Result, bail, ensure};

use crate::images::{Raster, Transform};
use crate::random::Draws;
use affine::Movements;
use crops::Parts;
use erasing::Erasing;
pub(crate) use flags::Augmentation;
use policy::Policy;

/// What is done, checked.
#[derive(Debug)]
pub(crate) struct Augmenter {
    seed: u64,
    /// Nothing if no change was asked for.
    changes: Option<Changes>,
}

#[derive(Debug)]
struct Changes {
    parts: Option<Parts>,
    padding: usize,
    movements: Movements,
    hflip: f64,
    vflip: f64,
    policy: Option<Policy>,
    /// Of brightness, contrast, saturation and hue.
    jitter: [f64; 4],
    erasing: Erasing,
}

impl Augmenter {
    /// Refuses numbers that say nothing sensible.
    pub(crate) fn new(asked: &Augmentation, seed: u64) -> Result<Self> {
        if asked.no_aug {
            return Ok(Self::none());
        }
        let parts = match (&asked.scale[..], &asked.ratio[..]) {
            ([], []) => None,
            (scale, ratio) => Some(Parts {
                scale: range("--scale", scale, [0.08, 1.0])?,
                ratio: range("--ratio", ratio, [3.0 / 4.0, 4.0 / 3.0])?,
            }),
        };
        let jitter = match *asked.color_jitter {
            [] => [0.0; 4],
            [all] => [all, all, all, 0.0],
            [brightness, contrast, saturation] => [brightness, contrast, saturation, 0.0],
            [brightness, contrast, saturation, hue] => [brightness, contrast, saturation, hue],
            ref others => bail!(
                "--color-jitter: found {} numbers, expected 1, 3 or 4",
                others.len()
            ),
        };
        ensure!(
            jitter[3] <= 0.5,
            "--color-jitter: found {} for the hue, expected at most 0.5",
            jitter[3]
        );
        Ok(Self {
            seed,
            changes: Some(Changes {
                parts,
                padding: asked.crop_padding,
                movements: Movements {
                    rotate: asked.rotate,
                    shift: asked.shift,
                    zoom: asked.zoom,
                    shear: asked.shear,
                },
                hflip: asked.hflip,
                vflip: asked.vflip,
                policy: asked.aa.clone(),
                jitter,
                erasing: Erasing {
                    probability: asked.reprob,
                    fill: asked.remode,
                    count: asked.recount,
                },
            }),
        })
    }

    /// Leaves images as evaluation sees them.
    pub(crate) fn none() -> Self {
        Self {
            seed: 0,
            changes: None,
        }
    }

    /// Adds a picture's values, `[channels][height][width]`, as the image of
    /// this index in an epoch.
    pub(crate) fn add(
        &self,
        picture: Raster,
        (epoch, index): (usize, usize),
        transform: &Transform,
        values: &mut Vec<f32>,
    ) {
        let Some(changes) = &self.changes else {
            return transform.normalize(&transform.crop(picture), values);
        };
        let mut draws = Draws::of_image(self.seed, epoch, index);
        let changed = changes.picture(picture, transform, &mut draws);
        let start = values.len();
        transform.normalize(&changed, values);
        let image = &mut values[start..];
        changes.erasing.erase(image, transform.image, &mut draws);
    }
}

/// Least and most: as given, or by default.
fn range(flag: &str, given: &[f64], default: [f64; 2]) -> Result<[f64; 2]> {
    match *given {
        [] => Ok(default),
        [low, high] if 0.0 < low && low <= high => Ok([low, high]),
        [_, _] => bail!("{flag}: expected two numbers above 0, the smaller one first"),
        ref others => bail!("{flag}: found {} numbers, expected 2", others.len()),
    }
}

impl Changes {
    fn picture(&self, picture: Raster, transform: &Transform, draws: &mut Draws) -> Raster {
        let mut picture = match &self.parts {
            Some(parts) => transform.resize(parts.cut(&picture, draws)),
            None => transform.crop(picture),
        };
        if self.padding > 0 {
            picture = crops::padded(&picture, self.padding, draws);
        }
        let size = [picture.height, picture.width];
        if self.movements.any() {
            let black = vec![0; picture.channels];
            picture = picture.moved(&self.movements.draw(size, draws), &black);
        }
        let [height, width] = size;
        if draws.chance(self.hflip) {
            picture = picture.rearranged(size, |row, column| [row, width - 1 - column]);
        }
        if draws.chance(self.vflip) {
            picture = picture.rearranged(size, |row, column| [height - 1 - row, column]);
        }
        if let Some(policy) = &self.policy {
            picture = policy.apply(picture, transform.mean_colour(), draws);
        }
        if self.jitter != [0.0; 4] {
            picture = self.jittered(picture, draws);
        }
        picture
    }

    /// Brightness, contrast, saturation and hue, in an order drawn too.
    fn jittered(&self, mut picture: Raster, draws: &mut Draws) -> Raster {
        let mut order = [0, 1, 2, 3];
        for last in (1..order.len()).rev() {
            order.swap(last, draws.below(last + 1));
        }
        for kind in order {
            let most = self.jitter[kind];
            if most == 0.0 {
                continue;
            }
            let factor = draws.between((1.0 - most).max(0.0), 1.0 + most) as f32;
            picture = match kind {
                0 => picture.brightness(factor),
                1 => picture.contrast(factor),
                2 => picture.saturation(factor),
                _ => picture.hue(f64::from(factor) - 1.0),
            };
        }
        picture
    }
}
