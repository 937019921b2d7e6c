//! Diagnostics as people see them.

mod spec_common;

use resnet_compiler::diagnostics::{Code, Diagnostic, Diagnostics, Place, Style};
use resnet_compiler::source::Source;
use resnet_compiler::spec;
use spec_common::edited;

fn render(text: &str) -> String {
    let source = Source::new("specs/digits.yaml", text);
    spec::parse(&source).unwrap_err().render(&source)
}

#[test]
fn the_line_and_the_help() {
    let text = edited("stride: 2", "strid: 2");
    let expected = "
error[E0301]: `strid` is not a key of item 2 of `stages`
 --> specs/digits.yaml:7:31
  |
7 |   - {blocks: 1, channels: 32, strid: 2}
  |                               ^^^^^
  |
  = help: did you mean `stride`?
";
    assert_eq!(render(&text), expected.trim());
}

#[test]
fn two_places() {
    let text = edited("head:", "model: again\nhead:");
    let expected = "
error[E0205]: `model` is written twice in one mapping, first on line 1
 --> specs/digits.yaml:8:1
  |
1 | model: digits
  | ----- first written here
...
8 | model: again
  | ^^^^^
  |
  = help: delete one of the two
";
    assert_eq!(render(&text), expected.trim());
}

#[test]
fn several_mistakes_in_order() {
    let text = edited("{channels: 16, kernel: 3}", "{channels: 0, kernal: 33}");
    let expected = "
error[E0306]: `channels` is 0, expected a whole number from 1 to 65536
 --> specs/digits.yaml:3:18
  |
3 | stem: {channels: 0, kernal: 33}
  |                  ^

error[E0301]: `kernal` is not a key of `stem`
 --> specs/digits.yaml:3:21
  |
3 | stem: {channels: 0, kernal: 33}
  |                     ^^^^^^
  |
  = help: did you mean `kernel`?

error[E0306]: `kernel` is 33, expected a whole number from 1 to 31, or `[rows, columns]` of such numbers
 --> specs/digits.yaml:3:29
  |
3 | stem: {channels: 0, kernal: 33}
  |                             ^^
";
    assert_eq!(render(&text), expected.trim());
}

#[test]
fn a_caption_at_the_place_itself() {
    let source = Source::new("specs/digits.yaml", spec_common::GOOD);
    let (stage, stem) = (Place::new(7, 5, 36), Place::new(3, 7, 25));
    let diagnostic = Diagnostic::new(Code::BranchShapesDiffer, stage, "the branches differ")
        .label(stage, "the main branch gives 32x4x4")
        .label(stem, "the shortcut gives 16x8x8")
        .help("use `shortcut: projection`");
    let expected = "
error[E0501]: the branches differ
 --> specs/digits.yaml:7:5
  |
3 | stem: {channels: 16, kernel: 3}
  |       ------------------------- the shortcut gives 16x8x8
...
7 |   - {blocks: 1, channels: 32, stride: 2}
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the main branch gives 32x4x4
  |
  = help: use `shortcut: projection`
";
    assert_eq!(
        Diagnostics::from(diagnostic).render(&source),
        expected.trim()
    );
}

#[test]
fn without_text() {
    let missing = Diagnostic::new(Code::FileMissing, None, "there is no file").help("make one");
    let placed = Diagnostic::new(Code::NotUtf8, Place::new(2, 8, 1), "not UTF-8");
    let expected = "
error[E0101]: there is no file
--> specs/x.yaml
 = help: make one

error[E0105]: not UTF-8
--> specs/x.yaml:2:8
";
    let rendered = [missing, placed].map(|it| Diagnostics::from(it).render("specs/x.yaml"));
    assert_eq!(rendered.join("\n\n"), expected.trim());
}

#[test]
fn machine_written_lines_are_left_out() {
    // Nothing is checked but the YAML, for the key in brackets stands for nobody knows what.
    let text = format!("model: {}\nmodel: 3\n[a]: 1\n", "x".repeat(2000));
    let expected = "
error[E0205]: `model` is written twice in one mapping, first on line 1
 --> specs/digits.yaml:2:1
  |
2 | model: 3
  | ^^^^^
  |
  = help: delete one of the two

error[E0206]: found a list or mapping as a key, expected a word
 --> specs/digits.yaml:3:1
  |
3 | [a]: 1
  | ^^^
";
    assert_eq!(render(&text), expected.trim());
}

#[test]
fn at_most_fifty() {
    let keys: String = (0..60).map(|key| format!("key{key}: 1\n")).collect();
    let rendered = render(&keys);
    assert_eq!(rendered.matches("error[").count(), Diagnostics::SHOWN);
    assert!(rendered.ends_with("\n\n... and 15 more"), "{rendered}");
}

#[test]
fn colours_on_request() {
    let source = Source::new("specs/digits.yaml", "model: 3\n");
    let diagnostics = spec::parse(&source).unwrap_err();
    let coloured = diagnostics.render_styled(&source, Style::Colour);
    assert!(coloured.contains("\u{1b}["));
    let plain = diagnostics.render(&source);
    assert!(!plain.contains('\u{1b}'));
    // The spec cannot smuggle in control sequences.
    assert!(!render("\u{1b}[31m: 1\n").contains('\u{1b}'));
    assert!(!render("\"\\e[31m\": 1\n").contains('\u{1b}'));
}
