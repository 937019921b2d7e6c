//! Names of Rust modules and of layers.

/// Why text cannot name a Rust module.
pub(super) fn fault(name: &str) -> Option<&'static str> {
    let letter = |c: char| c.is_ascii_lowercase() || c == '_';
    if name.is_empty() {
        Some("is empty")
    } else if name.len() > 64 {
        Some("is longer than 64 characters")
    } else if KEYWORDS.contains(&name) {
        Some("is a Rust keyword")
    } else if !name.starts_with(letter) {
        Some("does not start with a lower-case letter")
    } else if name.chars().all(|c| c == '_') {
        Some("has no letters")
    } else if !name.chars().all(|c| letter(c) || c.is_ascii_digit()) {
        Some("contains characters other than a-z, 0-9 and _")
    } else {
        None
    }
}

/// The name in snake_case, if that makes it valid.
pub(super) fn snake_case(name: &str) -> Option<String> {
    let better = name
        .trim()
        .to_lowercase()
        .replace(['-', ' ', '.', '/'], "_");
    fault(&better).is_none().then_some(better)
}

/// Why text cannot name a layer.
pub(super) fn layer_fault(name: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    if name.is_empty() {
        Some("is empty")
    } else if name.len() > 128 {
        Some("is longer than 128 characters")
    } else if !name.chars().all(allowed) {
        Some("contains characters other than letters, digits, `_` and `.`")
    } else if name.split('.').any(str::is_empty) {
        Some("begins or ends with a dot, or has two together")
    } else {
        None
    }
}

/// All words that Rust reserves, in any edition.
pub(super) const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];
