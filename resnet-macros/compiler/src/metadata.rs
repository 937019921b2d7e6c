//! What a spec says about a network that its graph doesn't need: names of
//! classes, and how pictures become images.

use resnet_geometry::{Interpolation, Resize};

use crate::diagnostics::Located;
use crate::spec::{self, ClassSet, Spec};

/// Carried beside the graph to the emitted constants; empty unless the spec
/// says something. It doesn't change the spec's hash.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// Names of the classes in order of the logits.
    pub class_names: ClassNames,
    /// How pictures become images.
    pub preprocessing: Preprocessing,
}

/// What classes are called.
#[derive(Clone, Debug, PartialEq)]
pub enum ClassNames {
    /// As a list of the runtime says.
    Set(ClassSet),
    /// So; nothing if there are none.
    List(Vec<String>),
}

impl Default for ClassNames {
    fn default() -> Self {
        Self::List(Vec::new())
    }
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

impl Metadata {
    /// What a spec says.
    pub fn of(spec: &Spec) -> Self {
        Self {
            class_names: match &spec.class_names {
                Some(spec::ClassNames::Set(set)) => ClassNames::Set(set.value),
                Some(spec::ClassNames::List(names)) => {
                    ClassNames::List(names.iter().map(|name| name.value.clone()).collect())
                }
                None => ClassNames::default(),
            },
            preprocessing: spec.preprocessing.as_ref().map_or_else(
                Preprocessing::default,
                |keys| Preprocessing {
                    resize: keys.resize.map(|side| Resize::Shorter(side.value)),
                    crop: keys.crop.map(|crop| crop.value),
                    interpolation: Some(interpolation(keys.interpolation.value)),
                    mean: numbers(keys.mean.as_deref()),
                    std: numbers(keys.std.as_deref()),
                },
            ),
        }
    }
}

fn interpolation(spec: spec::Interpolation) -> Interpolation {
    match spec {
        spec::Interpolation::Nearest => Interpolation::Nearest,
        spec::Interpolation::Bilinear => Interpolation::Bilinear,
        spec::Interpolation::Bicubic => Interpolation::Bicubic,
    }
}

fn numbers(spec: Option<&[Located<f64>]>) -> Option<Vec<f64>> {
    let numbers = spec?.iter().map(|number| number.value);
    Some(numbers.collect())
}
