//! Panels of curves: the time that each unit of work takes, beside the first point's.

use std::fmt::Write;

use resnet_figures::axis::Axis;
use resnet_figures::svg::STYLE;

/// One coordinate system.
pub(crate) struct Panel {
    /// What grows.
    pub(crate) title: &'static str,
    /// What a point's time by its work is.
    pub(crate) per: &'static str,
    pub(crate) series: Vec<Series>,
}

/// One curve.
pub(crate) struct Series {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<Point>,
}

pub(crate) struct Point {
    /// How much of what grows.
    pub(crate) label: String,
    pub(crate) ms: f64,
    /// Work that should take time in proportion.
    pub(crate) work: f64,
}

impl Series {
    pub(crate) fn new(
        name: &'static str,
        points: impl IntoIterator<Item = (String, f64, f64)>,
    ) -> Self {
        let points = points.into_iter();
        let points = points
            .map(|(label, ms, work)| Point { label, ms, work })
            .collect();
        Self { name, points }
    }

    /// Time by work of each point, beside the first one's.
    fn relative(&self) -> impl Iterator<Item = f64> {
        let of = |point: &Point| point.ms / point.work;
        let first = of(&self.points[0]);
        self.points.iter().map(move |point| of(point) / first)
    }
}

const SERIES: &str = "
polyline { stroke-width: 2; fill: none; }
.a { stroke: #0969da; } circle.a, text.a { fill: #0969da; stroke: none; }
.b { stroke: #bc4c00; } circle.b, text.b { fill: #bc4c00; stroke: none; }
@media (prefers-color-scheme: dark) {
  .a { stroke: #58a6ff; } circle.a, text.a { fill: #58a6ff; }
  .b { stroke: #f0883e; } circle.b, text.b { fill: #f0883e; }
}
";

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 180.0;
/// From one panel's corner to the next one's.
const ACROSS: f64 = 400.0;
const DOWN: f64 = 280.0;

/// All panels in one picture, two in a row. It follows the reader's light or dark
/// theme, and each point tells its times under the pointer.
pub(crate) fn svg(panels: &[Panel]) -> String {
    let rows = panels.len().div_ceil(2) as f64;
    let (width, height) = (2.0 * ACROSS, 40.0 + rows * DOWN);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">
<title>How time grows</title>
<style>{STYLE}{SERIES}</style>
<rect class="paper" width="{width}" height="{height}"/>
<text class="title" x="48" y="26">Time by work, the first point's being 1: flat is a straight line</text>
"#
    );
    for (i, panel) in panels.iter().enumerate() {
        let left = 48.0 + (i % 2) as f64 * ACROSS;
        let top = 86.0 + (i / 2) as f64 * DOWN;
        let _ = writeln!(svg, r#"<g transform="translate({left} {top})">"#);
        draw(panel, &mut svg);
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw(panel: &Panel, svg: &mut String) {
    let highest = panel
        .series
        .iter()
        .flat_map(Series::relative)
        .fold(1.0, f64::max);
    let axis = Axis::new(0.0, 1.05 * highest, 5.0);
    let y = |value: f64| HEIGHT * (1.0 - axis.share(value));
    let steps = panel.series[0].points.len().max(2) - 1;
    let x = |i: usize| WIDTH * i as f64 / steps as f64;
    let _ = writeln!(
        svg,
        r#"<text class="title" x="0" y="-28">{}</text><text class="label" x="0" y="-10">{}</text>"#,
        panel.title, panel.per
    );
    for tick in axis.ticks() {
        let (y, decimals) = (y(tick), axis.decimals());
        let _ = writeln!(
            svg,
            r#"<line class="grid" x1="0" y1="{y:.1}" x2="{WIDTH}" y2="{y:.1}"/><text class="label" x="-8" y="{:.1}" text-anchor="end">{tick:.decimals$}</text>"#,
            y + 4.0
        );
    }
    for (i, point) in panel.series[0].points.iter().enumerate() {
        let _ = writeln!(
            svg,
            r#"<text class="label" x="{:.1}" y="{}" text-anchor="middle">{}</text>"#,
            x(i),
            HEIGHT + 18.0,
            point.label
        );
    }
    for (class, (n, series)) in ["a", "b"].iter().zip(panel.series.iter().enumerate()) {
        let points: Vec<_> = series
            .relative()
            .enumerate()
            .map(|(i, value)| (x(i), y(value)))
            .collect();
        let line: Vec<_> = points
            .iter()
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let _ = writeln!(
            svg,
            r#"<polyline class="{class}" points="{}"/>"#,
            line.join(" ")
        );
        for ((x, y), point) in points.iter().zip(&series.points) {
            let _ = writeln!(
                svg,
                r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="3.5"><title>{} {}: {:.2} ms</title></circle>"#,
                series.name, point.label, point.ms
            );
        }
        let _ = writeln!(
            svg,
            r#"<text class="{class}" x="{WIDTH}" y="{}" text-anchor="end">{}</text>"#,
            -28.0 - 18.0 * (panel.series.len() - 1 - n) as f64,
            series.name
        );
    }
}
