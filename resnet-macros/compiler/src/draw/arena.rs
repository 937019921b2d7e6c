//! The memory plan as a picture: steps from left to right, places in the arena
//! from bottom to top, one rectangle a value for as long as it is kept.

use std::fmt::Write;

use resnet_figures::axis::Axis;
use resnet_figures::format::{bytes, grouped};
use resnet_figures::table::{Align, Table};

use super::escape;
use super::style::style;
use crate::emit::Planned;
use crate::graph::{Phase, Value};
use crate::ops::Again;
use crate::plan::Content;

const LEFT: f64 = 96.0;
const TOP: f64 = 96.0;
/// Space for the names of the steps, and for the peak's and the bound's text.
const NAMES: f64 = 190.0;
const RIGHT: f64 = 150.0;
/// Height of a step's name, turned.
const NAME: f64 = 12.0;
/// Bytes of an element.
const ELEMENT: u64 = size_of::<f32>() as u64;

/// Something in the arena, from the step that writes it to the last that reads it.
struct Cell {
    class: &'static str,
    kind: &'static str,
    name: String,
    shape: String,
    offset: usize,
    len: usize,
    first: usize,
    last: usize,
}

/// A plan's cells, in order of time, then place.
fn cells(planned: &Planned) -> Vec<Cell> {
    let Planned { graph, plan, .. } = planned;
    let step_of = |node| plan.order.iter().position(|&n| n == node).unwrap_or(0);
    let mut cells = Vec::new();
    for stretch in &plan.stretches {
        let starts: Vec<_> = (stretch.contents.iter())
            .map(|content| match *content {
                Content::Value(value) => step_of(value.node),
                Content::Scratch(node) => step_of(node),
            })
            .collect();
        for (i, content) in stretch.contents.iter().enumerate() {
            let last = starts.get(i + 1).map_or(stretch.last, |next| next - 1);
            let (class, kind, name, shape) = match *content {
                Content::Scratch(node) => {
                    let name = graph.node(node).name.clone();
                    ("scratch", "scratch memory", name, String::new())
                }
                Content::Value(value) => {
                    let (class, kind) = kind(planned, value);
                    let name = &graph.node(value.node).name;
                    let name = match value.port {
                        0 => name.clone(),
                        port => format!("{name}#{port}"),
                    };
                    (class, kind, name, graph.shape(value).to_string())
                }
            };
            cells.push(Cell {
                class,
                kind,
                name,
                shape,
                offset: stretch.offset,
                len: stretch.len,
                first: starts[i],
                last,
            });
        }
    }
    cells.sort_by_key(|cell| (cell.first, cell.offset));
    cells
}

fn kind(planned: &Planned, value: Value) -> (&'static str, &'static str) {
    let graph = &planned.graph;
    let is_backward = |node| graph.node(node).phase == Phase::Backward;
    let mut readers = graph.readers(value).into_iter();
    if graph.node(value.node).op_as::<Again>().is_some() {
        ("activation", "activation computed again")
    } else if is_backward(value.node) {
        ("gradient", "gradient")
    } else if readers.any(|reader| is_backward(reader.node)) {
        ("kept", "activation kept for backward")
    } else {
        ("activation", "activation")
    }
}

/// The plan as an SVG.
pub fn svg(title: &str, planned: &Planned) -> String {
    let plan = &planned.plan;
    let cells = cells(planned);
    let steps = plan.order.len().max(1);
    let step = (1100.0 / steps as f64).clamp(5.0, 44.0);
    let width = step * steps as f64;
    // Wide pictures are high, or their layers would be too thin to tell apart.
    let height = (width * 0.3).clamp(460.0, 1000.0);
    let (unit, scale) = unit(plan.peak);
    let axis = Axis::new(0.0, plan.peak.max(1) as f64 * ELEMENT as f64 / scale, 6.0);
    let x = |at: usize| LEFT + step * at as f64;
    let y = |elements: usize| {
        TOP + height * (1.0 - axis.share(elements as f64 * ELEMENT as f64 / scale))
    };
    let bottom = TOP + height;
    let full_width = (LEFT + width + RIGHT).max(760.0);
    let full_height = bottom + NAMES;

    let title = escape(title);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full_width:.0} {full_height:.0}" width="{full_width:.0}" height="{full_height:.0}" role="img">
<title>{title}</title>
<style>{}</style>
<rect class="paper" width="{full_width:.0}" height="{full_height:.0}"/>
<text class="title" x="{LEFT}" y="32">{title}</text>
"#,
        style()
    );
    legend(&mut svg, &cells);
    for tick in axis.ticks() {
        let at = TOP + height * (1.0 - axis.share(tick));
        let decimals = axis.decimals();
        let _ = writeln!(
            svg,
            r#"<path class="line grid" d="M{LEFT} {at:.1}h{width:.1}"/><text class="small muted" x="{}" y="{:.1}" text-anchor="end">{tick:.decimals$}</text>"#,
            LEFT - 8.0,
            at + 4.0
        );
    }
    let middle = TOP + height / 2.0;
    let _ = writeln!(
        svg,
        r#"<text class="muted" transform="translate(26 {middle}) rotate(-90)" text-anchor="middle">place in the arena, {unit} an image</text>"#
    );
    for cell in &cells {
        let (left, right) = (x(cell.first), x(cell.last + 1));
        let (high, low) = (y(cell.offset + cell.len), y(cell.offset));
        draw_cell(&mut svg, cell, (left, high), (right - left, low - high));
    }
    phases(&mut svg, planned, bottom, x);
    steps_axis(&mut svg, planned, step, bottom, x);
    limits(&mut svg, planned, LEFT + width, y);
    svg + "</svg>\n"
}

/// A unit that keeps the axis' numbers short, and its bytes.
fn unit(peak: usize) -> (&'static str, f64) {
    match peak as u64 * ELEMENT {
        0..4096 => ("bytes", 1.0),
        4096..2_097_152 => ("KiB", 1024.0),
        _ => ("MiB", 1024.0 * 1024.0),
    }
}

fn draw_cell(svg: &mut String, cell: &Cell, (x, y): (f64, f64), (width, height): (f64, f64)) {
    let Cell {
        class,
        kind,
        name,
        shape,
        offset,
        len,
        first,
        last,
    } = cell;
    let name = escape(name);
    let _ = write!(
        svg,
        r#"<g><title>{name} {shape}
{kind}
{} at {}
steps {first} to {last}</title><rect class="{class} cell" x="{x:.1}" y="{y:.2}" width="{width:.1}" height="{height:.2}" stroke-width="{}"/>"#,
        bytes(*len as u64 * ELEMENT),
        bytes(*offset as u64 * ELEMENT),
        if height < 4.0 { 0.0 } else { 0.7 },
    );
    let (middle, centre) = (x + width / 2.0, y + height / 2.0);
    // The whole name if it fits, without its block if that fits.
    let gradient = if *class == "gradient" { "d_" } else { "" };
    let rest = name.splitn(3, '.').nth(2);
    let short = rest.map_or_else(|| name.clone(), |rest| format!("{gradient}{rest}"));
    for label in [&name, &short] {
        let needed = label.chars().count() as f64 * 5.6 + 6.0;
        let at = if needed <= width && height >= 10.0 {
            format!("translate({middle:.1} {:.1})", centre + 3.0)
        } else if needed <= height && width >= 11.0 {
            format!("translate({:.1} {centre:.1}) rotate(-90)", middle + 3.0)
        } else {
            continue;
        };
        let _ = write!(
            svg,
            r#"<text class="tiny" transform="{at}" text-anchor="middle">{label}</text>"#
        );
        break;
    }
    *svg += "</g>\n";
}

const KINDS: [(&str, &str); 4] = [
    ("activation", "activation"),
    ("kept", "activation kept for backward"),
    ("gradient", "gradient"),
    ("scratch", "scratch memory"),
];

fn legend(svg: &mut String, cells: &[Cell]) {
    let mut x = LEFT;
    for (class, text) in KINDS {
        if cells.iter().any(|cell| cell.class == class) {
            let _ = writeln!(
                svg,
                r#"<rect class="{class}" x="{x}" y="46" width="14" height="14" rx="3"/><text class="small muted" x="{}" y="57">{text}</text>"#,
                x + 20.0
            );
            x += 20.0 + text.len() as f64 * 6.7 + 22.0;
        }
    }
}

/// Where forward ends and backward begins.
fn phases(svg: &mut String, planned: &Planned, bottom: f64, x: impl Fn(usize) -> f64) {
    let plan = &planned.plan;
    let phase = |&node: &_| planned.graph.node(node).phase;
    let forward = plan.order.partition_point(|n| phase(n) == Phase::Forward);
    if forward == plan.order.len() {
        return;
    }
    let at = x(forward);
    let _ = writeln!(
        svg,
        r#"<path class="line axis" stroke-dasharray="5 4" d="M{at:.1} {}V{}"/><text class="small muted" x="{:.1}" y="{}" text-anchor="end">forward</text><text class="small muted" x="{:.1}" y="{3}">backward</text>"#,
        TOP - 14.0,
        bottom,
        at - 6.0,
        TOP - 8.0,
        at + 6.0,
    );
}

/// The names of the steps; of many steps, of every few.
fn steps_axis(
    svg: &mut String,
    planned: &Planned,
    step: f64,
    bottom: f64,
    x: impl Fn(usize) -> f64,
) {
    let every = (NAME / step).ceil().max(1.0) as usize;
    let end = x(planned.plan.order.len());
    let _ = writeln!(
        svg,
        r#"<path class="line axis" d="M{LEFT} {bottom}H{end:.1}"/>"#
    );
    for (i, &node) in planned.plan.order.iter().enumerate().step_by(every) {
        let at = x(i) + step / 2.0;
        let _ = writeln!(
            svg,
            r#"<path class="line axis" d="M{at:.1} {bottom}v4"/><text class="small muted" transform="translate({:.1} {}) rotate(-60)" text-anchor="end">{}</text>"#,
            at + 3.0,
            bottom + 14.0,
            escape(&planned.graph.node(node).name)
        );
    }
    let _ = writeln!(
        svg,
        r#"<text class="muted" x="{:.1}" y="{}" text-anchor="middle">step</text>"#,
        f64::midpoint(LEFT, end),
        bottom + NAMES - 14.0
    );
}

/// The peak beside the bound that no plan of these layouts can go below.
fn limits(svg: &mut String, planned: &Planned, right: f64, y: impl Fn(usize) -> f64) {
    let plan = &planned.plan;
    let limits = [
        ("peak", "peak", plan.peak),
        ("bound", "lower bound", plan.lower_bound),
    ];
    for (i, (class, text, elements)) in limits.into_iter().enumerate() {
        let at = y(elements);
        // Equal lines lie on one another; their texts don't.
        let text_at = y(plan.peak) + 34.0 * i as f64;
        let text_at = if i == 1 { text_at.max(at) } else { text_at };
        let dash = if i == 1 {
            r#" stroke-dasharray="6 5""#
        } else {
            ""
        };
        let _ = writeln!(
            svg,
            r#"<path class="line {class}"{dash} d="M{LEFT} {at:.1}H{right:.1}"/><text class="{class}" x="{:.1}" y="{:.1}">{text}</text><text class="small {class}" x="{:.1}" y="{:.1}">{}</text>"#,
            right + 8.0,
            text_at + 4.0,
            right + 8.0,
            text_at + 18.0,
            bytes(elements as u64 * ELEMENT),
        );
    }
}

/// The plan as a table.
pub fn text(planned: &Planned) -> String {
    let mut table = Table::new([
        ("value", Align::Left),
        ("kind", Align::Left),
        ("shape", Align::Right),
        ("offset", Align::Right),
        ("bytes", Align::Right),
        ("steps", Align::Right),
    ]);
    let exact = |elements: usize| grouped(elements as u64 * ELEMENT);
    for cell in cells(planned) {
        table.row([
            cell.name,
            cell.kind.to_owned(),
            cell.shape,
            exact(cell.offset),
            exact(cell.len),
            format!("{}-{}", cell.first, cell.last),
        ]);
    }
    let plan = &planned.plan;
    format!(
        "{table}\npeak                 {} bytes an image\nlower bound          {} bytes\nlogical lower bound  {} bytes (without padding and halos)\n",
        exact(plan.peak),
        exact(plan.lower_bound),
        exact(plan.logical_lower_bound)
    )
}
