//! Graphs for Mermaid, which many Markdown viewers draw.

use std::fmt::Write;

use super::{Subject, escape, text};
use crate::diagram::{Box, Diagram};
use crate::graph::EdgeKind;

/// The graph as a Mermaid flowchart.
pub(super) fn mermaid(subject: &Subject<'_>, diagram: &Diagram) -> String {
    let title = escape(subject.title);
    let mut mermaid = format!("---\ntitle: \"{title}\"\n---\nflowchart TD\n");
    let label = |b: &Box| {
        let mut lines = vec![
            format!("<b>{}</b> {}", escape(&b.name), b.shape),
            escape(&b.parts.join(" + ")),
        ];
        lines.extend(
            subject
                .plan
                .map(|plan| text::placement(subject, plan, b.node)),
        );
        lines.join("<br/>")
    };
    let mut framed = vec![false; diagram.boxes.len()];
    for (i, frame) in diagram.frames.iter().enumerate() {
        let _ = writeln!(mermaid, "  subgraph f{i}[\"{}\"]", escape(&frame.title()));
        for &b in &frame.boxes {
            framed[b] = true;
            let _ = writeln!(mermaid, "    n{b}[\"{}\"]", label(&diagram.boxes[b]));
        }
        mermaid += "  end\n";
    }
    for (i, b) in diagram
        .boxes
        .iter()
        .enumerate()
        .filter(|(i, _)| !framed[*i])
    {
        let _ = writeln!(mermaid, "  n{i}[\"{}\"]", label(b));
    }
    for link in &diagram.links {
        let arrow = match link.kind {
            EdgeKind::Main => "-->",
            EdgeKind::Skip => "== skip ==>",
            EdgeKind::Saved => "-. saved .->",
        };
        let _ = writeln!(mermaid, "  n{} {arrow} n{}", link.from, link.to);
    }
    mermaid
}
