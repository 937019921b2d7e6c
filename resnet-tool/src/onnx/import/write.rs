//! Layers to the text of a spec.

use std::fmt::Write;

use super::layer::Layer;
use super::names::IMAGES;

/// The spec of a network.
pub(super) fn spec(
    model: &str,
    [channels, height, width]: [usize; 3],
    outputs: &[(String, String)],
    layers: &[Layer],
) -> String {
    let mut text = format!(
        "model: {model}\n\
         input: {{channels: {channels}, height: {height}, width: {width}}}\nlayers:\n"
    );
    let mut before = IMAGES;
    for layer in layers {
        text += &layer.line(before);
        before = &layer.name;
    }
    let outputs: Vec<_> = outputs
        .iter()
        .map(|(name, layer)| format!("{name}: {layer}"))
        .collect();
    let _ = writeln!(text, "outputs: {{{}}}", outputs.join(", "));
    text
}
