//! The language reference, `specs/LANGUAGE.md`, and the tables that it must agree with.

pub(crate) mod coverage;
pub(crate) mod tables;

/// Where the reference is.
pub(crate) fn path() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/LANGUAGE.md")
}

/// A spec that the reference shows.
pub(crate) struct Example {
    /// The line of its first line.
    pub(crate) line: usize,
    /// The YAML.
    pub(crate) text: String,
}

/// All specs that a page shows.
pub(crate) fn examples(page: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut open: Option<Example> = None;
    for (line, text) in (1..).zip(page.lines()) {
        match (text, &mut open) {
            ("```yaml", None) => {
                let text = String::new();
                open = Some(Example {
                    line: line + 1,
                    text,
                });
            }
            ("```", Some(_)) => examples.extend(open.take()),
            (text, Some(example)) => {
                example.text.push_str(text);
                example.text.push('\n');
            }
            (_, None) => {}
        }
    }
    assert!(open.is_none(), "the last example is not closed");
    examples
}
