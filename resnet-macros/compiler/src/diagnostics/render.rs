//! Diagnostics as people read them: the message, the line it concerns, the help.

use annotate_snippets::renderer::Renderer;
use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Origin as FileOrigin, Snippet,
    normalize_untrusted_str,
};

use super::{Diagnostic, Diagnostics, Place, line_span};
use crate::source::Source;

/// What diagnostics are about: a file's path as shown to people and, if it could be read, its text.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    path: &'a str,
    text: Option<&'a str>,
}

impl<'a> From<&'a Source> for Origin<'a> {
    fn from(source: &'a Source) -> Self {
        Self {
            path: &source.path,
            text: Some(&source.text),
        }
    }
}

/// A path alone, for a file that could not be read.
impl<'a> From<&'a str> for Origin<'a> {
    fn from(path: &'a str) -> Self {
        Self { path, text: None }
    }
}

/// Whether rendered diagnostics carry terminal colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Plain text, for `compile_error!`, files and pipes.
    #[default]
    Plain,
    /// ANSI colours, for terminals.
    Colour,
}

impl Diagnostics {
    /// The diagnostics as plain text.
    pub fn render<'a>(&self, origin: impl Into<Origin<'a>>) -> String {
        self.render_styled(origin, Style::Plain)
    }

    /// The diagnostics as text in the given style; the same text for the same mistakes.
    pub fn render_styled<'a>(&self, origin: impl Into<Origin<'a>>, style: Style) -> String {
        let origin = origin.into();
        let renderer = match style {
            Style::Plain => Renderer::plain(),
            Style::Colour => Renderer::styled(),
        };
        let shown = self.0.iter().take(Self::SHOWN);
        let mut parts: Vec<String> = shown
            .map(|diagnostic| renderer.render(&[group(diagnostic, origin)]))
            .collect();
        if let Some(more @ 1..) = self.0.len().checked_sub(Self::SHOWN) {
            parts.push(format!("... and {more} more"));
        }
        parts.join("\n\n")
    }
}

/// Longer lines are machine-written; of them the position is told, and the line left out.
const LONGEST_LINE: usize = 1000;

/// Labels further from their diagnostic are left out, rather than the file shown.
const LONGEST_EXCERPT: usize = 20_000;

type Label = (Place, String);

fn group<'a>(diagnostic: &'a Diagnostic, origin: Origin<'a>) -> Group<'a> {
    let title = Level::ERROR
        .primary_title(&diagnostic.message)
        .id(diagnostic.code.id());
    let excerpt = diagnostic.place.zip(origin.text).and_then(|(place, text)| {
        let labels = diagnostic.labels.as_slice();
        snippet(text, place, labels).or_else(|| snippet(text, place, &[]))
    });
    let file = FileOrigin::path(origin.path);
    let group = match (excerpt, diagnostic.place) {
        (Some(snippet), _) => title.element(snippet.path(origin.path)),
        (None, Some(place)) => title.element(file.line(place.line).char_column(place.column)),
        (None, None) => title.element(file),
    };
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(normalize_untrusted_str(help))),
        None => group,
    }
}

/// The lines from the first place to the last, every place underlined, unless that is too much.
fn snippet<'a>(
    text: &'a str,
    place: Place,
    labels: &'a [Label],
) -> Option<Snippet<'a, Annotation<'a>>> {
    let lines = || labels.iter().map(|(place, _)| place.line);
    let first = lines().fold(place.line, usize::min);
    let last = lines().fold(place.line, usize::max);
    let start = line_span(text, first).start;
    let end = line_span(text, last).end;
    let excerpt = &text[start..end];
    if excerpt.len() > LONGEST_EXCERPT || excerpt.lines().any(|line| line.len() > LONGEST_LINE) {
        return None;
    }

    let span = |place: Place| {
        let span = place.span(text);
        span.start - start..span.end - start
    };
    let caption = labels.iter().find(|(at, _)| *at == place);
    let primary = AnnotationKind::Primary
        .span(span(place))
        .label(caption.map(|(_, text)| text.as_str()));
    let others = labels.iter().filter(|(at, _)| *at != place);
    let others = others.map(|(place, text)| {
        let context = AnnotationKind::Context.span(span(*place));
        context.label(text.as_str())
    });
    let snippet = Snippet::source(excerpt).line_start(first);
    Some(snippet.annotation(primary).annotations(others))
}
