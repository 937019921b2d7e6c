//! Pictures of what the compiler made of a spec: graphs at each stage, and the
//! memory plan. No program but this one is needed to draw them.
//!
//! [`graph`] and [`arena`] are the entrances. Pictures follow the reader's
//! light or dark theme, and tell more under the pointer.

mod arena;
mod dot;
mod layout;
mod mermaid;
mod ranks;
mod route;
mod skyline;
mod style;
mod svg;
mod text;

use crate::diagram::Diagram;
use crate::graph::Graph;
use crate::plan::Plan;

pub use arena::{svg as arena, text as arena_text};

/// How a graph is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For Graphviz.
    Dot,
    /// A picture.
    Svg,
    /// For Markdown that draws Mermaid.
    Mermaid,
    /// The stable text form, one line a node.
    Text,
}

/// A graph to draw.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What stands above the picture.
    pub title: &'a str,
    /// The graph.
    pub graph: &'a Graph,
    /// Where its values lie, to be told with each node.
    pub plan: Option<&'a Plan>,
    /// Show every block of a run of equal blocks; the text form always does.
    pub unfold: bool,
}

/// Draws a graph.
pub fn graph(subject: &Subject<'_>, format: Format) -> String {
    let diagram = || Diagram::new(subject.graph, subject.unfold);
    match format {
        Format::Dot => dot::dot(subject, &diagram()),
        Format::Svg => svg::svg(subject, &diagram()),
        Format::Mermaid => mermaid::mermaid(subject, &diagram()),
        Format::Text => text::text(subject),
    }
}

/// `text` inside XML, and in Mermaid's labels.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
