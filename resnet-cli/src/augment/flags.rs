//! What may be done to training images, as flags.

use clap::{ArgAction, Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::policy::Policy;
use crate::args::{at_least_1, not_negative, share, up_to_1};
use crate::flags;

/// Flags of `train`; the names are timm's where timm has them.
#[derive(Args, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Augmentation {
    /// Leave training images as they are, whatever else is asked for
    #[arg(long, help_heading = "Augmentation")]
    pub(crate) no_aug: bool,
    /// Cut out a part of each image, of a share of its area between these, and resize it [default with --ratio: 0.08,1]
    #[arg(long, value_name = "F,F", value_delimiter = ',', action = ArgAction::Set, value_parser = up_to_1, help_heading = "Augmentation")]
    pub(crate) scale: Vec<f64>,
    /// Width divided by height of those parts, between these [default with --scale: 0.75,1.3333]
    #[arg(long, value_name = "F,F", value_delimiter = ',', action = ArgAction::Set, value_parser = not_negative, help_heading = "Augmentation")]
    pub(crate) ratio: Vec<f64>,
    /// Pixels of black around each image before it is cut to its size at random
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        help_heading = "Augmentation"
    )]
    pub(crate) crop_padding: usize,
    /// Turn by up to so many degrees to either side
    #[arg(long, value_name = "DEGREES", default_value_t = 0.0, value_parser = not_negative, help_heading = "Augmentation")]
    pub(crate) rotate: f64,
    /// Shift by up to this share of the sides
    #[arg(long, value_name = "F", default_value_t = 0.0, value_parser = share, help_heading = "Augmentation")]
    pub(crate) shift: f64,
    /// Shrink or enlarge by up to this share
    #[arg(long, value_name = "F", default_value_t = 0.0, value_parser = share, help_heading = "Augmentation")]
    pub(crate) zoom: f64,
    /// Slant by up to so many degrees to either side
    #[arg(long, value_name = "DEGREES", default_value_t = 0.0, value_parser = slant, help_heading = "Augmentation")]
    pub(crate) shear: f64,
    /// Probability of mirroring left and right
    #[arg(long, value_name = "F", default_value_t = 0.0, value_parser = up_to_1, help_heading = "Augmentation")]
    pub(crate) hflip: f64,
    /// Probability of mirroring top and bottom
    #[arg(long, value_name = "F", default_value_t = 0.0, value_parser = up_to_1, help_heading = "Augmentation")]
    pub(crate) vflip: f64,
    /// RandAugment, such as rand-m9-n2: two operations of magnitude 9 of 10; also -mstd0.5, -inc1, -p0.5
    #[arg(long, value_name = "POLICY", help_heading = "Augmentation")]
    pub(crate) aa: Option<Policy>,
    /// Change brightness, contrast and saturation by up to this factor; or three factors, and a fourth for the hue
    #[arg(long, value_name = "F,...", value_delimiter = ',', action = ArgAction::Set, value_parser = not_negative, help_heading = "Augmentation")]
    pub(crate) color_jitter: Vec<f64>,
    /// Probability of erasing a rectangle
    #[arg(long, value_name = "F", default_value_t = 0.0, value_parser = up_to_1, help_heading = "Augmentation")]
    pub(crate) reprob: f64,
    /// What erased rectangles hold: zeros, one random colour, random pixels
    #[arg(
        long,
        value_enum,
        value_name = "MODE",
        default_value = "const",
        help_heading = "Augmentation"
    )]
    pub(crate) remode: Fill,
    /// Most rectangles erased of one image
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_1, help_heading = "Augmentation")]
    pub(crate) recount: usize,
}

impl Default for Augmentation {
    fn default() -> Self {
        flags::default()
    }
}

/// Values of `--remode`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fill {
    Const,
    Rand,
    Pixel,
}

/// Degrees whose tangent is tame.
fn slant(text: &str) -> Result<f64, String> {
    match not_negative(text) {
        Ok(degrees) if degrees <= 60.0 => Ok(degrees),
        _ => Err("expected degrees between 0 and 60".to_owned()),
    }
}
