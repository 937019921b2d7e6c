//! The stable text form, with places in the arena if there is a plan.

use petgraph::stable_graph::NodeIndex;

use super::Subject;
use crate::graph::Value;
use crate::plan::Plan;

/// One line a node.
pub(super) fn text(subject: &Subject<'_>) -> String {
    let lines = subject.graph.to_string();
    let Some(plan) = subject.plan else {
        return lines;
    };
    let placed = lines.lines().zip(&plan.order).map(|(line, &node)| {
        let place = placement(subject, plan, node);
        let space = if place.is_empty() { "" } else { " " };
        format!("{line}{space}{place}\n")
    });
    placed.collect()
}

/// Where a node's outputs and scratch memory lie: `@0 halo=1, @1600`.
pub(super) fn placement(subject: &Subject<'_>, plan: &Plan, node: NodeIndex) -> String {
    let mut places = Vec::new();
    for port in 0..subject.graph.node(node).outputs.len() {
        let buffer = plan.buffer(Value { node, port });
        let mut place = format!("@{}", buffer.offset);
        if buffer.map.channel_stride != buffer.map.channels {
            place += &format!(" channel_stride={}", buffer.map.channel_stride);
        }
        if buffer.map.halo != 0 {
            place += &format!(" halo={}", buffer.map.halo);
        }
        places.push(place);
    }
    if let Some(offset) = plan.try_scratch(node) {
        places.push(format!("scratch @{offset}"));
    }
    places.join(", ")
}
