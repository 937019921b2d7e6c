//! The layer form of every spec in the repository describes the same network.

use std::fs;
use std::path::Path;

use resnet_compiler::expand_spec::observed_spec;
use resnet_compiler::graph::Graph;
use resnet_compiler::source::Source;
use resnet_compiler::{expand_spec, stages};

fn graph(source: &Source) -> Graph {
    let spec = stages::parsed(source);
    let layers = spec.and_then(|spec| stages::expanded(&spec));
    let graph = layers.and_then(|layers| stages::lowered(&layers));
    graph.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(source)))
}

fn expanded(source: &Source) -> Source {
    let text = expand_spec(source);
    let text = text.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(source)));
    Source::new("expanded.yaml", &text)
}

/// Expands a spec, and what that gives.
fn round_trip(source: &Source) -> String {
    let once = expanded(source);
    let [before, after] = [source, &once].map(|source| graph(source).to_string());
    assert_eq!(before, after);
    let twice = expanded(&once);
    assert_eq!(once.text, twice.text);
    once.text
}

#[test]
fn every_spec_of_the_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = [
        "specs",
        "experiments",
        "examples/degradation",
        "benches/growth",
    ];
    let folders = folders.map(|folder| fs::read_dir(root.join(folder)).unwrap());
    let mut seen = 0;
    for entry in folders.into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "yaml") {
            let text = fs::read_to_string(&path).unwrap();
            // Recipes of training are YAML too.
            if !text.contains("\nmodel: ") && !text.starts_with("model: ") {
                continue;
            }
            round_trip(&Source::new(path.to_str().unwrap(), &text));
            seen += 1;
        }
    }
    assert!(seen >= 40, "{seen}");
}

/// Every operator, with every key that has a default.
const ALL: &str = "\
model: all
input: {channels: 4, height: 16, width: 12}
layers:
  - {name: conv, conv: {channels: 8, kernel: [3, 1], stride: [1, 2], padding: [2, 0], dilation: [2, 1], groups: 2, bias: true, init: {kaiming_uniform: {fan: in}}}}
  - {name: norm, norm: {batch: {epsilon: 0.001, momentum: 0.2, init: zeros}}}
  - {name: leaky, activation: {leaky_relu: {slope: 0.2}}}
  - {name: elu, activation: {elu: {alpha: 0.5}}}
  - {name: hard, activation: hard_swish}
  - {name: 1st, pool: {kind: average, kernel: [2, 3], stride: 1, padding: [0, 1], ceil: true, count_padding: false}}
  - {name: \"1\", pool: {kind: max, kernel: 3, stride: 2}}
  - {name: blur, blur_pool: {kernel: 5, stride: 1}}
  - {name: blurred, blur_pool: {}}
  - {name: padded, subsample: {channels: 16, stride: [2, 1]}}
  - {name: mean, global_pool: average}
  - {name: gate, activation: sigmoid}
  - {name: scaled, scale: [padded, gate]}
  - {name: joined, concat: [scaled, padded]}
  - {name: narrow, conv: {channels: 16, kernel: 1, init: {normal: {std: 0.5}}}}
  - {name: \"true\", add: [narrow, scaled, padded]}
  - {name: dropped, drop_path: 0.25}
  - {name: off, activation: tanh}
  - {name: pooled, input: dropped, global_pool: average}
  - {name: kept, dropout: 0.5}
  - {name: fc, linear: {features: 3, bias: false, init: xavier_normal}}
outputs: {scores: fc, map: \"off\"}
preprocessing: {resize: 32, crop: [16, 12], interpolation: bicubic, mean: [0.1, 0.2, 0.3, 0.4], std: [0.5]}
class_names: [\"a \\\"b\\\"\", \"\u{e9}\\U0000000a\", \"7\"]
limits: {parameters: 12000000, macs: 1000000000, inference_memory: 8388608, training_memory: 1000000000}
algorithm: direct
";

#[test]
fn every_key_comes_back() {
    let text = round_trip(&Source::new("all.yaml", ALL));
    let expected = ALL
        .replace("{name: 1st", "{name: \"1st\"")
        .replace("{name: off", "{name: \"off\"");
    assert_eq!(text, expected);
}

#[test]
fn defaults_and_the_layer_before_are_left_out() {
    let spec = "\
model: tiny
input: {channels: 3, height: 8, width: 8}
stem: {channels: 16, kernel: 3}
block: {kind: basic, shortcut: projection}
stages: [{blocks: 1, channels: 16}, {blocks: 1, channels: 32, stride: 2}]
head: {classes: 10}
";
    let expected = "\
model: tiny
input: {channels: 3, height: 8, width: 8}
layers:
  - {name: conv1, conv: {channels: 16, kernel: 3}}
  - {name: bn1, norm: batch}
  - {name: relu, activation: relu}
  - {name: layer1.0.conv1, conv: {channels: 16, kernel: 3}}
  - {name: layer1.0.bn1, norm: batch}
  - {name: layer1.0.relu1, activation: relu}
  - {name: layer1.0.conv2, conv: {channels: 16, kernel: 3}}
  - {name: layer1.0.bn2, norm: batch}
  - {name: layer1.0.add, add: [layer1.0.bn2, relu]}
  - {name: layer1.0.relu, activation: relu}
  - {name: layer2.0.conv1, conv: {channels: 32, kernel: 3, stride: 2}}
  - {name: layer2.0.bn1, norm: batch}
  - {name: layer2.0.relu1, activation: relu}
  - {name: layer2.0.conv2, conv: {channels: 32, kernel: 3}}
  - {name: layer2.0.bn2, norm: batch}
  - {name: layer2.0.downsample.0, input: layer1.0.relu, conv: {channels: 32, kernel: 1, stride: 2}}
  - {name: layer2.0.downsample.1, norm: batch}
  - {name: layer2.0.add, add: [layer2.0.bn2, layer2.0.downsample.1]}
  - {name: layer2.0.relu, activation: relu}
  - {name: avgpool, global_pool: average}
  - {name: fc, linear: {features: 10}}
";
    assert_eq!(round_trip(&Source::new("tiny.yaml", spec)), expected);
}

/// Outputs at every layer of inference change nothing of what is computed.
#[test]
fn observed_networks_compute_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs");
    for name in [
        "resnet18",
        "seresnet50",
        "resnetv2_50",
        "residual_conv",
        "resnetblur50",
    ] {
        let source = Source::read(&folder.join(format!("{name}.yaml")), name).unwrap();
        let observed = Source::new("observed.yaml", &observed_spec(&source).unwrap());
        // Without the lines of outputs.
        let fused = |source: &Source| -> Vec<String> {
            let graph = stages::fused(&graph(source)).unwrap().to_string();
            let lines = graph.lines().filter(|line| !line.contains(" = output("));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(fused(&observed), fused(&source), "{name}");
        let outputs = graph(&observed).to_string().matches(" = output(").count();
        // Convolutions of shortcuts may go into an addition or take it in.
        let values = fused(&source).len() - 1;
        assert!(
            (values / 2..=values).contains(&outputs),
            "{name}: {outputs}"
        );
    }
}
