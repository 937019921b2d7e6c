//! Graphs as pictures.

use std::fmt::Write;

use super::layout::{Layout, Rect, layout};
use super::style::{family, style};
use super::{Subject, escape, route, text};
use crate::diagram::{Box, Diagram};
use crate::graph::{EdgeKind, Phase};

/// Widths of a character at the sizes of the style sheet.
const CHAR: f64 = 7.3;
const SMALL_CHAR: f64 = 6.7;
/// Inside a box.
const PAD: f64 = 12.0;
/// Around an operator's name.
const PART_PAD: f64 = 6.0;
const PART_GAP: f64 = 5.0;
/// Height of a box, and of the line that tells where its outputs lie.
const BOX: f64 = 50.0;
const PLACE: f64 = 16.0;
/// Above the graph.
const HEADER: f64 = 76.0;
const MARGIN: f64 = 20.0;

/// The graph as an SVG.
pub(super) fn svg(subject: &Subject<'_>, diagram: &Diagram) -> String {
    let place = |b: &Box| {
        let plan = subject.plan?;
        Some(text::placement(subject, plan, b.node))
    };
    let places: Vec<_> = diagram.boxes.iter().map(place).collect();
    let boxes = diagram.boxes.iter().zip(&places);
    let widths: Vec<_> = boxes.map(|(b, place)| width(b, place.as_deref())).collect();
    let height = BOX + if subject.plan.is_some() { PLACE } else { 0.0 };
    let layout = layout(diagram, &widths, height);

    let legend = legend(diagram);
    let header = subject.title.chars().count() as f64 * 9.8;
    let full_width = layout.bounds.width.max(header).max(420.0) + 2.0 * MARGIN;
    let full_height = layout.bounds.height + HEADER + 2.0 * MARGIN;
    // Narrow pictures stand in the middle.
    let dx = (full_width - layout.bounds.width) / 2.0 - layout.bounds.x;
    let title = escape(subject.title);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full_width:.0} {full_height:.0}" width="{full_width:.0}" height="{full_height:.0}" role="img">
<title>{title}</title>
<style>{}</style>
<defs>{}</defs>
<rect class="paper" width="{full_width:.0}" height="{full_height:.0}"/>
<text class="title" x="{MARGIN}" y="32">{title}</text>
{legend}<g transform="translate({dx:.1} {HEADER})">
"#,
        style(),
        heads()
    );
    for (frame, rect) in diagram.frames.iter().zip(&layout.frames) {
        let title = escape(&frame.title());
        let _ = writeln!(
            svg,
            "<g><title>{title}</title>{}</g>",
            rounded("frame", rect, 12.0)
        );
    }
    links(&mut svg, diagram, &layout);
    for ((b, rect), place) in diagram.boxes.iter().zip(&layout.boxes).zip(&places) {
        draw_box(&mut svg, b, rect, place.as_deref());
    }
    // Beside the main path, which runs around 0.
    for (frame, rect) in diagram.frames.iter().zip(&layout.frames) {
        let _ = writeln!(
            svg,
            r#"<text class="small muted halo" x="9" y="{:.1}"><tspan class="name">{} x</tspan> {}</text>"#,
            rect.y + 17.0,
            frame.blocks,
            escape(&span(&frame.first, &frame.last)),
        );
    }
    svg + "</g>\n</svg>\n"
}

/// `layer3.1..35` for `layer3.1` to `layer3.35`.
fn span(first: &str, last: &str) -> String {
    match (first.rsplit_once('.'), last.rsplit_once('.')) {
        (Some((stage, _)), Some((same, end))) if stage == same => format!("{first}..{end}"),
        _ => format!("{first}..{last}"),
    }
}

fn part_width(part: &str) -> f64 {
    part.chars().count() as f64 * SMALL_CHAR + 2.0 * PART_PAD
}

fn width(b: &Box, place: Option<&str>) -> f64 {
    let chars = |text: &str| text.chars().count() as f64;
    let head = chars(&b.name) * CHAR + chars(&b.shape) * SMALL_CHAR + 24.0;
    let parts: f64 = b.parts.iter().map(|part| part_width(part) + PART_GAP).sum();
    let place = place.map_or(0.0, |place| chars(place) * SMALL_CHAR);
    head.max(parts - PART_GAP).max(place) + 2.0 * PAD
}

fn draw_box(svg: &mut String, b: &Box, rect: &Rect, place: Option<&str>) {
    let attributes: Vec<_> = (b.attributes.iter())
        .map(|(key, value)| format!("\n{key} = {value}"))
        .collect();
    let _ = write!(
        svg,
        r#"<g><title>{}: {}
{}{}{}</title>{}<text class="name" x="{:.1}" y="{:.1}">{}</text><text class="small muted" x="{:.1}" y="{:.1}" text-anchor="end">{}</text>"#,
        escape(&b.name),
        escape(&b.parts.join(" + ")),
        b.shape,
        escape(&attributes.concat()),
        place.map_or_else(String::new, |place| format!("\nin the arena: {place}")),
        rounded("card", rect, 7.0),
        rect.x + PAD,
        rect.y + 19.0,
        escape(&b.name),
        rect.right() - PAD,
        rect.y + 19.0,
        b.shape,
    );
    let mut x = rect.x + PAD;
    for part in &b.parts {
        let cell = Rect {
            x,
            y: rect.y + 26.0,
            width: part_width(part),
            height: 17.0,
        };
        let _ = write!(
            svg,
            r#"{}<text class="small" x="{:.1}" y="{:.1}">{}</text>"#,
            rounded(family(part), &cell, 4.0),
            x + PART_PAD,
            cell.y + 12.5,
            escape(part)
        );
        x += cell.width + PART_GAP;
    }
    if let Some(place) = place {
        let _ = write!(
            svg,
            r#"<text class="small muted" x="{:.1}" y="{:.1}">{place}</text>"#,
            rect.x + PAD,
            rect.y + BOX + 7.0
        );
    }
    *svg += "</g>\n";
}

fn rounded(class: &str, rect: &Rect, radius: f64) -> String {
    format!(
        r#"<rect class="{class}" x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}" rx="{radius}"/>"#,
        rect.x, rect.y, rect.width, rect.height
    )
}

/// Saved values first, so that the path through the layers lies above them.
fn links(svg: &mut String, diagram: &Diagram, layout: &Layout) {
    let mut links: Vec<_> = diagram.links.iter().collect();
    links.sort_by_key(|link| link.kind != EdgeKind::Saved);
    for link in links {
        // Gradients don't tell skips apart: those on their way around boxes are.
        let beside = |b: usize| {
            let forward = diagram.boxes[b].forward;
            forward.is_some_and(|forward| !layout.ranks.on_spine[forward])
        };
        let around = layout.lanes.contains_key(link) || beside(link.from) || beside(link.to);
        let class = match link.kind {
            EdgeKind::Main if around => "skip",
            kind => class(kind),
        };
        let [from, to] = [link.from, link.to].map(|b| escape(&diagram.boxes[b].name));
        let _ = writeln!(
            svg,
            r#"<path class="link {class}" marker-end="url(#{class}-arrow)" d="{}"><title>{from} to {to}</title></path>"#,
            route::route(layout, link)
        );
    }
}

fn class(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Main => "main",
        EdgeKind::Skip => "skip",
        EdgeKind::Saved => "saved",
    }
}

const CLASSES: [(&str, &str); 3] = [
    ("main", "main path"),
    ("skip", "skip connection"),
    ("saved", "kept for backward"),
];

/// Arrow heads, one a class: they can't take their line's colour everywhere.
fn heads() -> String {
    let head = |(class, _): (&str, &str)| {
        format!(
            r#"<marker id="{class}-arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" orient="auto"><path id="{class}-head" d="M0 0.5L8 4L0 7.5z"/></marker>"#
        )
    };
    CLASSES.map(head).concat()
}

/// What the lines mean, of those that there are.
fn legend(diagram: &Diagram) -> String {
    let mut legend = String::new();
    let mut x = MARGIN;
    let has_backward = diagram.boxes.iter().any(|b| b.phase == Phase::Backward);
    for (name, text) in CLASSES {
        let shown = diagram.links.iter().any(|link| class(link.kind) == name);
        if !shown {
            continue;
        }
        let _ = writeln!(
            legend,
            r#"<path class="link {name}" marker-end="url(#{name}-arrow)" d="M{x} 54h30"/><text class="small muted" x="{}" y="58">{text}</text>"#,
            x + 38.0
        );
        x += 38.0 + text.len() as f64 * SMALL_CHAR + 24.0;
    }
    if has_backward {
        let _ = writeln!(
            legend,
            r#"<text class="small muted" x="{x}" y="58">forward down, backward up</text>"#
        );
    }
    legend
}
