//! The stable text form of a graph: one line a node, in order of execution.
//!
//! ```text
//! conv1 = conv2d(input) kernel=3x3 ... : 16x8x8
//! ```

use std::fmt::{Display, Formatter, Result};

use super::{EdgeKind, Graph, Shape};

impl Display for Graph {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for node in self.try_order().unwrap_or_else(|| self.indices()) {
            let inputs: Vec<_> = self
                .edges_into(node)
                .into_iter()
                .map(|(value, kind)| {
                    let name = &self.nodes[value.node].name;
                    let mark = match kind {
                        EdgeKind::Main => "",
                        EdgeKind::Skip => "skip ",
                        EdgeKind::Saved => "saved ",
                    };
                    match value.port {
                        0 => format!("{mark}{name}"),
                        port => format!("{mark}{name}#{port}"),
                    }
                })
                .collect();
            let node = &self.nodes[node];
            let name = &node.name;
            write!(f, "{name} = {}({})", node.op.name(), inputs.join(", "))?;
            for (key, value) in node.op.attributes() {
                write!(f, " {key}={value}")?;
            }
            let shapes: Vec<_> = node.outputs.iter().map(Shape::to_string).collect();
            if !shapes.is_empty() {
                write!(f, " : {}", shapes.join(", "))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
