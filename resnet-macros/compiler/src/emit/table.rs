//! The architecture as a table, for documentation.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Layer;
use crate::diagram::Diagram;

/// Layers as rows of Markdown. As in the diagram, one block stands for a run of
/// equal ones: the table of a network of 1202 layers isn't longer than others.
pub(super) fn table(layers: &[Layer], diagram: &Diagram) -> String {
    let mut text = "\
        | layer | op | input | output | parameters | MACs |\n\
        | --- | --- | --- | --- | ---: | ---: |\n"
        .to_owned();
    let by_name: BTreeMap<&str, &Layer> = layers.iter().map(|l| (l.name.as_str(), l)).collect();
    for (index, shown) in diagram.boxes.iter().enumerate() {
        // Both ends have a box, and are no layers.
        if let Some(layer) = by_name.get(shown.name.as_str()) {
            let Layer {
                name,
                input,
                output,
                parameters,
                macs,
                ..
            } = layer;
            // With the stride, which titles leave out.
            let op = shown.parts.join(" + ");
            let _ = writeln!(
                text,
                "| {name} | {op} | {input} | {output} | {parameters} | {macs} |"
            );
        }
        let ended = |frame: &&crate::diagram::Frame| frame.boxes.last() == Some(&index);
        if let Some(frame) = diagram.frames.iter().find(ended) {
            let (more, last) = (frame.blocks - 1, &frame.last);
            let _ = writeln!(text, "| ... | {more} more such blocks, to {last} | | | | |");
        }
    }
    text
}
