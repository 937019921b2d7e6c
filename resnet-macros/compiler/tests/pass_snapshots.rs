//! The graphs of tiny networks after each pass, checked in: every pass has a network that shows
//! what it does.

mod snapshot_common;

use std::collections::BTreeSet;

use resnet_compiler::freeze::freeze;
use resnet_compiler::graph::Graph;
use resnet_compiler::passes::{INFERENCE, Pass, TRAINING, run_watched};
use resnet_compiler::source::Source;
use resnet_compiler::stages;
use snapshot_common::assert_snapshot;

/// A convolution, a norm and an activation on both branches of a sum.
const RESIDUAL: &str = "\
model: residual
input: {channels: 3, height: 8, width: 8}
stem: {channels: 8, kernel: 3}
block: {kind: basic, shortcut: projection}
stages: [{blocks: 1, channels: 16, stride: 2}]
head: {classes: 10}
";

/// Norms before convolutions, and noise.
const PRE_ACTIVATION: &str = "\
model: pre_activation
input: {channels: 3, height: 8, width: 8}
stem: {channels: 8, kernel: 3}
block: {kind: basic, shortcut: identity, order: pre_activation, drop_path: 0.1}
stages: [{blocks: 2, channels: 8}]
head: {classes: 10, dropout: 0.2}
";

/// Biased convolutions, whose sum an activation follows, and a value that is read twice.
const LAYERS: &str = "\
model: layers
input: {channels: 3, height: 8, width: 8}
layers:
  - {name: conv1, conv: {channels: 8, kernel: 3, bias: true}}
  - {name: norm1, norm: batch}
  - {name: relu1, activation: relu}
  - {name: conv2, conv: {channels: 8, kernel: 1, bias: true}}
  - {name: sum, add: [conv2, relu1]}
  - {name: silu, activation: silu}
  - {name: both, concat: [sum, silu]}
";

/// Gates of squeeze-and-excitation; frozen, its norms are fixed.
const GATED: &str = "\
model: gated
input: {channels: 3, height: 8, width: 8}
stem: {channels: 8, kernel: 3}
block: {kind: basic, shortcut: identity, squeeze_excitation: {reduction: 4}, drop_path: 0.1}
stages: [{blocks: 1, channels: 8}, {blocks: 1, channels: 8}]
head: {classes: 10}
";

/// A stem with a max pool.
const POOLED: &str = "\
model: pooled
input: {channels: 3, height: 32, width: 32}
stem: {channels: 8, kernel: 7, stride: 2, pool: {kind: max, kernel: 3, stride: 2}}
block: {kind: basic, shortcut: projection}
stages: [{blocks: 1, channels: 8}]
head: {classes: 10}
";

/// What each pass leaves, under its name; names the passes that changed something.
fn watched(lowered: &Graph, passes: &[Pass], changing: &mut BTreeSet<&'static str>) -> String {
    let mut graph = lowered.clone();
    let mut last = lowered.to_string();
    let mut text = format!("# lowered\n{last}");
    run_watched(&mut graph, passes, |name, graph| {
        let now = graph.to_string();
        let shown = match now == last {
            true => "(as before)\n",
            false => {
                changing.insert(name);
                &now
            }
        };
        text += &format!("\n# {name}\n{shown}");
        last = now;
    })
    .unwrap();
    text
}

#[test]
fn every_pass_leaves_what_is_checked_in() {
    let mut changing = BTreeSet::new();
    for (name, spec, frozen) in [
        ("residual", RESIDUAL, ""),
        ("residual_frozen", RESIDUAL, "layer1"),
        ("pre_activation", PRE_ACTIVATION, ""),
        ("layers", LAYERS, ""),
        ("gated_frozen", GATED, "layer1"),
        ("pooled", POOLED, ""),
    ] {
        let source = Source::new("tiny.yaml", spec);
        let spec = stages::parsed(&source).unwrap();
        let mut lowered = stages::lowered(&stages::expanded(&spec).unwrap()).unwrap();
        if !frozen.is_empty() {
            freeze(&mut lowered, &[frozen.to_owned()]).unwrap();
        }
        for (kind, passes) in [("inference", INFERENCE), ("training", TRAINING)] {
            let text = watched(&lowered, passes, &mut changing);
            assert_snapshot(&format!("passes_{name}_{kind}"), &text);
        }
    }
    for (name, _) in INFERENCE.iter().chain(TRAINING) {
        assert!(changing.contains(name), "no network shows what {name} does");
    }
}
