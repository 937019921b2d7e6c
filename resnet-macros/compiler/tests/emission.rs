//! Emitted code: the smallest network's is checked in, so that a review sees
//! every change of it; and it must be the same every time.

use std::path::Path;

use resnet_compiler::emit::{emit, pretty};
use resnet_compiler::source::Source;
use resnet_compiler::{Options, analyse, compile};

/// A network of one block.
const SMALLEST: &str = "\
model: smallest
input: {channels: 3, height: 8, width: 8}
stem: {channels: 16, kernel: 3}
block: {kind: basic, shortcut: projection}
stages:
  - {blocks: 1, channels: 32, stride: 2}
head: {classes: 10}
";

fn emitted(source: &Source) -> String {
    let options = Options {
        comments: true,
        ..Options::default()
    };
    pretty(emit(&analyse(source).unwrap(), &options)).unwrap()
}

/// `UPDATE_SNAPSHOTS=1 cargo test` writes the file anew.
#[test]
fn the_smallest_network_is_emitted_as_checked_in() {
    let text = emitted(&Source::new("smallest.yaml", SMALLEST));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/smallest.rs");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = text.lines().zip(expected.lines()).position(|(a, b)| a != b);
    assert!(
        text == expected,
        "emitted code differs from {} (first in line {:?}): look at the difference, \
         and accept it with UPDATE_SNAPSHOTS=1",
        path.display(),
        differs.map(|line| line + 1)
    );
}

#[test]
fn emission_is_deterministic_and_free_of_unsafe() {
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs");
    for entry in std::fs::read_dir(specs).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let source = Source::read(&path, "spec.yaml").unwrap();
        let first = compile(&source, &Options::default()).unwrap().to_string();
        let again = compile(&source, &Options::default()).unwrap().to_string();
        assert_eq!(first, again, "{}", path.display());
        assert!(!first.contains("unsafe"), "{}", path.display());
    }
}

#[test]
fn deep_networks_emit_about_as_much_as_shallow_ones() {
    let lines = |blocks: usize| {
        let text = SMALLEST.replace("blocks: 1", &format!("blocks: {blocks}"));
        let text = emitted(&Source::new("deep.yaml", &text));
        text.lines()
            .filter(|line| line.contains("run.") || line.contains("step."))
            .count()
    };
    assert_eq!(lines(10), lines(40));
}

#[test]
fn the_hash_tells_networks_apart_and_ignores_comments() {
    let hash = |text: &str| analyse(&Source::new("a.yaml", text)).unwrap().hash;
    let hash_of_smallest = hash(SMALLEST);
    assert_eq!(hash_of_smallest, hash(&format!("# a comment\n{SMALLEST}")));
    assert_eq!(
        hash_of_smallest,
        hash(&SMALLEST.replace("smallest", "renamed"))
    );
    for (from, to) in [
        ("projection", "identity"),
        ("kernel: 3", "kernel: 5"),
        ("32", "48"),
    ] {
        assert_ne!(hash_of_smallest, hash(&SMALLEST.replace(from, to)), "{to}");
    }
}
