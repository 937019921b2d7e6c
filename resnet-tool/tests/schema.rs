//! The JSON Schema that the tool prints takes every spec in the repository, and refuses common
//! mistakes, which the compiler refuses too.

use std::path::Path;
use std::process::Command;

use boon::{Compiler, Schemas};
use resnet_compiler::{analyse, source::Source};
use serde_json::Value;

/// What `resnet schema` prints.
fn schema() -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_resnet"))
        .arg("schema")
        .output()
        .unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the schema finds wrong with a spec.
fn fault(schemas: &Schemas, schema: boon::SchemaIndex, text: &str) -> Option<String> {
    let spec: Value = serde_yaml::from_str(text).unwrap();
    let error = schemas.validate(&spec, schema).err()?;
    Some(error.to_string())
}

fn compiled() -> (Schemas, boon::SchemaIndex) {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler
        .add_resource("resnet.schema.json", schema())
        .unwrap();
    let index = compiler
        .compile("resnet.schema.json", &mut schemas)
        .unwrap();
    (schemas, index)
}

#[test]
fn takes_every_spec_of_the_repository() {
    let (schemas, schema) = compiled();
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs");
    let mut count = 0;
    for entry in std::fs::read_dir(specs).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "yaml") {
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(fault(&schemas, schema, &text), None, "{}", path.display());
            count += 1;
        }
    }
    assert!(count >= 29);
}

/// The specs that the language reference shows, which together use every key.
#[test]
fn takes_every_example_of_the_reference() {
    let (schemas, schema) = compiled();
    let page = include_str!("../../specs/LANGUAGE.md");
    let blocks = page.split("```yaml\n").skip(1);
    let examples: Vec<_> = blocks.filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() > 20);
    for example in examples {
        assert_eq!(fault(&schemas, schema, example), None, "{example}");
    }
}

const FAMILY: &str = "\
model: small
input: {channels: 3, height: 32, width: 32}
stem: {channels: 16, kernel: 7, stride: 2, pool: {kind: max, kernel: 3, stride: 2}}
block: {kind: basic, shortcut: projection}
stages:
  - {blocks: 2, channels: 16}
head: {classes: 10}
";

const LAYERS: &str = "\
model: small
input: {channels: 3, height: 32, width: 32}
layers:
  - {name: conv1, conv: {channels: 16, kernel: 3}}
  - {name: conv2, conv: {channels: 16, kernel: 3}}
  - {name: sum, add: [conv2, conv1]}
";

/// Mistakes that the schema finds are mistakes for the compiler too.
#[test]
fn refuses_common_mistakes() {
    let (schemas, schema) = compiled();
    let layers = "layers: [{name: c, conv: {channels: 16, kernel: 3}}]";
    let own = format!("blocks: 2, {layers}");
    let beside: Vec<_> = [
        "stem: {channels: 16, kernel: 3}",
        "block: {kind: basic, shortcut: none}",
        "stages: [{blocks: 1, channels: 16}]",
        "head: {classes: 10}",
        "activation: relu",
        "norm: none",
        "initialization: {conv: zeros}",
    ]
    .map(|key| format!("{key}\nlayers:"))
    .into();
    let mut mistakes = vec![
        (FAMILY, "stem:", "stemm:"),
        (FAMILY, "kernel: 7", "kernel: seven"),
        (FAMILY, "kernel: 7", "kernel: 0"),
        (FAMILY, "kernel: 7", "kernel: 7.5"),
        (FAMILY, "kernel: 7", "kernel: [7]"),
        (FAMILY, "kernel: 7", "kernel: [7, 7, 7]"),
        (FAMILY, "kind: basic", "kind: bassic"),
        (FAMILY, "model: small", "model: ResNet-18"),
        (FAMILY, "model: small", "model: match"),
        (FAMILY, "model: small", "model: __"),
        (FAMILY, "height: 32, ", ""),
        (FAMILY, "kind: basic, ", ""),
        (FAMILY, "stem: {channels: 16", "other: {channels: 16"),
        (FAMILY, "block: {kind: basic, shortcut: projection}\n", ""),
        (FAMILY, "stages:\n  - {blocks: 2, channels: 16}\n", ""),
        (FAMILY, "  - {blocks: 2, channels: 16}", "  []"),
        (FAMILY, "head: {classes: 10}", ""),
        (FAMILY, "head: {classes: 10}", "outputs: {}"),
        (FAMILY, "head: {classes: 10}", "outputs: {a b: layer1}"),
        (FAMILY, "head:", "activation: {relu: {slope: 1}}\nhead:"),
        (FAMILY, "head:", "activation: {slope: 1}\nhead:"),
        (FAMILY, "head:", "norm: {batch: {eps: 1}}\nhead:"),
        (FAMILY, "head:", "norm: true\nhead:"),
        (FAMILY, "head:", "limits: {macs: 2X}\nhead:"),
        (FAMILY, "head:", "limits: {parameters: 0}\nhead:"),
        (FAMILY, "head:", "class_names: []\nhead:"),
        (FAMILY, "projection}", "projection, antialias: true}"),
        (FAMILY, "projection}", "projection, antialias: {kernel: 1}}"),
        (FAMILY, "projection}", "projection, drop_path: 1}"),
        (FAMILY, "blocks: 2, channels: 16", "channels: 16"),
        (FAMILY, "blocks: 2, channels: 16", "blocks: 2"),
        (LAYERS, "name: conv1, ", ""),
        (LAYERS, "name: conv1", "name: conv 1"),
        (LAYERS, ", conv: {channels: 16, kernel: 3}", ""),
        (LAYERS, "kernel: 3}}", "kernel: 3}, activation: relu}"),
        (LAYERS, "add: [conv2, conv1]", "add: [conv2]"),
        (LAYERS, "add: [conv2, conv1]", "add: conv1"),
        (LAYERS, "add: [", "input: conv1, add: ["),
        (LAYERS, "add: [conv2, conv1]", "dropout: 1"),
        (LAYERS, "layers:", "layer:"),
    ];
    mistakes.extend(beside.iter().map(|key| (LAYERS, "layers:", key.as_str())));
    let stages: Vec<_> = ["channels: 16", "stride: 1", "kind: basic", "drop_path: 0.1"]
        .map(|key| format!("{own}, {key}"))
        .into();
    let stages = stages.iter();
    mistakes.extend(stages.map(|stage| (FAMILY, "blocks: 2, channels: 16", stage.as_str())));
    let good = FAMILY.replacen("blocks: 2, channels: 16", &own, 1);
    for good in [FAMILY, LAYERS, &good] {
        assert_eq!(fault(&schemas, schema, good), None, "{good}");
        assert!(analyse(&Source::new("good.yaml", good)).is_ok(), "{good}");
    }
    for (good, from, to) in mistakes {
        assert!(good.contains(from), "{from}");
        let edited = good.replacen(from, to, 1);
        assert!(fault(&schemas, schema, &edited).is_some(), "{from} -> {to}");
        let compiled = analyse(&Source::new("edited.yaml", &edited));
        assert!(compiled.is_err(), "the compiler takes {from} -> {to}");
    }
}
