//! Recomputation: what stays until backward, what is computed again, and what that does to plans.

mod deep_common;
mod plan_common;

use plan_common::simulate;
use resnet_compiler::emit::Network;
use resnet_compiler::graph::{EdgeKind, Graph, Phase};
use resnet_compiler::source::Source;
use resnet_compiler::{Options, Recompute, analyse, analyse_with};

fn with(source: &Source, recompute: Recompute) -> Network {
    let options = Options {
        recompute: Some(recompute),
        ..Options::default()
    };
    analyse_with(source, &options).unwrap()
}

/// Names of forward nodes that backward reads, and of those that it computes again.
fn kept_and_recomputed(graph: &Graph) -> [Vec<&str>; 2] {
    let nodes = || graph.order().into_iter();
    let is_kept = |node| {
        nodes().any(|reader| {
            let edges = graph.edges_into(reader).into_iter();
            let mut saved = edges.filter(|edge| edge.1 == EdgeKind::Saved);
            saved.any(|(value, _)| value.node == node)
        })
    };
    let kept = nodes().filter(|&node| is_kept(node));
    let again = nodes().filter(|&node| {
        let node = graph.node(node);
        node.phase == Phase::Backward && node.name.ends_with('\'')
    });
    let names = |nodes: &mut dyn Iterator<Item = _>| {
        let names = nodes.map(|node| graph.node(node).name.as_str());
        names.collect()
    };
    [names(&mut { kept }), names(&mut { again })]
}

#[test]
fn blocks_keep_what_they_read_of_one_another() {
    let network = with(&deep_common::cifar(2), Recompute::Block);
    let [kept, again] = kept_and_recomputed(&network.training.graph);
    assert_eq!(
        kept,
        [
            "input",
            "bn1",
            "layer1.0.bn2",
            "layer1.1.bn2",
            "layer2.0.bn2",
            "layer2.1.bn2",
            "layer3.0.bn2",
            // Backward begins with the last block.
            "layer3.1.conv1",
            "layer3.1.bn1",
            "layer3.1.conv2",
            "layer3.1.bn2",
            "avgpool",
        ]
    );
    // The last first, each in order; ends of blocks are there.
    assert_eq!(
        again[..3],
        ["layer3.0.conv1'", "layer3.0.bn1'", "layer3.0.conv2'"]
    );
    assert_eq!(again.len(), 5 * 3 + 1);
    assert_eq!(again[again.len() - 1], "conv1'");
}

#[test]
fn stages_keep_less_for_longer() {
    let network = with(&deep_common::cifar(2), Recompute::Stage);
    let [kept, again] = kept_and_recomputed(&network.training.graph);
    assert_eq!(kept[..3], ["input", "layer1.1.bn2", "layer2.1.bn2"]);
    assert!(
        kept[3..]
            .iter()
            .all(|name| name.starts_with("layer3.") || *name == "avgpool")
    );
    let [first, .., last] = &again[..] else {
        panic!("{again:?}");
    };
    assert_eq!([*first, *last], ["layer2.0.conv1'", "layer1.1.conv2'"]);
}

#[test]
fn plain_networks_are_parted_after_every_other_convolution() {
    let source = Source::new(
        "plain.yaml",
        "model: plain\ninput: {channels: 3, height: 8, width: 8}\nstem: {channels: 8, kernel: 3}\n\
         block: {kind: basic, shortcut: none}\nstages: [{blocks: 3, channels: 8}]\n\
         head: {classes: 3}\n",
    );
    let network = with(&source, Recompute::Block);
    let [kept, _] = kept_and_recomputed(&network.training.graph);
    assert_eq!(kept[..3], ["input", "layer1.0.bn1", "layer1.1.bn1"]);
}

#[test]
fn the_key_changes_the_plan_and_nothing_else() {
    let keyed = |word: &str| {
        let Source { text, .. } = deep_common::cifar(3);
        let source = Source::new("keyed.yaml", &format!("{text}recompute: {word}\n"));
        analyse(&source).unwrap()
    };
    let [none, block, stage] = ["none", "block", "stage"].map(keyed);
    let unsaid = analyse(&deep_common::cifar(3)).unwrap();
    assert_eq!(none.training.plan.peak, unsaid.training.plan.peak);
    assert!(block.training.plan.peak < none.training.plan.peak);
    assert!(stage.training.plan.peak < none.training.plan.peak);
    assert_ne!(block.training.plan.peak, stage.training.plan.peak);
    for other in [&none, &block, &stage] {
        assert_eq!(other.hash, unsaid.hash);
        assert_eq!(other.inference.plan.peak, unsaid.inference.plan.peak);
        assert_eq!(other.sizes().saved, unsaid.sizes().saved);
        assert_eq!(other.sizes().packed_forward, unsaid.sizes().packed_forward);
    }
}

#[test]
fn the_deepest_network_trains_in_four_gibibytes() {
    let network = with(&deep_common::cifar(200), Recompute::Block);
    simulate(&network.training);
    let bytes = 4 * network.training.plan.peak * 128;
    assert!(bytes < 15 << 28, "{bytes} bytes of 128 images");
}

#[test]
fn plans_stay_close_to_their_lower_bound() {
    for source in deep_common::published() {
        let none = analyse(&source).unwrap().training.plan.peak;
        for recompute in [Recompute::Block, Recompute::Stage] {
            let network = with(&source, recompute);
            simulate(&network.training);
            let plan = &network.training.plan;
            let (peak, bound) = (plan.peak, plan.lower_bound);
            println!(
                "{} {recompute:?} {:.3} of {none}, {:.4}",
                source.path,
                peak as f64 / none as f64,
                peak as f64 / bound as f64
            );
            assert!(
                peak <= bound + bound / 10,
                "{}: {peak} elements, {bound} are alive at once",
                source.path
            );
            assert!(
                peak <= none,
                "{}: {peak} elements, {none} without",
                source.path
            );
        }
    }
}
