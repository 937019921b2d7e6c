//! Specs for tests.

use resnet_compiler::source::Source;

/// The text of a spec in the family form.
pub(crate) fn spec(kind: &str, shortcut: &str, pool: bool) -> Source {
    let pool = if pool {
        ", pool: {kind: max, kernel: 3, stride: 2}"
    } else {
        ""
    };
    Source::new(
        "test.yaml",
        &format!(
            "model: test\n\
             input: {{channels: 3, height: 17, width: 13}}\n\
             stem: {{channels: 8, kernel: 3{pool}}}\n\
             block: {{kind: {kind}, shortcut: {shortcut}}}\n\
             stages:\n\
             \x20 - {{blocks: 2, channels: 8}}\n\
             \x20 - {{blocks: 2, channels: 12, stride: 2}}\n\
             head: {{classes: 5}}\n"
        ),
    )
}
