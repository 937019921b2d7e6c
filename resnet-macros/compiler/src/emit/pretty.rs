//! Emitted code as a person reads it: formatted, with comments.

use proc_macro2::TokenStream;

/// Formats emitted code. Tokens can't carry comments, so emission marks them as
/// `comment!("text");`, and this turns each mark into a comment.
pub fn pretty(tokens: TokenStream) -> Result<String, syn::Error> {
    let formatted = prettyplease::unparse(&syn::parse2(tokens)?);
    let mut text = String::with_capacity(formatted.len());
    let mut lines = formatted.lines();
    while let Some(line) = lines.next() {
        let code = line.trim_start();
        let indent = &line[..line.len() - code.len()];
        // Long marks are broken over three lines.
        let mark = match code {
            "comment!(" => {
                let argument = lines.next().map(str::trim);
                lines.next();
                argument
            }
            code => code
                .strip_prefix("comment!(")
                .and_then(|rest| rest.strip_suffix(");")),
        };
        match mark {
            Some(comment) => text.extend([indent, "// ", comment.trim_matches('"')]),
            None => text.push_str(line),
        }
        text.push('\n');
    }
    Ok(text)
}
