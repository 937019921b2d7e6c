//! RandAugment (Cubuk et al. 2019), with timm's operations and words.

use std::str::FromStr;

use anyhow::{Context, Error, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::affine::{Affine, turn};
use crate::images::Raster;
use crate::random::Draws;

/// The highest magnitude.
const MOST: f64 = 10.0;

/// A policy: so many operations an image, chosen at random of all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Policy {
    text: String,
    magnitude: f64,
    /// Standard deviation of the magnitude.
    deviation: f64,
    operations: usize,
    /// Of each operation.
    probability: f64,
    /// Whether every operation does more at higher magnitudes.
    increasing: bool,
}

impl FromStr for Policy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut words = text.split('-');
        ensure!(
            words.next() == Some("rand"),
            "expected a policy that starts with rand, such as rand-m9-n2"
        );
        let mut policy = Self {
            text: text.to_owned(),
            magnitude: MOST,
            deviation: 0.0,
            operations: 2,
            probability: 0.5,
            increasing: false,
        };
        for word in words {
            let end = word.find(|letter: char| !letter.is_ascii_lowercase());
            let (key, value) = word.split_at(end.unwrap_or(word.len()));
            let number = || {
                let number: Option<f64> = value.parse().ok();
                let number = number.filter(|number| number.is_finite() && *number >= 0.0);
                number.with_context(|| format!("`{word}`: expected a number behind `{key}`"))
            };
            match key {
                "m" => policy.magnitude = number()?,
                "mstd" => policy.deviation = number()?,
                "n" => policy.operations = number()? as usize,
                "p" => policy.probability = number()?,
                "inc" => policy.increasing = number()? > 0.0,
                _ => bail!("`{word}` is unknown, expected m, n, mstd, p or inc with a number"),
            }
        }
        ensure!(
            policy.magnitude <= MOST && policy.probability <= 1.0 && policy.operations <= 100,
            "expected a magnitude of at most {MOST}, a probability of at most 1"
        );
        Ok(policy)
    }
}

impl TryFrom<String> for Policy {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Policy> for String {
    fn from(policy: Policy) -> Self {
        policy.text
    }
}

/// What can be done to a picture: timm's fifteen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation {
    AutoContrast,
    Equalize,
    Invert,
    Rotate,
    Posterize,
    Solarize,
    SolarizeAdd,
    Color,
    Contrast,
    Brightness,
    Sharpness,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
}

impl Operation {
    const ALL: [Self; 15] = [
        Self::AutoContrast,
        Self::Equalize,
        Self::Invert,
        Self::Rotate,
        Self::Posterize,
        Self::Solarize,
        Self::SolarizeAdd,
        Self::Color,
        Self::Contrast,
        Self::Brightness,
        Self::Sharpness,
        Self::ShearX,
        Self::ShearY,
        Self::TranslateX,
        Self::TranslateY,
    ];
}

impl Policy {
    /// Does its operations; `fill` is the colour where nothing was.
    pub(super) fn apply(&self, mut picture: Raster, fill: &[u8], draws: &mut Draws) -> Raster {
        for _ in 0..self.operations {
            let operation = Operation::ALL[draws.below(Operation::ALL.len())];
            if draws.chance(self.probability) {
                picture = self.operate(operation, picture, fill, draws);
            }
        }
        picture
    }

    fn operate(
        &self,
        operation: Operation,
        picture: Raster,
        fill: &[u8],
        draws: &mut Draws,
    ) -> Raster {
        let mut magnitude = self.magnitude;
        if self.deviation > 0.0 {
            magnitude = (magnitude + self.deviation * draws.normal()).clamp(0.0, MOST);
        }
        // As a share of the highest, and the same to either side.
        let level = magnitude / MOST;
        let mut either = |most: f64| {
            if draws.coin() {
                -level * most
            } else {
                level * most
            }
        };
        let (height, width) = (picture.height as f64, picture.width as f64);
        let moved = |affine: Affine| picture.moved(&affine, fill);
        let steps = |most: f64| {
            let steps = (level * most) as u32;
            if self.increasing {
                most as u32 - steps
            } else {
                steps
            }
        };
        let mut factor = || match self.increasing {
            true => (1.0 + either(0.9)).max(0.1),
            false => level * 1.8 + 0.1,
        };
        match operation {
            Operation::AutoContrast => picture.auto_contrast(),
            Operation::Equalize => picture.equalize(),
            Operation::Invert => picture.mapped(|pixel| 255 - pixel),
            Operation::Posterize => picture.posterize(steps(4.0)),
            Operation::Solarize => picture.solarize(steps(256.0)),
            Operation::SolarizeAdd => picture.solarize_add((level * 110.0) as u8),
            Operation::Color => picture.saturation(factor() as f32),
            Operation::Contrast => picture.contrast(factor() as f32),
            Operation::Brightness => picture.brightness(factor() as f32),
            Operation::Sharpness => picture.sharpness(factor() as f32),
            Operation::Rotate => moved(turn([picture.height, picture.width], either(30.0))),
            Operation::ShearX => moved([[1.0, either(0.3), 0.0], [0.0, 1.0, 0.0]]),
            Operation::ShearY => moved([[1.0, 0.0, 0.0], [either(0.3), 1.0, 0.0]]),
            Operation::TranslateX => moved([[1.0, 0.0, either(0.45) * width], [0.0, 1.0, 0.0]]),
            Operation::TranslateY => moved([[1.0, 0.0, 0.0], [0.0, 1.0, either(0.45) * height]]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let policy: Policy = "rand-m7-n3-mstd0.5-p0.25-inc1".parse().unwrap();
        let found = (policy.magnitude, policy.operations, policy.deviation);
        assert_eq!(found, (7.0, 3, 0.5));
        assert_eq!((policy.probability, policy.increasing), (0.25, true));
        let text = serde_json::to_string(&policy).unwrap();
        assert_eq!(text, "\"rand-m7-n3-mstd0.5-p0.25-inc1\"");
        assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), policy);
        for wrong in [
            "original", "rand-m11", "rand-x3", "rand-m", "rand-p2", "rand-n-3", "rand-",
        ] {
            assert!(wrong.parse::<Policy>().is_err(), "{wrong}");
        }
    }

    /// Every operation at every magnitude, on colours and on grey.
    #[test]
    fn operations_keep_the_size() {
        let mut changed = 0;
        for channels in [1, 3] {
            let picture = Raster {
                height: 9,
                width: 7,
                channels,
                pixels: (0..63 * channels).map(|i| (i * 89 % 251) as u8).collect(),
            };
            let fill = &[7, 8, 9][..channels];
            for words in ["rand-m0", "rand-m5-mstd3", "rand-m10", "rand-m9-inc1"] {
                let policy: Policy = words.parse().unwrap();
                for operation in Operation::ALL {
                    let mut draws = Draws::of_step(1, 1);
                    let after = policy.operate(operation, picture.clone(), fill, &mut draws);
                    assert_eq!(after.pixels.len(), picture.pixels.len(), "{operation:?}");
                    changed += usize::from(after != picture);
                }
            }
        }
        assert!(changed > 80, "{changed}");
    }
}
