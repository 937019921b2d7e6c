//! `explain`: codes of mistakes, each with its cause, how to mend it, and an example.

use std::fmt::Write;

use resnet_compiler::diagnostics::{Code, Example};

use crate::args::{ExplainArgs, usage};
use crate::output;

pub(crate) fn run(args: &ExplainArgs) -> anyhow::Result<()> {
    let mut text = String::new();
    match &args.code {
        None => {
            for code in Code::ALL {
                let _ = writeln!(text, "{}  {}", code.id(), code.title());
            }
        }
        Some(asked) => {
            let is_it = |code: &&Code| code.id().eq_ignore_ascii_case(asked);
            let code = Code::ALL.iter().find(is_it).ok_or_else(|| {
                usage(format_args!(
                    "there is no code `{asked}`: `resnet explain` lists all of them"
                ))
            })?;
            let (id, title, cause, mend) = (code.id(), code.title(), code.cause(), code.mend());
            let _ = writeln!(text, "{id}: {title}\n\nCause: {cause}\nMend:  {mend}");
            if let Some(example) = code.example() {
                let (Example::Spec(shown) | Example::Call(shown)) = example;
                let _ = writeln!(text, "\nExample:\n");
                for line in shown.lines() {
                    let _ = writeln!(text, "    {line}");
                }
                if let Some((source, found)) = example.refusal() {
                    let _ = writeln!(text, "\n{}", found.render(&source));
                }
            }
        }
    }
    output::write(None, &text)
}
