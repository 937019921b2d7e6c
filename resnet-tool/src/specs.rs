//! From files to specs and networks; mistakes are told on the way.

use std::io::IsTerminal;
use std::path::Path;

use resnet_compiler::diagnostics::{Diagnostics, Origin, Style};
use resnet_compiler::source::Source;

use crate::args::Colour;

/// Some spec has mistakes, and they have been told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rejected;

impl std::fmt::Display for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the spec has mistakes")
    }
}

impl std::error::Error for Rejected {}

/// Reads a file and gives what `stage` makes of it.
pub(crate) fn through<T>(
    file: &Path,
    colour: Colour,
    stage: impl FnOnce(&Source) -> Result<T, Diagnostics>,
) -> Result<T, Rejected> {
    let shown = file.display().to_string();
    let source = match Source::read(file, &shown) {
        Ok(source) => source,
        Err(found) => return Err(tell(&found, shown.as_str(), colour)),
    };
    stage(&source).map_err(|found| tell(&found, &source, colour))
}

fn tell<'a>(found: &Diagnostics, origin: impl Into<Origin<'a>>, colour: Colour) -> Rejected {
    let terminal = || std::io::stderr().is_terminal();
    let refused = || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let style = match colour {
        Colour::Always => Style::Colour,
        Colour::Auto if terminal() && !refused() => Style::Colour,
        _ => Style::Plain,
    };
    eprintln!("{}\n", found.render_styled(origin, style));
    Rejected
}
