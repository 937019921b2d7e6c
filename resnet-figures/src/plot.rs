//! Curves in panels, as one SVG picture. It follows the reader's light or dark
//! theme, and each point tells its value under the pointer. What isn't finite has no
//! place, and is left out.

use std::fmt::Write;

use crate::axis::Axis;
use crate::svg::{STYLE, escape};

/// One coordinate system.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What it shows.
    pub title: String,
    /// What is counted upwards.
    pub note: String,
    /// Marks below: where, and what is written there.
    pub ticks: Vec<(f64, String)>,
    /// Values that must be in sight.
    pub holds: Vec<f64>,
    /// Up to four curves.
    pub series: Vec<Series>,
}

/// One curve.
#[derive(Clone, Debug)]
pub struct Series {
    /// What it is called.
    pub name: String,
    /// Its points from left to right.
    pub points: Vec<Point>,
}

/// A point of a curve.
#[derive(Clone, Debug)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Upwards.
    pub y: f64,
    /// What is told of it.
    pub told: String,
}

/// Colours of the curves: in light themes, in dark ones.
const COLOURS: [[&str; 2]; 4] = [
    ["#0969da", "#58a6ff"],
    ["#bc4c00", "#f0883e"],
    ["#1a7f37", "#56d364"],
    ["#8250df", "#bc8cff"],
];

/// Points are marked while they are few enough to tell apart.
const MARKED: usize = 120;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 180.0;
/// From one panel's corner to the next one's.
const ACROSS: f64 = 400.0;
const DOWN: f64 = 300.0;

/// All panels in one picture, `columns` in a row.
pub fn svg(title: &str, columns: usize, panels: &[Panel]) -> String {
    let rows = panels.len().div_ceil(columns);
    let (width, height) = (columns as f64 * ACROSS, 40.0 + rows as f64 * DOWN);
    let title = escape(title);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">
<title>{title}</title>
<style>{STYLE}{}</style>
<rect class="paper" width="{width}" height="{height}"/>
<text class="title" x="48" y="26">{title}</text>
"#,
        colours()
    );
    for (i, panel) in panels.iter().enumerate() {
        let left = 48.0 + (i % columns) as f64 * ACROSS;
        let top = 92.0 + (i / columns) as f64 * DOWN;
        let _ = writeln!(svg, r#"<g transform="translate({left} {top})">"#);
        panel.draw(&mut svg);
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

fn colours() -> String {
    let of = |theme: usize| -> String {
        let colours = COLOURS.iter().enumerate();
        let rules = colours.map(|(i, colour)| {
            let colour = colour[theme];
            format!(
                "polyline.s{i} {{ stroke: {colour}; }} circle.s{i}, text.s{i} {{ fill: {colour}; }}\n"
            )
        });
        rules.collect()
    };
    format!(
        "polyline {{ stroke-width: 2; fill: none; }}\n{}@media (prefers-color-scheme: dark) {{\n{}}}\n",
        of(0),
        of(1)
    )
}

impl Series {
    fn finite(&self) -> impl Iterator<Item = &Point> {
        self.points.iter().filter(|point| point.y.is_finite())
    }
}

impl Panel {
    fn draw(&self, svg: &mut String) {
        let points = || self.series.iter().flat_map(Series::finite);
        let ends = |values: &mut dyn Iterator<Item = f64>| {
            let ends = |[low, high]: [f64; 2], value: f64| [low.min(value), high.max(value)];
            let pairs = values.map(|value| [value; 2]);
            pairs
                .reduce(|a, b| ends(ends(a, b[0]), b[1]))
                .unwrap_or([0.0, 1.0])
        };
        let [low, high] = ends(&mut points().map(|p| p.y).chain(self.holds.iter().copied()));
        let axis = Axis::new(low, high, 5.0);
        let [left, right] = ends(&mut points().map(|p| p.x).chain(self.ticks.iter().map(|t| t.0)));
        let x = |value: f64| WIDTH * (value - left) / (right - left).max(f64::MIN_POSITIVE);
        let y = |value: f64| HEIGHT * (1.0 - axis.share(value));
        let _ = writeln!(
            svg,
            r#"<text class="title" x="0" y="-30">{}</text><text x="0" y="-12">{}</text>"#,
            escape(&self.title),
            escape(&self.note)
        );
        for tick in axis.ticks() {
            let (y, decimals) = (y(tick), axis.decimals());
            let _ = writeln!(
                svg,
                r#"<line class="grid" x1="0" y1="{y:.1}" x2="{WIDTH}" y2="{y:.1}"/><text x="-8" y="{:.1}" text-anchor="end">{tick:.decimals$}</text>"#,
                y + 4.0
            );
        }
        for (value, label) in &self.ticks {
            let _ = writeln!(
                svg,
                r#"<text x="{:.1}" y="{}" text-anchor="middle">{}</text>"#,
                x(*value),
                HEIGHT + 18.0,
                escape(label)
            );
        }
        for (i, series) in self.series.iter().enumerate() {
            let line: Vec<_> = series
                .finite()
                .map(|point| format!("{:.1},{:.1}", x(point.x), y(point.y)))
                .collect();
            let _ = writeln!(
                svg,
                r#"<polyline class="s{i}" points="{}"/>"#,
                line.join(" ")
            );
            let is_marked = series.points.len() <= MARKED;
            for point in series.finite().filter(|_| is_marked) {
                let _ = writeln!(
                    svg,
                    r#"<circle class="s{i}" cx="{:.1}" cy="{:.1}" r="2.5"><title>{}: {}</title></circle>"#,
                    x(point.x),
                    y(point.y),
                    escape(&series.name),
                    escape(&point.told)
                );
            }
            let across = WIDTH / self.series.len() as f64;
            let _ = writeln!(
                svg,
                r#"<text class="s{i}" x="{:.1}" y="{}">{}</text>"#,
                across * i as f64,
                HEIGHT + 42.0,
                escape(&series.name)
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_lie_between_their_axes() {
        let point = |x: f64, y: f64| Point {
            x,
            y,
            told: format!("<{y}>"),
        };
        let panel = Panel {
            title: "A & B".to_owned(),
            note: "per cent".to_owned(),
            ticks: vec![(1.0, "one".to_owned()), (3.0, "three".to_owned())],
            holds: vec![0.0],
            series: vec![Series {
                name: "a".to_owned(),
                points: vec![point(1.0, 5.0), point(2.0, f64::NAN), point(3.0, 10.0)],
            }],
        };
        let svg = svg("T", 2, &[panel.clone(), panel]);
        assert!(svg.contains(r#"points="0.0,90.0 320.0,0.0""#), "{svg}");
        assert!(svg.contains("A &amp; B") && svg.contains("a: &lt;5&gt;"));
        assert!(svg.contains(r#"width="800" height="340""#));
        assert_eq!(svg.matches("<circle").count(), 4);
        assert_eq!(svg.matches("<g ").count(), svg.matches("</g>").count());
    }
}
