//! What a spec says about a network that its graph doesn't need: names of
//! classes, and how pictures become images.

use resnet_geometry::{Interpolation, Resize};

/// Carried beside the graph to the emitted constants; empty unless the spec
/// says something. It doesn't change the spec's hash.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// Names of the classes in order of the logits.
    pub class_names: Vec<String>,
    /// How pictures become images.
    pub preprocessing: Preprocessing,
}

/// The same fields as the runtime's `Preprocessing`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preprocessing {
    /// Size before the crop.
    pub resize: Option<Resize>,
    /// Height and width of the middle that is kept.
    pub crop: Option<[usize; 2]>,
    /// How pictures are scaled.
    pub interpolation: Option<Interpolation>,
    /// Mean of each channel, of pixels from 0 to 1.
    pub mean: Option<Vec<f64>>,
    /// Standard deviation of each channel.
    pub std: Option<Vec<f64>>,
}
