//! Every contradiction between keys of the family form: its code, its exact place, what is said,
//! how to mend it.

mod spec_common;

use resnet_compiler::diagnostics::Diagnostics;
use resnet_compiler::source::Source;
use resnet_compiler::{analyse, stages};
use spec_common::{GOOD, lines, mistakes};

/// The good spec with bottlenecks.
fn bottlenecks() -> String {
    GOOD.replacen("kind: basic", "kind: bottleneck", 1)
}

/// All mistakes of what an edit makes of a text.
fn edited(text: &str, edits: &[(&str, &str)]) -> Vec<String> {
    let edited = edits.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "no {from:?} in {text}");
        text.replacen(from, to, 1)
    });
    mistakes(&edited)
}

/// One test for each case: edits of the good spec, or of that with bottlenecks.
macro_rules! rejects {
    ($($name:ident $base:ident { $($from:literal => $to:literal,)* } => [$($expected:literal,)*])*) => {
        $(#[test]
        fn $name() {
            let text = rejects!(@ $base);
            assert_eq!(edited(&text, &[$(($from, $to)),*]), [$($expected),*]);
        })*
    };
    (@ basic) => { GOOD.to_owned() };
    (@ bottleneck) => { bottlenecks() };
}

// Blocks.
rejects! {
    empty_groups bottleneck { "shortcut: projection" => "shortcut: projection, groups: 4, width_per_group: 2", } => [
        "E0421 4:77+1 `width_per_group` is 2, which leaves no channel for a group in a stage of 16 channels (16 * 2 / 64, rounded down) | use a width of at least 4",
    ]
}

/// Mistakes that are found after parsing.
fn later<T>(text: &str, stage: impl Fn(&Source) -> Result<T, Diagnostics>) -> Vec<String> {
    match stage(&Source::new("x.yaml", text)) {
        Ok(_) => panic!("the spec should be rejected"),
        Err(diagnostics) => lines(&diagnostics),
    }
}

#[test]
fn outputs_name_something_and_nothing_is_left_over() {
    let expanded = |text: &str| later(text, |source| stages::expanded(&stages::parsed(source)?));
    let text = format!("{GOOD}outputs: {{logits: fc, features: layer3, maps: xyz}}\n");
    assert_eq!(
        expanded(&text),
        [
            "",
            "",
        ]
    );
    let text = format!("{GOOD}outputs: {{features: layer1}}\n");
    assert_eq!(
        expanded(&text),
        [
            "",
            "",
        ]
    );
}

#[test]
fn limits_tell_by_how_much_and_where() {
    let text = format!(
        "{GOOD}limits:\n  parameters: 10k\n  macs: 500k\n  inference_memory: 64KiB\n  \
         training_memory: 256KiB\n"
    );
    assert_eq!(
        later(&text, analyse),
        [
            "",
            "",
            "",
            "",
        ]
    );
    let text = format!("{GOOD}limits: {{parameters: 12M, macs: 2G, training_memory: 8MiB}}\n");
    let limited = analyse(&Source::new("x.yaml", &text)).unwrap();
    let unlimited = analyse(&Source::new("x.yaml", GOOD)).unwrap();
    assert_eq!(limited.hash, unlimited.hash);
}
