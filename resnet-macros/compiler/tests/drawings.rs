//! What the compiler shows: the text of every stage of two tiny networks is
//! checked in; pictures of all networks are XML that says what it should.

mod common;
mod snapshot_common;

use std::path::{Path, PathBuf};

use resnet_compiler::diagram::{Diagram, rails};
use resnet_compiler::draw::{self, Format, Subject};
use resnet_compiler::graph::Graph;
use resnet_compiler::plan::Plan;
use resnet_compiler::source::Source;
use resnet_compiler::{analyse, stages};
use roxmltree::Document;
use snapshot_common::assert_snapshot;

/// One block with a projection.
const PROJECTION: &str = "\
model: projection
input: {channels: 3, height: 8, width: 8}
stem: {channels: 16, kernel: 3}
block: {kind: basic, shortcut: projection}
stages: [{blocks: 1, channels: 32, stride: 2}]
head: {classes: 10}
";

/// Bottlenecks behind a pool, the second one equal on both ends.
const BOTTLENECK: &str = "\
model: bottleneck
input: {channels: 1, height: 12, width: 10}
stem: {channels: 8, kernel: 5, stride: 2, pool: {kind: average, kernel: 2, stride: 2}}
block: {kind: bottleneck, shortcut: identity}
stages: [{blocks: 2, channels: 4}]
head: {classes: 3}
";

fn drawn(title: &str, graph: &Graph, plan: Option<&Plan>, format: Format, unfold: bool) -> String {
    let subject = Subject {
        title,
        graph,
        plan,
        unfold,
    };
    draw::graph(&subject, format)
}

#[test]
fn every_stage_reads_as_checked_in() {
    for (name, text) in [("projection", PROJECTION), ("bottleneck", BOTTLENECK)] {
        let source = Source::new("tiny.yaml", text);
        let lowered =
            stages::lowered(&stages::expanded(&stages::parsed(&source).unwrap()).unwrap()).unwrap();
        let fused = stages::fused(&lowered).unwrap();
        let backward = stages::backward(&lowered).unwrap();
        let text = |graph| drawn(name, graph, None, Format::Text, false);
        assert_snapshot(&format!("{name}_lowered"), &text(&lowered));
        assert_snapshot(&format!("{name}_fused"), &text(&fused));
        assert_snapshot(&format!("{name}_backward"), &text(&backward));
        for (graph, training) in [(fused, false), (backward, true)] {
            let planned = stages::planned(graph, training);
            let kind = if training { "training" } else { "inference" };
            let plan = Some(&planned.plan);
            let text = drawn(name, &planned.graph, plan, Format::Text, false);
            assert_snapshot(&format!("{name}_planned_{kind}"), &text);
            assert_snapshot(&format!("{name}_arena_{kind}"), &draw::arena_text(&planned));
        }
    }
}

fn specs() -> Vec<PathBuf> {
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs");
    let entries = std::fs::read_dir(specs).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    paths.sort();
    paths
}

fn tooltips(svg: &str) -> Vec<String> {
    let document = Document::parse(svg).unwrap();
    let titles = document.descendants().filter(|n| n.has_tag_name("title"));
    titles.filter_map(|n| n.text().map(str::to_owned)).collect()
}

#[test]
fn pictures_of_every_network_are_whole() {
    for path in specs() {
        let source = Source::read(&path, "spec.yaml").unwrap();
        let network = analyse(&source).unwrap();
        for planned in [&network.inference, &network.training] {
            let graph = &planned.graph;
            let arena = tooltips(&draw::arena("an arena", planned));
            for unfold in [false, true] {
                let svg = drawn("<&\">", graph, Some(&planned.plan), Format::Svg, unfold);
                assert!(!svg.contains("NaN") && !svg.contains("inf"));
                let tooltips = tooltips(&svg);
                assert_eq!(tooltips[0], "<&\">");
                for b in Diagram::new(graph, unfold).boxes {
                    let start = format!("{}: {}", b.name, b.parts.join(" + "));
                    assert!(tooltips.iter().any(|t| t.starts_with(&start)), "{start}");
                }
            }
            for &node in &planned.plan.order {
                let node = graph.node(node);
                let told = |t: &String| t.starts_with(&format!("{} ", node.name));
                assert!(node.outputs.is_empty() || arena.iter().any(told));
            }
        }
    }
}

#[test]
fn what_is_computed_again_is_shown_beside_what_it_repeats() {
    let text = PROJECTION.replace("blocks: 1", "blocks: 2") + "recompute: block\n";
    let network = analyse(&Source::new("tiny.yaml", &text)).unwrap();
    let planned = &network.training;
    let plan = Some(&planned.plan);
    let draw = |format| drawn("recomputed", &planned.graph, plan, format, false);
    assert_snapshot("recomputed_planned_training", &draw(Format::Text));
    assert_snapshot("recomputed_arena_training", &draw::arena_text(planned));
    let again = "layer1.0.conv1'";
    for format in [Format::Mermaid, Format::Dot] {
        assert!(draw(format).contains(again));
    }
    let tooltips = tooltips(&draw(Format::Svg));
    assert!(tooltips.iter().any(|tooltip| tooltip.starts_with(again)));
    let boxes = Diagram::new(&planned.graph, false).boxes;
    let found = boxes.iter().find(|b| b.name == again).unwrap();
    let forward = found.forward.map(|forward| boxes[forward].name.as_str());
    assert_eq!(forward, Some("layer1.0.conv1"));
}

#[test]
fn runs_of_equal_blocks_become_one_frame() {
    let frames = |name: &str, graph: fn(&Graph) -> Graph| -> Vec<String> {
        let path = format!("{}/../../specs/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let source = Source::read(path.as_ref(), name).unwrap();
        let lowered =
            stages::lowered(&stages::expanded(&stages::parsed(&source).unwrap()).unwrap()).unwrap();
        let diagram = Diagram::new(&graph(&lowered), false);
        assert!(diagram.boxes.len() < 200);
        diagram.frames.iter().map(|frame| frame.title()).collect()
    };
    let expected = ["7 x: layer2.1 to layer2.7", "35 x: layer3.1 to layer3.35"];
    for graph in [
        |graph: &Graph| graph.clone(),
        |graph: &Graph| stages::fused(graph).unwrap(),
        |graph: &Graph| stages::backward(graph).unwrap(),
    ] {
        assert_eq!(frames("resnet152", graph), expected);
    }
    assert!(frames("digits", |graph| graph.clone()).is_empty());
}

#[test]
fn folding_loses_no_link_between_what_is_shown() {
    for path in specs() {
        let network = analyse(&Source::read(&path, "spec.yaml").unwrap()).unwrap();
        let whole = Diagram::new(&network.training.graph, true);
        let folded = Diagram::new(&network.training.graph, false);
        let read = |diagram: &Diagram, name: &str| {
            let at = diagram.boxes.iter().position(|b| b.name == name).unwrap();
            diagram.links.iter().filter(|link| link.to == at).count()
        };
        for b in &folded.boxes {
            let (shown, all) = (read(&folded, &b.name), read(&whole, &b.name));
            assert_eq!(shown, all, "{} of {}", b.name, path.display());
        }
    }
}

#[test]
fn rails_show_forks_and_merges() {
    let network = analyse(&Source::new("tiny.yaml", PROJECTION)).unwrap();
    let diagram = Diagram::new(&network.inference.graph, false);
    let expected = "\
●   input                  input                                 3x8x8
●   conv1                  conv2d 3x3 + batch_norm + relu        16x8x8
├─╮
● │ layer1.0.conv1         conv2d 3x3 / 2 + batch_norm + relu    32x4x4
│ ● layer1.0.downsample.0  conv2d 1x1 / 2 + batch_norm           32x4x4
├─╯
●   layer1.0.conv2         conv2d 3x3 + batch_norm + add + relu  32x4x4
●   avgpool                global_average_pool                   32x1x1
●   fc                     linear                                10x1x1
●   output                 output                                10x1x1
";
    assert_eq!(rails::draw(&diagram), expected);
}

#[test]
fn dot_and_mermaid_name_every_box_and_link() {
    let network = analyse(&common::spec("basic", "projection", true)).unwrap();
    let graph = &network.training.graph;
    let diagram = Diagram::new(graph, false);
    for (format, arrow) in [(Format::Dot, " -> "), (Format::Mermaid, "> n")] {
        let text = drawn("a \"title\"", graph, None, format, false);
        assert_eq!(text.matches(arrow).count(), diagram.links.len());
        for b in &diagram.boxes {
            assert!(text.contains(&b.name));
        }
    }
}
