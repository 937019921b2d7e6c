//! Mistakes that a list of layers can have, whatever form it comes from: names that clash, and
//! layers that nothing reads.

use std::collections::{HashMap, HashSet};

use super::{Layer, LayerKind, Layers, Source, added_name};
use crate::diagnostics::{Code, Diagnostic, Diagnostics, Place};
use crate::lower::lower;
use crate::shape::infer_shapes;

/// Names that clash.
pub(crate) fn names(layers: &[Layer], found: &mut Vec<Diagnostic>) {
    let mut owners: HashMap<&str, Place> = HashMap::new();
    for layer in layers {
        let (name, place) = (layer.name.as_str(), layer.place);
        let whose = match name {
            "input" => Some("stands for the images"),
            "output" => Some("stands for what the network gives"),
            _ if name.starts_with("output.") => {
                Some("is kept for an output, as are all that begin with `output.`")
            }
            _ if name.starts_with("d_") => {
                Some("is kept for a gradient, as are all that begin with `d_`")
            }
            _ => None,
        };
        if let Some(whose) = whose {
            let message = format!("no layer can have the name `{name}`, which {whose}");
            let diagnostic = Diagnostic::new(Code::ReservedName, place, message);
            found.push(diagnostic.help("choose another name"));
        }
        if let Some(&first) = owners.get(name) {
            let message = format!("two layers are named `{name}`");
            let diagnostic = Diagnostic::new(Code::DuplicateLayer, place, message);
            found.push(
                diagnostic
                    .label(first, "the first of that name")
                    .help("rename one of the two"),
            );
        } else {
            owners.insert(name, place);
        }
    }
    // Few layers, if any, are named like a part of another.
    let whole = |layer: &'_ Layer| {
        let (whole, part) = layer.name.rsplit_once('.')?;
        is_part(part).then(|| whole.to_owned())
    };
    let with_parts: HashSet<String> = layers.iter().filter_map(whole).collect();
    if with_parts.is_empty() {
        return;
    }
    for layer in layers {
        if !with_parts.contains(&layer.name) {
            continue;
        }
        for (part, what) in parts(&layer.name, &layer.kind, layer.inputs.len()) {
            let Some(&place) = owners.get(part.as_str()) else {
                continue;
            };
            let message = format!(
                "the layer's name `{part}` is also that of the {what} of the layer `{}`",
                layer.name
            );
            let diagnostic = Diagnostic::new(Code::NameHidesAnother, place, message);
            found.push(
                diagnostic
                    .label(layer.place, format!("has a {what}"))
                    .help("rename one of the two"),
            );
        }
    }
}

/// Whether the last part of a name is one that [`parts`] gives.
fn is_part(part: &str) -> bool {
    let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
    is_number || ["weight", "bias", "running_mean", "running_var"].contains(&part)
}

/// The names that follow from a layer's: those of its parameters, and of the parts of its sum.
fn parts(name: &str, kind: &LayerKind, inputs: usize) -> Vec<(String, &'static str)> {
    let parameters = kind
        .parameters()
        .iter()
        .map(|suffix| (format!("{name}.{suffix}"), "parameter"));
    let sums = match kind {
        LayerKind::Add => 1..inputs.saturating_sub(1),
        _ => 0..0,
    };
    let sums = sums.map(|n| (added_name(name, n), "partial sum"));
    parameters.chain(sums).collect()
}

/// Layers that nothing reads.
pub(crate) fn unused(layers: &Layers, found: &mut Vec<Diagnostic>) {
    let mut used = vec![false; layers.list.len()];
    let read = layers.list.iter().flat_map(|layer| &layer.inputs);
    let given = layers.outputs.iter().map(|output| &output.source);
    for source in read.chain(given) {
        if let Source::Layer(position) = *source {
            used[position] = true;
        }
    }
    // Blocks that are made from one text share their places; of two layers of one name nothing
    // reads the second, which is another mistake.
    let (mut places, mut names) = (HashSet::new(), HashSet::new());
    for (layer, used) in layers.list.iter().zip(used) {
        if !names.insert(layer.name.as_str()) || used || !places.insert(layer.place) {
            continue;
        }
        let message = format!("nothing reads the layer `{}`", layer.name);
        let help = "delete it, let another layer read it, or name it in `outputs`";
        found.push(Diagnostic::new(Code::UnusedLayer, layer.place, message).help(help));
    }
}

/// The layers, or all of their mistakes.
///
/// Sizes that don't fit come up in the graph, later; where the mistakes leave no doubt about who
/// reads what, they are told along with them.
pub(crate) fn settle(layers: Layers, mut found: Vec<Diagnostic>) -> Result<Layers, Diagnostics> {
    let certain = |mistake: &Diagnostic| {
        use Code::{ClassNamesUnmatched, UnusedLayer, UnusedPart};
        matches!(mistake.code, ClassNamesUnmatched | UnusedLayer | UnusedPart)
    };
    if !found.is_empty()
        && found.iter().all(certain)
        && let Err(more) = infer_shapes(&mut lower(&layers))
    {
        found.extend(more.iter().cloned());
    }
    Diagnostics::check(found)?;
    Ok(layers)
}
