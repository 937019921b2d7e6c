//! What the tests of the spec share.

#![allow(dead_code, reason = "not every test file uses all of it")]

use resnet_compiler::diagnostics::{Diagnostic, Diagnostics};
use resnet_compiler::graph::Graph;
use resnet_compiler::source::Source;
use resnet_compiler::spec::{self, Spec};
use resnet_compiler::stages;

/// A spec without mistakes, to be edited.
pub(crate) const GOOD: &str = "\
model: digits
input: {channels: 1, height: 8, width: 8}
stem: {channels: 16, kernel: 3}
block: {kind: basic, shortcut: projection}
stages:
  - {blocks: 1, channels: 16}
  - {blocks: 1, channels: 32, stride: 2}
head: {classes: 10}
";

/// The good spec with the first `from` replaced.
pub(crate) fn edited(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "the good spec has no {from:?}");
    GOOD.replacen(from, to, 1)
}

/// The spec that a text describes, or all mistakes, each as
/// `CODE line:column+length message | help`.
pub(crate) fn check(text: &str) -> Result<Spec, Vec<String>> {
    let spec = spec::parse(&Source::new("x.yaml", text));
    let checked = spec.and_then(|spec| spec::validate(&spec).map(|()| spec));
    checked.map_err(|diagnostics| lines(&diagnostics))
}

/// Each mistake as `CODE line:column+length message | help`.
pub(crate) fn lines(diagnostics: &Diagnostics) -> Vec<String> {
    let line = |diagnostic: &Diagnostic| {
        let place = diagnostic.place.expect("mistakes in a text have a place");
        let (line, column, len) = (place.line, place.column, place.len);
        let code = diagnostic.code.id();
        let help = diagnostic.help.iter().map(|help| format!(" | {help}"));
        let help: String = help.collect();
        format!("{code} {line}:{column}+{len} {}{help}", diagnostic.message)
    };
    diagnostics.iter().map(line).collect()
}

/// All mistakes of a text; there must be some.
pub(crate) fn mistakes(text: &str) -> Vec<String> {
    check(text).expect_err("the spec should be rejected")
}

/// A spec in the layer form: lines of layers behind a head that takes three lines.
pub(crate) fn layers(lines: &[&str]) -> String {
    let lines: String = lines
        .iter()
        .map(|line| format!("  - {{{line}}}\n"))
        .collect();
    format!("model: x\ninput: {{channels: 3, height: 8, width: 8}}\nlayers:\n{lines}")
}

/// The graph that a text describes, or all mistakes of the first stage that found some.
pub(crate) fn lowered(text: &str) -> Result<Graph, Diagnostics> {
    let source = Source::new("x.yaml", text);
    let layers = stages::expanded(&stages::parsed(&source)?)?;
    stages::lowered(&layers)
}

/// All mistakes of a text, of whatever stage; there must be some.
pub(crate) fn misfits(text: &str) -> Vec<String> {
    lines(&lowered(text).expect_err("the spec should be rejected"))
}

/// Every place that is told is in the text.
pub(crate) fn assert_places(diagnostics: &Diagnostics, source: &Source) {
    let lines: Vec<&str> = source.text.split('\n').collect();
    for diagnostic in diagnostics {
        let place = diagnostic.place.expect("mistakes in a text have a place");
        let labels = diagnostic.labels.iter().map(|(place, _)| *place);
        for place in labels.chain([place]) {
            let line = lines.get(place.line - 1);
            let line = line.unwrap_or_else(|| panic!("{diagnostic:?} in\n{}", source.text));
            let behind = line.chars().count() + 1;
            assert!(place.column <= behind, "{diagnostic:?} in\n{}", source.text);
        }
    }
}
