//! Graphs for Graphviz.

use std::fmt::Write;

use super::{Subject, text};
use crate::diagram::Diagram;
use crate::graph::EdgeKind;

/// The graph in Graphviz's language.
pub(super) fn dot(subject: &Subject<'_>, diagram: &Diagram) -> String {
    let mut dot = format!(
        "digraph {{\n  label={};\n  labelloc=t;\n  node [shape=box, style=rounded, fontname=monospace];\n",
        quoted(subject.title)
    );
    for (i, b) in diagram.boxes.iter().enumerate() {
        let mut lines = vec![format!("{}  {}", b.name, b.shape), b.parts.join(" + ")];
        lines.extend(
            subject
                .plan
                .map(|plan| text::placement(subject, plan, b.node)),
        );
        let _ = writeln!(dot, "  n{i} [label={}];", quoted(&lines.join("\n")));
    }
    for (i, frame) in diagram.frames.iter().enumerate() {
        let boxes: Vec<_> = frame.boxes.iter().map(|b| format!("n{b};")).collect();
        let _ = writeln!(
            dot,
            "  subgraph cluster_{i} {{ label={}; {} }}",
            quoted(&frame.title()),
            boxes.join(" ")
        );
    }
    for link in &diagram.links {
        let style = match link.kind {
            EdgeKind::Main => "",
            EdgeKind::Skip => " [color=chocolate, penwidth=2]",
            EdgeKind::Saved => " [style=dashed, color=gray, constraint=false]",
        };
        let _ = writeln!(dot, "  n{} -> n{}{style};", link.from, link.to);
    }
    dot + "}\n"
}

fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('\n', "\\n"))
}
