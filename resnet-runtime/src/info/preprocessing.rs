//! How pictures become a network's input.

use crate::{Interpolation, Resize};

/// What the spec says about pictures; whatever it leaves open is `None`.
///
/// In order: resize, crop the middle, scale pixels to 0..1, subtract the mean
/// and divide by the standard deviation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Preprocessing {
    /// Size before the crop.
    pub resize: Option<Resize>,
    /// Height and width of the middle that is kept.
    pub crop: Option<[usize; 2]>,
    /// How pictures are scaled.
    pub interpolation: Option<Interpolation>,
    /// Mean of each channel, of pixels from 0 to 1.
    pub mean: Option<&'static [f64]>,
    /// Standard deviation of each channel.
    pub std: Option<&'static [f64]>,
}

impl Preprocessing {
    /// Nothing said.
    pub const NONE: Self = Self {
        resize: None,
        crop: None,
        interpolation: None,
        mean: None,
        std: None,
    };
}
