//! Memory plans, checked by simulating what is alive when.

use std::ops::Range;

use resnet_compiler::emit::Planned;
use resnet_compiler::graph::Value;

/// Runs through the plan: every node must find, where it reads, what was
/// written there, and nothing may be overwritten while somebody still needs it.
pub(crate) fn simulate(planned: &Planned) {
    let Planned { graph, plan, .. } = planned;
    // Nothing begins or ends between two neighbours of these, however large the arena is.
    let ends = plan.stretches.iter().map(|stretch| {
        let end = stretch.offset + stretch.len;
        assert!(stretch.offset % 16 == 0 && end <= plan.peak, "{stretch:?}");
        [stretch.offset, end]
    });
    let mut bounds: Vec<usize> = ends.flatten().collect();
    bounds.sort_unstable();
    bounds.dedup();
    let pieces = |start: usize, len: usize| -> Range<usize> {
        let piece = |at: usize| bounds.partition_point(|&bound| bound < at);
        piece(start)..piece(start + len)
    };
    let pieces_of = |value: Value| {
        let buffer = plan.buffer(value);
        pieces(buffer.offset, buffer.map.len())
    };
    // For every piece of the arena, which value it holds.
    let mut holds: Vec<Option<Value>> = vec![None; bounds.len()];
    for &index in &plan.order {
        let node = graph.node(index);
        let inputs = graph.inputs(index);
        for &input in &inputs {
            for piece in pieces_of(input) {
                let held = holds[piece];
                assert_eq!(held, Some(input), "{} reads what is gone", node.name);
            }
        }
        let maps: Vec<_> = inputs.iter().map(|&v| plan.buffer(v).map).collect();
        let scratch = node.op.scratch(&maps);
        if scratch > 0 {
            holds[pieces(plan.scratch(index), scratch)].fill(None);
            for &input in &inputs {
                let intact = pieces_of(input).all(|piece| holds[piece] == Some(input));
                assert!(intact, "scratch of {} on its input", node.name);
            }
        }
        let outputs = (0..node.outputs.len()).map(|port| Value { node: index, port });
        for value in outputs.clone() {
            holds[pieces_of(value)].fill(Some(value));
        }
        for value in outputs {
            let intact = pieces_of(value).all(|piece| holds[piece] == Some(value));
            assert!(intact, "two outputs of {} overlap", node.name);
        }
    }
}
