//! What pictures have in common.

/// Colours of text, paper, axes and grid, in the reader's light or dark theme.
/// Light colours come first: viewers that know no themes stop there. Around a
/// dark picture a browser's window is dark too.
pub const STYLE: &str = "
text { font: 12px system-ui, sans-serif; fill: #24292f; }
text.title { font-size: 14px; font-weight: 600; }
rect.paper { fill: #ffffff; }
.grid { stroke: #d0d7de; }
.axis { stroke: #24292f; fill: none; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  rect.paper { fill: #0d1117; }
  svg { background: #0d1117; }
  .grid { stroke: #30363d; }
  .axis { stroke: #e6edf3; }
}
";

/// Text inside of SVG and HTML.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_place() {
        assert_eq!(escape("<a> & \"b\""), "&lt;a&gt; &amp; &quot;b&quot;");
    }
}
