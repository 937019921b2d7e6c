//! Which of its two forms a spec is in.

use std::ops::Deref;

use super::layers::Layer;
use super::{Block, Spec, Stage, Stem};
use crate::diagnostics::{Code, Diagnostic, Diagnostics, Place};

/// The keys of a spec, and of a stage, that may stand beside `layers`; all others are of the
/// family form.
#[cfg(feature = "schema")]
pub(super) const BESIDE_LAYERS: &[&str] = &[
    "layers",
    "model",
    "input",
    "outputs",
    "preprocessing",
    "class_names",
    "limits",
    "algorithm",
    "recompute",
    "blocks",
];

/// A spec's form, with the keys that belong to it.
#[derive(Clone, Copy, Debug)]
pub enum Form<'s> {
    /// A stem, stages of blocks and a head.
    Family(Family<'s>),
    /// Layers by name.
    Layers(&'s [Layer]),
}

/// The keys of the family form, and those that both forms have.
#[derive(Clone, Copy, Debug)]
pub struct Family<'s> {
    /// The whole spec.
    pub spec: &'s Spec,
    /// The layers before the first stage.
    pub stem: &'s Stem,
    /// What every block is made of.
    pub block: &'s Block,
    /// The stages.
    pub stages: &'s [Stage],
}

impl Deref for Family<'_> {
    type Target = Spec;

    fn deref(&self) -> &Spec {
        self.spec
    }
}

impl Spec {
    /// The form that a spec is in; a mistake if it has keys of both.
    pub fn form(&self) -> Result<Form<'_>, Diagnostics> {
        if let Some(layers) = &self.layers {
            return match self.of_family() {
                Some((key, place)) => Err(mixed(key, place, layers)),
                None => Ok(Form::Layers(layers)),
            };
        }
        match (&self.stem, &self.block, &self.stages) {
            (Some(stem), Some(block), Some(stages)) => Ok(Form::Family(Family {
                spec: self,
                stem,
                block,
                stages,
            })),
            // Decoding has asked for all of them.
            _ => Err(Diagnostic::new(Code::Internal, self.place, "the spec has no form").into()),
        }
    }

    /// The first key of the family form that is there.
    fn of_family(&self) -> Option<(&'static str, Place)> {
        let stages = self.stages.as_deref().unwrap_or_default();
        // A default is where the whole spec is.
        let activation = Some(self.activation.place).filter(|&place| place != self.place);
        let keys = [
            ("stem", self.stem.as_ref().map(|stem| stem.place)),
            ("block", self.block.as_ref().map(|block| block.place)),
            ("stages", stages.first().map(|stage| stage.place)),
            ("head", self.head.as_ref().map(|head| head.place)),
            ("activation", activation),
            ("norm", self.norm.as_ref().map(|norm| norm.place)),
            (
                "initialization",
                self.initialization.as_ref().map(|keys| keys.place),
            ),
        ];
        keys.into_iter()
            .find_map(|(key, place)| Some((key, place?)))
    }
}

fn mixed(key: &str, place: Place, layers: &[Layer]) -> Diagnostics {
    let message = format!("the spec has `layers`, which list the whole network, and `{key}` too");
    let mut diagnostic = Diagnostic::new(Code::FormsMixed, place, message);
    if let Some(first) = layers.first() {
        diagnostic = diagnostic.label(first.place, "the first of the layers");
    }
    let help = match key {
        "activation" | "norm" | "initialization" => {
            format!("delete `{key}`: each of the layers says it for itself")
        }
        _ => format!("delete `{key}`, or write `layers` inside an item of `stages`"),
    };
    diagnostic.help(help).into()
}
