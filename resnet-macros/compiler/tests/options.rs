//! What a caller's options make of graphs and of emitted code.

mod common;

use proc_macro2::{Ident, Span, TokenStream};
use resnet_compiler::emit::{self, Network};
use resnet_compiler::ops::{BatchNorm, FixedNorm, Op};
use resnet_compiler::source::Source;
use resnet_compiler::{Options, analyse_with};

fn network(options: &Options) -> Network {
    analyse_with(&common::spec("basic", "projection", true), options).unwrap()
}

fn frozen(names: &[&str]) -> Options {
    Options {
        freeze: names.iter().map(|&name| name.to_owned()).collect(),
        ..Options::default()
    }
}

fn count<O: Op>(network: &Network) -> usize {
    let graph = &network.training.graph;
    let nodes = graph.indices().into_iter();
    nodes
        .filter(|&n| graph.node(n).op_as::<O>().is_some())
        .count()
}

fn emitted(options: &Options) -> String {
    emit::emit(&network(options), options).to_string()
}

#[test]
fn frozen_layers_before_all_trained_ones_have_no_backward() {
    let names = ["conv1", "bn1", "layer1"];
    let [whole, part] = [Options::default(), frozen(&names)].map(|options| network(&options));
    assert_eq!(count::<FixedNorm>(&part), 5);
    assert_eq!(count::<BatchNorm>(&part) + 5, count::<BatchNorm>(&whole));
    let text = part.training.graph.to_string();
    for name in ["d_conv1", "d_bn1", "d_maxpool", "d_layer1"] {
        assert!(!text.contains(name), "{name} in\n{text}");
    }
    assert!(text.contains("d_layer2.0.conv1.weight"), "{text}");
    assert!(!text.contains("d_layer2.0.conv1.input"), "{text}");
    assert!(part.storage.trained < whole.storage.trained);
    assert_eq!(part.storage.master, whole.storage.master);
    // What the network computes is the same.
    assert_eq!(part.hash, whole.hash);
}

#[test]
fn gradients_flow_through_frozen_layers_to_trained_ones() {
    let part = network(&frozen(&["layer2", "fc"]));
    let text = part.training.graph.to_string();
    for name in [
        "d_layer2.0.conv1.input",
        "d_layer2.1.bn2.input",
        "d_fc.input",
        "d_conv1.weight",
    ] {
        assert!(
            text.contains(&format!("{name} = ")),
            "{name} not in\n{text}"
        );
    }
    for name in [
        "d_layer2.0.conv1.weight",
        "d_layer2.1.conv2.weight",
        "d_fc.weight",
    ] {
        assert!(!text.contains(name), "{name} in\n{text}");
    }
}

#[test]
fn a_name_reaches_up_to_a_dot() {
    let trains = |names: &[&str], name: &str| {
        let network = network(&frozen(names));
        let graph = &network.training.graph;
        let mut ids = (0..graph.parameters().len()).map(resnet_compiler::parameter::ParameterId);
        let id = ids.find(|id| graph.parameters()[id.0].name == name);
        graph.trains(id.unwrap())
    };
    assert!(!trains(&["layer1.0"], "layer1.0.conv2.weight"));
    assert!(trains(&["layer1.0"], "layer1.1.conv2.weight"));
    assert!(!trains(&["layer1.0.bn1"], "layer1.0.bn1.bias"));
    assert!(trains(&["layer1.0.bn1"], "layer1.0.bn2.bias"));
}

/// The memory that a step is said to take beyond a limit of one byte.
fn training_memory(options: &Options) -> String {
    let spec = common::spec("basic", "projection", true);
    let limited = format!("{}limits: {{training_memory: 1}}\n", spec.text);
    let found = analyse_with(&Source::new("test.yaml", &limited), options).unwrap_err();
    found.iter().next().unwrap().message.clone()
}

#[test]
fn the_limit_counts_nothing_for_what_is_frozen() {
    let sizes = |options: &Options| network(options).sizes();
    let (whole, part) = (Options::default(), frozen(&["conv1", "bn1", "layer1"]));
    let saved = 2 * (sizes(&whole).trained - sizes(&part).trained);
    assert!(saved > 0);
    let [whole_message, part_message] = [&whole, &part].map(training_memory);
    assert!(
        whole_message.contains("KiB for training"),
        "{whole_message}"
    );
    let kib = |message: &str| -> f64 {
        let number = message.split("takes ").nth(1).unwrap();
        number.split("KiB").next().unwrap().parse().unwrap()
    };
    // Less for what is frozen (and for values that its backward would keep), to two decimals.
    let less = kib(&whole_message) - kib(&part_message);
    assert!(less * 1024.0 + 16.0 >= 4.0 * saved as f64, "{less} KiB");
}

#[test]
fn mistakes_tell_which_name_they_are_about() {
    let source = common::spec("basic", "projection", true);
    let found = |names: &[&str]| analyse_with(&source, &frozen(names)).unwrap_err();
    let all = found(&["conv1", "bn1", "layer1", "layer2", "fc"]);
    let first = all.iter().next().unwrap();
    assert_eq!((first.code.id(), first.argument), ("E0702", Some(0)));
    let found = found(&["fc", "fcc", "conv1", ""]);
    let about: Vec<_> = found
        .iter()
        .map(|mistake| (mistake.code.id(), mistake.argument))
        .collect();
    assert_eq!(about, [("E0701", Some(1)), ("E0701", Some(3))]);
}

#[test]
fn inference_only_emits_nothing_of_training() {
    let options = Options {
        training: false,
        ..Options::default()
    };
    let text = emitted(&options);
    for word in ["train_", "Trainer", "Step", "backward ("] {
        assert!(!text.contains(word), "{word}");
    }
    assert!(3 * text.len() < 2 * emitted(&Options::default()).len());
}

#[test]
fn visibility_name_limit_and_weights() {
    let options = Options {
        visibility: "pub(crate)".parse::<TokenStream>().unwrap(),
        module: Some(Ident::new("net", Span::call_site())),
        max_batch: Some(8),
        weights: Some("/w.safetensors".to_owned()),
        ..Options::default()
    };
    let text = emitted(&options);
    for expected in [
        "pub (crate) mod net {",
        "pub const MAX_BATCH : usize = 8 ;",
        "max_batch : Some (8)",
        "name : \"test\"",
        "include_bytes ! (\"/w.safetensors\")",
    ] {
        assert!(text.contains(expected), "{expected} not in\n{text}");
    }
}
