//! Infers the shape of every value; what doesn't fit is reported where the
//! spec asks for it, all of it at once.

mod branches;

use branches::{Branch, adapting_conv};

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::graph::{Graph, Shape};
use crate::ops::checked_len;

/// Fills in the outputs' shapes of every node, in order.
///
/// A node that reads something that failed is skipped, so that each mistake is
/// reported once, at its source.
pub fn infer_shapes(graph: &mut Graph) -> Result<(), Diagnostics> {
    let mut diagnostics = Vec::new();
    for index in graph.order() {
        let inputs = graph.inputs(index);
        let known = |value: &crate::graph::Value| {
            let outputs = &graph.node(value.node).outputs;
            outputs.get(value.port).copied()
        };
        let Some(shapes) = inputs.iter().map(known).collect::<Option<Vec<Shape>>>() else {
            continue;
        };
        let node = graph.node(index);
        let inferred = node.op.infer(&shapes).and_then(|outputs| {
            for shape in &outputs {
                checked_len("its output", &shape.sizes())?;
            }
            Ok(outputs)
        });
        match inferred {
            Ok(outputs) => graph.set_shapes(index, outputs),
            Err(mistake) => {
                let message = format!("{}: {}", node.name, mistake.message);
                let mut diagnostic = Diagnostic::new(mistake.code, node.place, message);
                for &value in &inputs {
                    let source = graph.node(value.node);
                    if let Some(place) = source.place.filter(|_| source.place != node.place) {
                        let shape = graph.shape(value);
                        let text = format!("{} gives {shape}", source.name);
                        diagnostic = diagnostic.label(place, text);
                    }
                }
                let branches = inputs.iter().map(|&value| Branch {
                    name: &graph.node(value.node).name,
                    shape: graph.shape(value),
                });
                let branches: Vec<_> = branches.collect();
                let help = match (mistake.code, &branches[..]) {
                    // Layers of one place are the family form's, which has a word for it.
                    (Code::BranchShapesDiffer, &[main, skip]) if !diagnostic.labels.is_empty() => {
                        adapting_conv(main, skip)
                    }
                    _ => mistake.help,
                };
                diagnostics.push(diagnostic.help(help));
            }
        }
    }
    Diagnostics::check(diagnostics)?;
    check_work(graph)
}

/// Refuses a network whose multiply-adds can't be counted: tools and tables
/// add them up.
fn check_work(graph: &Graph) -> Result<(), Diagnostics> {
    let mut total = 0u64;
    for index in graph.order() {
        let node = graph.node(index);
        let Some(&output) = node.outputs.first() else {
            continue;
        };
        match total.checked_add(node.op.macs(output)) {
            Some(sum) => total = sum,
            None => {
                let message = format!(
                    "{}: with this layer the network takes more than {} multiply-adds an image",
                    node.name,
                    u64::MAX
                );
                let diagnostic = Diagnostic::new(Code::ModelTooLarge, node.place, message)
                    .help("make the input, the channels or the number of blocks smaller");
                return Err(diagnostic.into());
            }
        }
    }
    Ok(())
}
