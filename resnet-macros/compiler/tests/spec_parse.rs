//! Good specs: what they decode to.

mod spec_common;

use std::path::Path;

use resnet_compiler::diagnostics::{Code, Place};
use resnet_compiler::spec::table::{Field, Kind};
use resnet_compiler::spec::{BlockKind, Form, PoolKind, Shortcut, Spec};
use spec_common::{GOOD, check, edited};

const RESNET50: &str = "\
model: resnet50
input: {channels: 3, height: 224, width: 224}
stem: {channels: 64, kernel: 7, stride: 2, pool: {kind: max, kernel: 3, stride: 2}}
block: {kind: bottleneck, shortcut: projection}
stages:
  - {blocks: 3, channels: 64}
  - {blocks: 4, channels: 128, stride: 2}
  - {blocks: 6, channels: 256, stride: 2}
  - {blocks: 3, channels: 512, stride: 2}
head: {classes: 1000}
";

#[test]
fn reads_every_key() {
    let spec = check(RESNET50).unwrap();
    assert_eq!(spec.model.value, "resnet50");
    let input = &spec.input;
    let sizes = [input.channels, input.height, input.width].map(|size| size.value);
    assert_eq!(sizes, [3, 224, 224]);
    let Form::Family(family) = spec.form().unwrap() else {
        panic!("the spec is in the family form");
    };
    let stem = family.stem;
    assert_eq!(stem.channels.value, 64);
    let sizes = [stem.kernel, stem.stride, stem.padding].map(|size| size.value);
    assert_eq!(sizes, [[7, 7], [2, 2], [3, 3]]);
    let pool = stem.pool.as_ref().unwrap();
    assert_eq!(pool.kind.value, PoolKind::Max);
    let sizes = [pool.kernel, pool.stride, pool.padding].map(|size| size.value);
    assert_eq!(sizes, [[3, 3], [2, 2], [1, 1]]);
    assert_eq!(family.block.kind.value, BlockKind::Bottleneck);
    assert_eq!(family.block.shortcut.value, Shortcut::Projection);
    let stages = family.stages.iter();
    let stages = stages.map(|stage| {
        let [rows, columns] = stage.stride.value;
        [
            stage.blocks.value,
            stage.channels.unwrap().value,
            rows,
            columns,
        ]
    });
    let stages: Vec<_> = stages.collect();
    assert_eq!(
        stages,
        [
            [3, 64, 1, 1],
            [4, 128, 2, 2],
            [6, 256, 2, 2],
            [3, 512, 2, 2]
        ]
    );
    assert_eq!(family.head.as_ref().unwrap().classes.value, 1000);
}

#[test]
fn places_are_those_of_the_text() {
    let spec = check(RESNET50).unwrap();
    assert_eq!(spec.model.place, Place::new(1, 8, 8));
    let (stem, stages) = (spec.stem.unwrap(), spec.stages.unwrap());
    assert_eq!(stem.place, Place::new(3, 7, 77));
    assert_eq!(stem.kernel.place, Place::new(3, 30, 1));
    assert_eq!(stages[2].place, Place::new(8, 5, 37));
    assert_eq!(stages[2].channels.unwrap().place, Place::new(8, 27, 3));
    // Defaults are where they follow from.
    assert_eq!(stem.padding.place, stem.kernel.place);
    assert_eq!(stages[0].stride.place, stages[0].place);
}

/// The spec with all places forgotten, to compare spellings.
fn values(spec: &Spec) -> String {
    let text = format!("{spec:?}");
    let parts = text.split("Place {").map(|part| part.split_once('}'));
    let parts: Vec<&str> = parts
        .map(|part| part.map_or("", |(_, rest)| rest))
        .collect();
    parts.concat()
}

#[test]
fn spelling_does_not_matter() {
    let good = values(&check(GOOD).unwrap());
    let block_style = "\
# A comment.
---
head:
  classes: 10
stages:
- channels: 16   # comment
  blocks: 1
-
  blocks: 1
  channels: 0x20
  stride: +2
block:
  kind: 'basic'
  shortcut: \"projection\"
stem:
    kernel: 3
    channels: &c 16
input: {
  channels: 1,
  height: 8, width: 8,
}
model: digits
...
";
    let aliases = edited(
        "{blocks: 1, channels: 16}",
        "{blocks: &one 1, channels: 16}",
    )
    .replace("blocks: 1, channels: 32", "blocks: *one, channels: 32");
    let json = r#"{"model": "digits", "input": {"channels": 1, "height": 8, "width": 8},
        "stem": {"channels": 16, "kernel": 3}, "block": {"kind": "basic", "shortcut": "projection"},
        "stages": [{"blocks": 1, "channels": 16}, {"blocks": 1, "channels": 32, "stride": 2}],
        "head": {"classes": 10}}"#;
    for text in [
        block_style,
        &aliases,
        json,
        &format!("\u{feff}{GOOD}"),
        &GOOD.replace('\n', "\r\n"),
        &GOOD.replace('\n', "\r"),
    ] {
        let spec = check(text).unwrap_or_else(|mistakes| panic!("{text}\n{mistakes:#?}"));
        assert_eq!(values(&spec), good, "{text}");
    }
}

#[test]
fn a_mistake_in_a_repeated_value_is_told_once() {
    let text = edited(
        "{blocks: 1, channels: 16}",
        "&stage {blocks: 0, channels: 16}",
    )
    .replace("{blocks: 1, channels: 32, stride: 2}", "*stage");
    assert_eq!(
        check(&text).unwrap_err(),
        ["E0306 6:21+1 `blocks` is 0, expected a whole number from 1 to 1000"]
    );
}

#[test]
fn every_limit_is_allowed() {
    for (from, to) in [
        ("classes: 10", "classes: 1000000"),
        ("stride: 2", "stride: 16"),
        ("blocks: 1", "blocks: 1000"),
        ("height: 8", "height: 65536"),
        ("channels: 1,", "channels: 4096,"),
        ("kernel: 3", "kernel: 1"),
        ("kernel: 3", "kernel: 3, padding: 2"),
        ("kernel: 3", "kernel: 8, padding: 0"),
        ("model: digits", "model: cifar_resnet20"),
        ("model: digits", "model: _2"),
        ("shortcut: projection", "shortcut: none"),
        ("shortcut: projection", "shortcut: identity"),
    ] {
        check(&edited(from, to)).unwrap_or_else(|mistakes| panic!("{to}: {mistakes:#?}"));
    }
}

#[test]
fn the_table_describes_every_key() {
    fn visit(fields: &[Field], names: &mut Vec<&'static str>) {
        for field in fields {
            assert!(field.doc.ends_with('.'), "{}: {:?}", field.name, field.doc);
            names.push(field.name);
            match field.rule.kind {
                Kind::Mapping(fields) | Kind::Switch(fields) => visit(fields, names),
                Kind::List { item, .. } => visit(item, names),
                Kind::Choice(words) => assert!(words.iter().all(|word| word.doc.ends_with('.'))),
                Kind::Variant(cases) => {
                    for case in cases {
                        assert!(case.doc.ends_with('.'), "{}", case.word);
                        visit(case.fields.unwrap_or_default(), names);
                    }
                }
                Kind::Whole(min, max) | Kind::Pair(min, max) => assert!(min < max),
                Kind::Real(min, max) => assert!(min < max),
                Kind::Values { min, max, .. } => assert!(min <= max),
                Kind::Either(words, _) => assert!(!words.is_empty()),
                Kind::Quantity(units) => assert!(!units.is_empty()),
                Kind::Flag | Kind::Text | Kind::Name | Kind::LayerName | Kind::Names => {}
            }
        }
    }
    let mut names = Vec::new();
    visit(Spec::FIELDS, &mut names);
    for key in [
        "model",
        "stride_on",
        "zero_last_norm",
        "training_memory",
        "slope",
        "concat",
        "layers",
    ] {
        assert!(names.contains(&key), "{key}");
    }
}

#[test]
fn codes_are_distinct_and_in_order() {
    let ids: Vec<_> = Code::ALL.iter().map(|code| code.id()).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    assert!(Code::ALL.iter().all(|code| !code.title().is_empty()));
}

/// All texts that say what mistakes are to be told: tests, and errors of the macro.
fn expectations() -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for (folder, ending) in [("tests", "rs"), ("../../tests/compile/ui", "stderr")] {
        for entry in std::fs::read_dir(here.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|found| found == ending) {
                texts.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    texts
}

/// Whether a text begins as `line:column` does.
fn is_place(text: &str) -> bool {
    let place = text.split_once(':');
    place.is_some_and(|(line, rest)| {
        line.parse::<usize>().is_ok() && rest.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Whether a text pins the message of a code and its place: `CODE line:column+length message` or,
/// of a file as a whole, `CODE - message`; in an error as people see it, a line with the place
/// follows that with the message.
fn pins(text: &str, id: &str) -> bool {
    text.match_indices(id).any(|(at, _)| {
        let rest = &text[at + id.len()..];
        let (line, below) = rest.split_once('\n').unwrap_or((rest, ""));
        let next = below.lines().next().unwrap_or_default();
        let shown = next.trim_start().strip_prefix("--> ");
        let shown = shown.and_then(|shown| shown.split_once(':'));
        match line.strip_prefix(' ').and_then(|line| line.split_once(' ')) {
            Some((place, message)) if place == "-" || is_place(place) => !message.is_empty(),
            _ => {
                let message = line.strip_prefix(": ").or(line.strip_prefix("]: "));
                message.is_some() && shown.is_some_and(|(_, place)| is_place(place))
            }
        }
    })
}

#[test]
fn every_code_has_a_test() {
    let texts = expectations();
    for code in Code::ALL {
        let tested = texts.iter().any(|text| pins(text, code.id()));
        // Bugs of the compiler are nothing that a spec could bring about.
        assert!(
            tested || *code == Code::Internal,
            "{} has no test",
            code.id()
        );
    }
}
