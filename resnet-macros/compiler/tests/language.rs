//! The language reference holds for the language: its tables are those that the decoder goes by,
//! its examples compile, and they show every key and every word.

mod language_common;

use std::collections::BTreeSet;
use std::path::Path;

use language_common::coverage::Used;
use language_common::{examples, path, tables};
use resnet_compiler::source::Source;
use resnet_compiler::spec::Spec;
use resnet_compiler::{Options, compile};

fn page() -> String {
    std::fs::read_to_string(path()).unwrap()
}

/// `UPDATE_SNAPSHOTS=1 cargo test` writes them anew.
#[test]
fn the_tables_are_those_of_the_decoder() {
    let page = page();
    let (renewed, shown) = tables::renewed(&page);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path(), &renewed).unwrap();
    } else {
        assert!(
            page == renewed,
            "the tables of LANGUAGE.md are not those of the code; UPDATE_SNAPSHOTS=1 renews them"
        );
    }
    let mut all = Used::default();
    all.everything(Spec::FIELDS);
    let all = all.keys.into_iter().chain(all.words);
    for (of, _) in all.filter(|(of, _)| of != "none") {
        assert!(shown.contains(&of), "no table of {of}");
    }
}

#[test]
fn every_example_compiles() {
    let page = page();
    let examples = examples(&page);
    assert!(examples.len() > 20);
    for example in examples {
        let source = Source::new(
            format!("LANGUAGE.md from line {}", example.line),
            &example.text,
        );
        if let Err(found) = compile(&source, &Options::default()) {
            panic!("{}", found.render(&source));
        }
    }
}

#[test]
fn examples_show_every_key_and_every_word() {
    let (mut all, mut used) = (Used::default(), Used::default());
    all.everything(Spec::FIELDS);
    for example in examples(&page()) {
        let spec = serde_yaml::from_str(&example.text).unwrap();
        used.mapping(Spec::FIELDS, &spec);
    }
    let keys: Vec<_> = all.keys.difference(&used.keys).collect();
    let words: Vec<_> = all.words.difference(&used.words).collect();
    assert!(
        keys.is_empty() && words.is_empty(),
        "not shown: {keys:#?} {words:#?}"
    );
}

/// `UPDATE_SNAPSHOTS=1 cargo test` writes it anew.
#[test]
fn the_dictionary_of_the_fuzz_targets_has_every_key_and_every_word() {
    let mut all = Used::default();
    all.everything(Spec::FIELDS);
    let words: BTreeSet<String> = all.keys.into_iter().chain(all.words).map(|w| w.1).collect();
    let mut text =
        "# Every key and every word of the spec language; written by a test.\n".to_owned();
    words
        .iter()
        .for_each(|word| text += &format!("\"{word}\"\n"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/spec.dict");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text);
}
