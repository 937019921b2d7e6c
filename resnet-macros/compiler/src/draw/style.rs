//! Colours of the pictures, for light and dark themes.

/// A colour's class and what it is in the light and in the dark.
struct Colour {
    class: &'static str,
    light: &'static str,
    dark: &'static str,
}

const fn colour(class: &'static str, light: &'static str, dark: &'static str) -> Colour {
    Colour { class, light, dark }
}

/// Fills of operators and of memory.
const FILLS: &[Colour] = &[
    colour("conv", "#b6d4fb", "#1d4577"),
    colour("norm", "#bfe5c7", "#1f5130"),
    colour("add", "#ffd3a8", "#6f3f10"),
    colour("act", "#fbe8a6", "#594a10"),
    colour("pool", "#b9e6e6", "#16505a"),
    colour("linear", "#dcccf7", "#48337a"),
    colour("end", "#e1e4e8", "#343b45"),
    colour("activation", "#9cc4f6", "#2a5f9e"),
    colour("kept", "#a5d8b0", "#2d6b40"),
    colour("gradient", "#fbbd84", "#8a4d14"),
    colour("scratch", "#d6b7f3", "#5c3d8f"),
];

/// Strokes of links and lines.
const STROKES: &[Colour] = &[
    colour("main", "#57606a", "#9aa4b0"),
    colour("skip", "#bc4c00", "#f0883e"),
    colour("saved", "#57606a", "#8b949e"),
    colour("grid", "#d8dee4", "#2b313a"),
    colour("axis", "#57606a", "#9aa4b0"),
    colour("peak", "#cf222e", "#ff7b72"),
    colour("bound", "#1a7f37", "#56d364"),
];

const TEXT: (&str, &str) = ("#1f2328", "#e6edf3");
const MUTED: (&str, &str) = ("#59636e", "#9aa4b0");
const PAPER: (&str, &str) = ("#ffffff", "#0d1117");
const CARD: (&str, &str) = ("#f6f8fa", "#161b22");
const LINE: (&str, &str) = ("#afb8c1", "#444c56");

/// The style sheet. Light comes first: viewers that know no themes stop there.
pub(super) fn style() -> String {
    let fonts = "\
text { font: 12px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
.title { font-size: 16px; font-weight: 600; }
.name { font-weight: 600; }
.small { font-size: 11px; }
.tiny { font-size: 9px; }
.link { fill: none; stroke-width: 1.5; }
.skip { stroke-width: 2; }
.saved { stroke-dasharray: 3 4; stroke-width: 1; opacity: 0.75; }
.halo { paint-order: stroke; stroke-width: 6; stroke-linejoin: round; }
.line { fill: none; stroke-width: 1.5; }
.grid { stroke-width: 1; }
.frame { fill: none; stroke-width: 1.5; stroke-dasharray: 7 4; }
";
    let (light, dark) = (
        theme(|c| c.light, |pair| pair.0),
        theme(|c| c.dark, |pair| pair.1),
    );
    format!("{fonts}{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n")
}

fn theme(
    of: impl Fn(&Colour) -> &'static str,
    pick: impl Fn((&'static str, &'static str)) -> &'static str,
) -> String {
    let mut css = format!(
        "text {{ fill: {}; }}\n.muted {{ fill: {}; }}\n.paper {{ fill: {}; }}\n\
         .card {{ fill: {}; stroke: {}; }}\n.frame {{ stroke: {}; }}\n.cell {{ stroke: {}; }}\n.halo {{ stroke: {}; }}\n",
        pick(TEXT),
        pick(MUTED),
        pick(PAPER),
        pick(CARD),
        pick(LINE),
        pick(MUTED),
        pick(PAPER),
        pick(PAPER),
    );
    for fill in FILLS {
        css += &format!("rect.{} {{ fill: {}; }}\n", fill.class, of(fill));
    }
    for stroke in STROKES {
        let (class, colour) = (stroke.class, of(stroke));
        css += &format!(".{class} {{ stroke: {colour}; }}\n#{class}-head {{ fill: {colour}; }}\n");
        css += &format!("text.{class} {{ fill: {colour}; stroke: none; }}\n");
    }
    css
}

/// The class of an operator's colour.
pub(super) fn family(part: &str) -> &'static str {
    const FAMILIES: &[(&str, &str)] = &[
        ("conv", "conv"),
        ("batch_norm", "norm"),
        ("statistics", "norm"),
        ("add", "add"),
        ("concat", "add"),
        ("linear", "linear"),
        ("input", "end"),
        ("output", "end"),
        ("d_output", "end"),
        ("subsample", "pool"),
    ];
    let starts = FAMILIES.iter().find(|(start, _)| part.starts_with(start));
    match starts {
        Some((_, class)) => class,
        None if part.contains("pool") => "pool",
        None => "act",
    }
}
