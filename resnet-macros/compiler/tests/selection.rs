//! Which algorithm inference's convolutions get, and what follows from it.

mod common;

use resnet_compiler::emit::{Network, emit};
use resnet_compiler::graph::Shape;
use resnet_compiler::ops::Conv2d;
use resnet_compiler::select::{cost, select};
use resnet_compiler::source::Source;
use resnet_compiler::{Choice, Options, analyse_with};
use resnet_geometry::{Algorithm, Conv2d as Sizes};

fn three(channels: usize) -> Sizes {
    Sizes::new(channels, channels)
        .kernel([3, 3])
        .padding([1, 1])
}

fn auto(channels: usize, size: usize) -> Algorithm {
    let output = Shape::new(channels, size, size);
    select(&three(channels), output, Choice::Auto)
}

fn with(name: &str, algorithm: Choice) -> Network {
    let path = format!("{}/../../specs/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    let source = Source::read(path.as_ref(), name).unwrap();
    let options = Options {
        algorithm: Some(algorithm),
        ..Options::default()
    };
    analyse_with(&source, &options).unwrap()
}

fn algorithms(network: &Network) -> Vec<Algorithm> {
    let graph = &network.inference.graph;
    let convolutions = graph.order().into_iter().filter_map(|node| {
        let conv = graph.node(node).op_as::<Conv2d>()?;
        Some(conv.algorithm)
    });
    convolutions.collect()
}

#[test]
fn shapes_of_the_published_networks() {
    for (channels, size) in [(64, 56), (128, 28), (256, 14), (64, 8), (32, 16)] {
        assert_eq!(
            auto(channels, size),
            Algorithm::Winograd4,
            "{channels} at {size}"
        );
    }
    // Four times the weights to read are too many for four tiles.
    assert_eq!(auto(512, 7), Algorithm::Winograd2);
}

#[test]
fn strides_of_the_published_networks() {
    let auto = |[inputs, outputs]: [usize; 2], kernel: usize, size| {
        let sizes = Sizes::new(inputs, outputs)
            .kernel([kernel; 2])
            .stride([2, 2])
            .padding([kernel / 2; 2]);
        select(&sizes, Shape::new(outputs, size, size), Choice::Auto)
    };
    use Algorithm::{Direct, Winograd4};
    assert_eq!(auto([3, 64], 7, 112), Winograd4);
    assert_eq!(auto([64, 128], 3, 28), Winograd4);
    assert_eq!(auto([128, 128], 3, 28), Winograd4);
    // Eleven times the weights are too many for 16 tiles, and for four.
    assert_eq!(auto([128, 256], 3, 14), Direct);
    assert_eq!(auto([256, 512], 3, 7), Direct);
    // Three channels and few outputs: transforms cost more than they save.
    assert_eq!(auto([3, 32], 3, 112), Direct);
}

#[test]
fn only_what_can_be() {
    let output = Shape::new(64, 28, 28);
    for sizes in [
        Sizes::new(64, 64),
        three(64).stride([2, 1]),
        three(64).stride([3, 3]),
        three(8).stride([2, 2]),
        three(64).stride([2, 2]).padding([0, 0]),
        three(64).padding([0, 0]),
        three(64).kernel([5, 5]).padding([2, 2]),
    ] {
        for choice in [Choice::Auto, Choice::Winograd, Choice::Direct] {
            assert_eq!(
                select(&sizes, output, choice),
                Algorithm::Direct,
                "{sizes:?}"
            );
        }
    }
    assert_eq!(
        select(&three(64), output, Choice::Direct),
        Algorithm::Direct
    );
}

#[test]
fn one_pixel_is_not_worth_a_tile() {
    let output = Shape::new(512, 1, 1);
    assert_eq!(auto(512, 1), Algorithm::Direct);
    assert_eq!(
        select(&three(512), output, Choice::Winograd),
        Algorithm::Winograd2
    );
}

#[test]
fn costs_never_overflow() {
    let sizes = three(1 << 18);
    let output = Shape::new(1 << 18, 1 << 8, 1 << 8);
    assert!(cost(&sizes, output, Algorithm::Direct) > cost(&sizes, output, Algorithm::Winograd4));
}

#[test]
fn a_choice_changes_both_passes() {
    let networks = [Choice::Direct, Choice::Winograd].map(|choice| with("resnet18", choice));
    let [direct, winograd] = &networks;
    assert_eq!(direct.hash, winograd.hash);
    let training = |network: &Network| network.training.graph.to_string();
    let by_winograd = |text: &str| text.matches("algorithm=winograd4").count();
    // 13 convolutions, the gradients of their inputs and of their weights.
    assert_eq!(by_winograd(&training(direct)), 0);
    assert_eq!(by_winograd(&training(winograd)), 39);
    // The rows between the stem and its max pool; with tiles in the making.
    let workspace = |network: &Network| network.inference.plan.workspace;
    assert_eq!(workspace(direct), 6 * 112 * 64);
    assert!(workspace(winograd) > workspace(direct));
    let workspace = |network: &Network| network.training.plan.workspace;
    assert!(workspace(winograd) > workspace(direct));
    let by_winograd = |network| {
        let algorithms = algorithms(network).into_iter();
        algorithms
            .filter(|algorithm| *algorithm != Algorithm::Direct)
            .count()
    };
    // The stem, and 16 convolutions of 3x3.
    assert_eq!((by_winograd(direct), by_winograd(winograd)), (0, 17));
    let [direct, winograd] = networks.map(|n| emit(&n, &Options::default()).to_string());
    assert!(!direct.contains("winograd"));
    assert!(
        winograd.contains("run . conv2d_winograd4") && winograd.contains("pack . conv2d_winograd4")
    );
}

#[test]
fn the_text_form_names_the_algorithm() {
    let options = Options {
        algorithm: Some(Choice::Winograd),
        ..Options::default()
    };
    let network = analyse_with(&common::spec("basic", "identity", false), &options).unwrap();
    let text = network.inference.graph.to_string();
    assert!(
        text.contains("activation=relu algorithm=winograd4 : 8x17x13"),
        "{text}"
    );
}
