//! The memory plan, checked by simulating what is alive when.

mod common;
mod deep_common;

use resnet_compiler::analyse;
use resnet_compiler::emit::Planned;
use resnet_compiler::graph::Value;
use resnet_compiler::plan::Plan;

/// Runs through the plan: every node must find, where it reads, what was
/// written there, and nothing may be overwritten while somebody still needs it.
fn simulate(planned: &Planned) {
    let Planned { graph, plan, .. } = planned;
    // For every element of the arena (in blocks of 16), which value it holds.
    let mut holds: Vec<Option<Value>> = vec![None; plan.peak.div_ceil(16)];
    let blocks = |value: Value| {
        let buffer = plan.buffer(value);
        assert_eq!(buffer.offset % 16, 0, "aligned");
        assert!(buffer.offset + buffer.map.len() <= plan.peak);
        buffer.offset / 16..(buffer.offset + buffer.map.len()).div_ceil(16)
    };
    for &node in &plan.order {
        for input in graph.inputs(node) {
            for block in blocks(input) {
                let name = &graph.node(node).name;
                assert_eq!(
                    holds[block],
                    Some(input),
                    "{name} reads a value that is gone"
                );
            }
        }
        let op = &graph.node(node).op;
        let maps: Vec<_> = graph
            .inputs(node)
            .iter()
            .map(|&v| plan.buffer(v).map)
            .collect();
        if op.scratch(&maps) > 0 {
            let start = plan.scratch(node);
            let end = start + op.scratch(&maps);
            holds[start / 16..end.div_ceil(16)].fill(None);
            for input in graph.inputs(node) {
                assert!(
                    blocks(input).all(|block| holds[block].is_some()),
                    "scratch on an input"
                );
            }
        }
        for port in 0..graph.node(node).outputs.len() {
            let value = Value { node, port };
            for block in blocks(value) {
                holds[block] = Some(value);
            }
        }
        for port in 0..graph.node(node).outputs.len() {
            let value = Value { node, port };
            let intact = blocks(value).all(|block| holds[block] == Some(value));
            assert!(intact, "two outputs of one node overlap");
        }
    }
}

#[test]
fn every_reader_finds_what_it_reads() {
    for kind in ["basic", "bottleneck"] {
        for shortcut in ["projection", "identity", "none"] {
            for pool in [false, true] {
                let network = analyse(&common::spec(kind, shortcut, pool)).unwrap();
                for planned in [&network.inference, &network.training] {
                    simulate(planned);
                    let plan = &planned.plan;
                    assert!(plan.peak >= plan.lower_bound);
                    assert!(plan.lower_bound >= plan.logical_lower_bound);
                }
            }
        }
    }
}

/// A tenth over the largest live set is what a plan may take.
fn assert_close(name: &str, plan: &Plan) {
    let (peak, bound) = (plan.peak, plan.lower_bound);
    assert!(
        peak <= bound + bound / 10,
        "{name}: {peak} elements, {bound} are alive at once"
    );
}

#[test]
fn plans_of_the_published_networks_are_close_to_their_lower_bound() {
    for source in deep_common::published() {
        let network = analyse(&source).unwrap();
        for planned in [&network.inference, &network.training] {
            simulate(planned);
            assert_close(&source.path, &planned.plan);
        }
    }
}

#[test]
fn a_network_of_thousands_of_blocks_is_planned_as_well() {
    let network = analyse(&deep_common::cifar(500)).unwrap();
    for planned in [&network.inference, &network.training] {
        simulate(planned);
        assert_close("1500 blocks", &planned.plan);
    }
}
