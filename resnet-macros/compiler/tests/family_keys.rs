//! Every key of the family form does something: with it, the network is another one, or the
//! same one with another name, limit or picture.

mod spec_common;

use resnet_compiler::emit::Network;
use resnet_compiler::metadata::ClassNames;
use resnet_compiler::source::Source;
use resnet_compiler::{Choice, Options, analyse, analyse_with};
use resnet_geometry::{Interpolation, Resize};
use spec_common::GOOD;

/// A spec with edits, compiled.
fn compiled(text: &str, edits: &[(&str, &str)]) -> Network {
    let text = edits.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "no {from:?} in {text}");
        text.replacen(from, to, 1)
    });
    let source = Source::new("x.yaml", &text);
    analyse(&source).unwrap_or_else(|found| panic!("{text}\n{}", found.render(&source)))
}

/// Bottlenecks, three blocks, a deep stem with a pool, on images that are not square.
const RICH: &str = "\
model: rich
input: {channels: 3, height: 24, width: 32}
stem: {kind: deep, channels: 16, kernel: 3, stride: 2, pool: {kind: max, kernel: 3, stride: 2}}
block: {kind: bottleneck, shortcut: projection}
stages:
  - {blocks: 1, channels: 16}
  - {blocks: 2, channels: 16, stride: 2}
head: {classes: 10}
";

#[test]
fn every_key_changes_the_network() {
    let base = compiled(RICH, &[]).hash;
    let block = "shortcut: projection";
    let stage = "blocks: 2, channels: 16";
    let head = "head: {classes: 10}";
    let all = [
        ("height: 24", "height: 40"),
        ("width: 32", "width: 48"),
        ("input: {channels: 3", "input: {channels: 1"),
        ("kind: deep", "kind: deep_tiered"),
        ("kind: deep", "kind: conv"),
        ("channels: 16, kernel: 3", "channels: 24, kernel: 3"),
        (
            "channels: 16, kernel: 3",
            "channels: 16, width: 6, kernel: 3",
        ),
        (
            "kernel: 3, stride: 2, pool",
            "kernel: [3, 5], stride: 2, pool",
        ),
        (
            "kernel: 3, stride: 2, pool",
            "kernel: 3, stride: [1, 2], pool",
        ),
        (
            "kernel: 3, stride: 2, pool",
            "kernel: 3, stride: 2, padding: 0, pool",
        ),
        (", pool: {kind: max, kernel: 3, stride: 2}", ""),
        ("kind: max", "kind: average"),
        ("kind: max, kernel: 3", "kind: max, kernel: [2, 3]"),
        (
            "kind: max, kernel: 3, stride: 2",
            "kind: max, kernel: 3, stride: [2, 1]",
        ),
        ("kind: max, kernel: 3", "kind: max, padding: 0, kernel: 3"),
        (
            "kind: max, kernel: 3",
            "kind: max, antialias: {}, kernel: 3",
        ),
        (
            "kind: max, kernel: 3",
            "kind: max, antialias: {kernel: 2}, kernel: 3",
        ),
        ("kind: bottleneck", "kind: basic"),
        (block, "shortcut: identity"),
        (block, "shortcut: projection_all"),
        (block, "shortcut: average_projection"),
        (block, "shortcut: none"),
        (block, "shortcut: projection, order: pre_activation"),
        (block, "shortcut: projection, stride_on: conv1"),
        (block, "shortcut: projection, groups: 4"),
        (block, "shortcut: projection, width_per_group: 32"),
        (block, "shortcut: projection, squeeze_excitation: {}"),
        (
            block,
            "shortcut: projection, squeeze_excitation: {reduction: 4}",
        ),
        (block, "shortcut: projection, antialias: {}"),
        (block, "shortcut: projection, antialias: {kernel: 5}"),
        (block, "shortcut: projection, activation: silu"),
        (block, "shortcut: projection, drop_path: 0.1"),
        (block, "shortcut: projection, drop_path: 0.2"),
        (stage, "blocks: 3, channels: 16"),
        (stage, "blocks: 2, channels: 24"),
        ("stride: 2}\nhead", "stride: [2, 1]}\nhead"),
        ("stride: 2}\nhead", "dilation: 2}\nhead"),
        (stage, "blocks: 2, channels: 16, kind: basic"),
        (stage, "blocks: 2, channels: 16, shortcut: identity"),
        (stage, "blocks: 2, channels: 16, order: pre_activation"),
        (stage, "blocks: 2, channels: 16, stride_on: conv1"),
        (stage, "blocks: 2, channels: 16, groups: 4"),
        (stage, "blocks: 2, channels: 16, width_per_group: 32"),
        (stage, "blocks: 2, channels: 16, squeeze_excitation: {}"),
        (stage, "blocks: 2, channels: 16, antialias: {kernel: 7}"),
        (
            stage,
            "blocks: 2, channels: 16, activation: {leaky_relu: {slope: 0.2}}",
        ),
        (
            stage,
            "blocks: 2, channels: 16, activation: {leaky_relu: {slope: 0.3}}",
        ),
        (
            stage,
            "blocks: 2, channels: 16, activation: {elu: {alpha: 0.5}}",
        ),
        (stage, "blocks: 2, channels: 16, drop_path: 0.3"),
        (head, "head: {classes: 11}"),
        (head, "head: {classes: 10, dropout: 0.1}"),
        (head, "head: {classes: 10, bias: false}"),
        (head, "activation: gelu\nhead: {classes: 10}"),
        (head, "activation: elu\nhead: {classes: 10}"),
        (head, "activation: hard_swish\nhead: {classes: 10}"),
        (head, "activation: sigmoid\nhead: {classes: 10}"),
        (head, "activation: tanh\nhead: {classes: 10}"),
        (head, "activation: identity\nhead: {classes: 10}"),
        (head, "norm: none\nhead: {classes: 10}"),
        (head, "norm: {batch: {epsilon: 0.001}}\nhead: {classes: 10}"),
        (head, "norm: {batch: {momentum: 0.01}}\nhead: {classes: 10}"),
        (head, "outputs: {features: layer2}"),
        (
            head,
            "head: {classes: 10}\noutputs: {logits: fc, features: layer1}",
        ),
        (
            head,
            "head: {classes: 10}\noutputs: {logits: fc, features: layer1.0}",
        ),
    ];
    for edit in all {
        assert_ne!(
            compiled(RICH, &[edit]).hash,
            base,
            "{edit:?} changes nothing"
        );
    }
}

#[test]
fn what_computes_nothing_does_not_change_the_hash() {
    let base = compiled(GOOD, &[]);
    let names = "class_names: [a, b, c, d, e, f, g, h, i, j]\nhead:";
    let pictures = "preprocessing: {resize: 10, crop: 8, interpolation: bicubic, mean: [0.5], \
                    std: [0.25]}\nhead:";
    for edit in [
        ("head:", names),
        ("head:", pictures),
        (
            "head:",
            "limits: {parameters: 12M, inference_memory: 8MiB}\nhead:",
        ),
        ("head:", "algorithm: direct\nhead:"),
        ("model: digits", "model: others"),
    ] {
        assert_eq!(compiled(GOOD, &[edit]).hash, base.hash, "{edit:?}");
    }
    let metadata = compiled(GOOD, &[("head:", names)]).metadata;
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map(str::to_owned);
    assert_eq!(metadata.class_names, ClassNames::List(names.to_vec()));
    let pictures = compiled(GOOD, &[("head:", pictures)])
        .metadata
        .preprocessing;
    assert_eq!(pictures.resize, Some(Resize::Shorter(10)));
    assert_eq!(pictures.crop, Some([8, 8]));
    assert_eq!(pictures.interpolation, Some(Interpolation::Bicubic));
    assert_eq!(
        (pictures.mean, pictures.std),
        (Some(vec![0.5]), Some(vec![0.25]))
    );
}

/// How parameters are initialised is no part of what the network computes.
#[test]
fn initialisation_reaches_the_parameters() {
    let inits = |edits: &[(&str, &str)]| {
        let network = compiled(RICH, edits);
        let parameters = network.inference.graph.parameters().iter();
        let inits = parameters.map(|parameter| format!("{} {:?}", parameter.name, parameter.init));
        inits.collect::<Vec<_>>()
    };
    let base = inits(&[]);
    for keys in [
        "conv: {kaiming_normal: {fan: in}}",
        "conv: kaiming_uniform",
        "conv: xavier_normal",
        "conv: xavier_uniform",
        "conv: uniform",
        "conv: {normal: {std: 0.02}}",
        "linear: normal",
        "linear: zeros",
        "zero_last_norm: true",
    ] {
        let edited = inits(&[("head:", &format!("initialization: {{{keys}}}\nhead:"))]);
        assert_ne!(edited, base, "{keys}");
    }
    // Last norms of three blocks; with pre-activation last convolutions.
    let zero = ("head:", "initialization: {zero_last_norm: true}\nhead:");
    let zeros = |inits: Vec<String>, name: &str| {
        let zero = inits
            .iter()
            .filter(|init| init.contains(name) && init.contains("Constant(0.0)"));
        zero.count()
    };
    assert_eq!(zeros(inits(&[zero]), "bn3.weight"), 3);
    let pre = (
        "shortcut: projection",
        "shortcut: projection, order: pre_activation",
    );
    assert_eq!(zeros(inits(&[zero, pre]), "conv3.weight"), 3);
}

#[test]
fn the_callers_algorithm_goes_before_the_specs() {
    let algorithms = |text: &str, choice| {
        let options = Options {
            algorithm: choice,
            ..Options::default()
        };
        let network = analyse_with(&Source::new("x.yaml", text), &options).unwrap();
        format!("{}", network.inference.graph)
    };
    let text = GOOD.replacen("head:", "algorithm: winograd\nhead:", 1);
    let of = |choice| algorithms(GOOD, Some(choice));
    assert_eq!(algorithms(&text, None), of(Choice::Winograd));
    assert_eq!(algorithms(&text, Some(Choice::Direct)), of(Choice::Direct));
    assert_ne!(of(Choice::Winograd), of(Choice::Direct));
}
