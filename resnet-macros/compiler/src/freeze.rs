//! Freezes layers: what a caller names isn't trained.
//!
//! A name stands for a layer, or for all layers whose names go on behind it
//! with a dot: `layer1` freezes `layer1.0.conv1`, and not `layer10.0.conv1`. A
//! layer is frozen whole, so that its backward can be left out.

use std::collections::BTreeSet;

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::graph::Graph;
use crate::parameter::{Parameter, ParameterId};
use crate::spec::suggest::nearest;

/// Marks every parameter of the named layers as frozen.
///
/// Each mistake tells by [`Diagnostic::argument`] which name it is about.
pub fn freeze(graph: &mut Graph, names: &[String]) -> Result<(), Diagnostics> {
    let mut mistakes = Vec::new();
    for (index, name) in (0..).zip(names) {
        let named: Vec<_> = (0..graph.parameters().len())
            .filter(|&id| is_named(name, layer(&graph.parameters()[id])))
            .map(ParameterId)
            .collect();
        if named.is_empty() {
            mistakes.push(unknown(graph, name).about_argument(index));
        }
        named.into_iter().for_each(|id| graph.freeze(id));
    }
    let mut ids = (0..graph.parameters().len()).map(ParameterId);
    if mistakes.is_empty() && !names.is_empty() && !ids.any(|id| graph.trains(id)) {
        let message = "every layer is frozen: nothing is left to train";
        let help = "freeze fewer layers, or compile for inference only";
        let mistake = Diagnostic::new(Code::NothingToTrain, None, message).help(help);
        mistakes.push(mistake.about_argument(0));
    }
    Diagnostics::check(mistakes)
}

/// The layer that a parameter belongs to: `conv1` for `conv1.weight`.
fn layer(parameter: &Parameter) -> &str {
    let name = &parameter.name;
    name.rsplit_once('.').map_or(name, |(layer, _)| layer)
}

/// Whether `name` stands for `layer`.
fn is_named(name: &str, layer: &str) -> bool {
    let rest = layer.strip_prefix(name);
    !name.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The mistake of a name that stands for no layer.
fn unknown(graph: &Graph, name: &str) -> Diagnostic {
    let parameters = graph.parameters();
    let mut known = BTreeSet::new();
    for mut part in parameters.iter().map(layer) {
        while known.insert(part)
            && let Some((parent, _)) = part.rsplit_once('.')
        {
            part = parent;
        }
    }
    let part_of = parameters.iter().find(|parameter| parameter.name == name);
    let help = if let Some(parameter) = part_of {
        format!("layers are frozen whole: write `{}`", layer(parameter))
    } else if let Some(near) = nearest(name, known.iter().copied()) {
        format!("did you mean `{near}`?")
    } else {
        let top = known.into_iter().filter(|known| !known.contains('.'));
        let top: Vec<_> = top.map(|name| format!("`{name}`")).collect();
        format!("names that hold layers are {}", top.join(", "))
    };
    let message = format!("`{name}` names no layer with parameters, nor a group of such layers");
    Diagnostic::new(Code::UnknownLayer, None, message).help(help)
}
