//! The JSON Schema that the tool prints takes every spec in the repository, and refuses what the
//! compiler refuses for a single key.

use std::path::Path;
use std::process::Command;

use boon::{Compiler, Schemas};
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
    assert!(count >= 11);
}

#[test]
fn refuses_what_a_key_cannot_hold() {
    let (schemas, schema) = compiled();
    let good = include_str!("../../specs/resnet18.yaml");
    for (from, to) in [
        ("stem:", "stemm:"),
        ("kernel: 7", "kernel: seven"),
        ("kernel: 7", "kernel: 0"),
        ("kernel: 7", "kernel: 7.5"),
        ("kind: basic", "kind: bassic"),
        ("model: resnet18", "model: ResNet-18"),
        ("height: 224, ", ""),
    ] {
        assert!(good.contains(from), "{from}");
        let edited = good.replacen(from, to, 1);
        assert!(fault(&schemas, schema, &edited).is_some(), "{from} -> {to}");
    }
}
