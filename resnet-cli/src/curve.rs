//! The learning curve as SVG: loss and accuracy over the epochs.

use std::fmt::Write;

use resnet_figures::svg::STYLE;

use crate::axis::Axis;
use crate::training::Epoch;

/// Draws the curve of a run of `model`. It follows the reader's light or dark
/// theme, and each point tells its value under the pointer.
pub(crate) fn svg(model: &str, epochs: &[Epoch]) -> String {
    let loss = Panel {
        title: "Loss",
        left: 64.0,
        series: [
            epochs.iter().map(|epoch| epoch.train_loss).collect(),
            epochs.iter().map(|epoch| epoch.test_loss).collect(),
        ],
        bounds: (Some(0.0), None),
        unit: "",
    };
    let accuracy = Panel {
        title: "Accuracy",
        left: 484.0,
        series: [
            epochs
                .iter()
                .map(|epoch| 100.0 * epoch.train_accuracy)
                .collect(),
            epochs
                .iter()
                .map(|epoch| 100.0 * epoch.test_accuracy)
                .collect(),
        ],
        bounds: (None, Some(100.0)),
        unit: "%",
    };
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 840 360" width="840" height="360" role="img">
<title>Learning curve of {model}</title>
<style>{STYLE}{SERIES}</style>
<rect class="paper" width="840" height="360"/>
<text class="title" x="64" y="28">{model}</text>
"#
    );
    for (series, x) in ["train", "test"].iter().zip([660, 740]) {
        let (end, middle, text) = (x + 24, x + 12, x + 30);
        svg.push_str(&format!(
            r#"<line class="{series}" x1="{x}" y1="24" x2="{end}" y2="24"/><circle class="{series}" cx="{middle}" cy="24" r="3"/><text x="{text}" y="28">{series}</text>
"#
        ));
    }
    loss.draw(&mut svg);
    accuracy.draw(&mut svg);
    svg.push_str("</svg>\n");
    svg
}

const SERIES: &str = "
line.train, polyline.train { stroke: #0969da; stroke-width: 2; fill: none; }
line.test, polyline.test { stroke: #bc4c00; stroke-width: 2; fill: none; }
circle.train { fill: #0969da; }
circle.test { fill: #bc4c00; }
@media (prefers-color-scheme: dark) {
  line.train, polyline.train { stroke: #58a6ff; }
  line.test, polyline.test { stroke: #f0883e; }
  circle.train { fill: #58a6ff; }
  circle.test { fill: #f0883e; }
}
";

const TOP: f64 = 72.0;
const WIDTH: f64 = 332.0;
const HEIGHT: f64 = 232.0;

/// One coordinate system with the training and the test series.
struct Panel {
    title: &'static str,
    left: f64,
    series: [Vec<f64>; 2],
    /// Ends of the vertical axis that don't follow the data.
    bounds: (Option<f64>, Option<f64>),
    unit: &'static str,
}

impl Panel {
    fn draw(&self, svg: &mut String) {
        let values = || {
            self.series
                .iter()
                .flatten()
                .copied()
                .filter(|v| v.is_finite())
        };
        let (low, high) = self.bounds;
        let low = low.or_else(|| values().reduce(f64::min)).unwrap_or(0.0);
        let high = high.or_else(|| values().reduce(f64::max)).unwrap_or(1.0);
        let vertical = Axis::new(low, high, 5.0);
        let count = self.series[0].len();
        let horizontal = Axis::counting(count);
        let x = |epoch: f64| self.left + WIDTH * horizontal.share(epoch);
        let y = |value: f64| TOP + HEIGHT * (1.0 - vertical.share(value));
        let (left, right, bottom) = (self.left, self.left + WIDTH, TOP + HEIGHT);

        let mut line = |text: String| {
            svg.push_str(&text);
            svg.push('\n');
        };
        line(format!(
            r#"<text class="title" x="{left}" y="{}">{}</text>"#,
            TOP - 14.0,
            self.title
        ));
        for tick in vertical.ticks() {
            let (at, decimals) = (y(tick), vertical.decimals());
            line(format!(
                r#"<line class="grid" x1="{left}" y1="{at:.1}" x2="{right}" y2="{at:.1}"/><text x="{:.1}" y="{:.1}" text-anchor="end">{tick:.decimals$}{}</text>"#,
                left - 8.0,
                at + 4.0,
                self.unit,
            ));
        }
        for tick in horizontal.ticks() {
            line(format!(
                r#"<line class="axis" x1="{0:.1}" y1="{bottom}" x2="{0:.1}" y2="{1}"/><text x="{0:.1}" y="{2}" text-anchor="middle">{tick}</text>"#,
                x(tick),
                bottom + 4.0,
                bottom + 18.0,
            ));
        }
        line(format!(
            r#"<polyline class="axis" points="{left},{TOP} {left},{bottom} {right},{bottom}"/><text x="{:.1}" y="{}" text-anchor="middle">epoch</text>"#,
            left + WIDTH / 2.0,
            bottom + 38.0,
        ));
        for (series, class) in self.series.iter().zip(["train", "test"]) {
            line(curve(series, class, self.unit, x, y));
        }
    }
}

/// One series: a line, and a point for each epoch while they are few enough to
/// tell apart.
fn curve(
    series: &[f64],
    class: &str,
    unit: &str,
    x: impl Fn(f64) -> f64,
    y: impl Fn(f64) -> f64,
) -> String {
    let at = |(i, &value): (usize, &f64)| (i + 1, value, x((i + 1) as f64), y(value));
    let mut points = String::new();
    let mut circles = String::new();
    let finite = |(_, value): &(usize, &f64)| value.is_finite();
    for (epoch, value, x, y) in series.iter().enumerate().filter(finite).map(at) {
        let _ = write!(points, "{x:.1},{y:.1} ");
        if series.len() <= 100 {
            let _ = write!(
                circles,
                r#"
<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="2.5"><title>epoch {epoch}, {class}: {value:.4}{unit}</title></circle>"#
            );
        }
    }
    format!(
        r#"<polyline class="{class}" points="{}"/>{circles}"#,
        points.trim_end()
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::training::tests::EPOCH;

    fn epochs(count: usize) -> Vec<Epoch> {
        let epoch = |i: usize| Epoch {
            epoch: i,
            train_loss: 2.0 / i as f64,
            train_accuracy: 1.0 - 0.5 / i as f64,
            test_loss: 2.2 / i as f64,
            test_accuracy: 1.0 - 0.6 / i as f64,
            ..EPOCH
        };
        (1..=count).map(epoch).collect()
    }

    /// Checks that every element is closed, in order.
    pub(crate) fn assert_well_formed(svg: &str) {
        let mut open = Vec::new();
        for tag in svg.split('<').skip(1) {
            let (tag, text) = tag.split_once('>').expect("a tag ends");
            assert!(!text.contains('&'), "{text}");
            assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
            let name = tag.split([' ', '/']).find(|word| !word.is_empty()).unwrap();
            match (tag.starts_with('/'), tag.ends_with('/')) {
                (true, _) => assert_eq!(open.pop(), Some(name)),
                (false, false) => open.push(name),
                (false, true) => {}
            }
        }
        assert!(open.is_empty(), "{open:?}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn is_well_formed_for_any_number_of_epochs() {
        for count in [0, 1, 2, 30, 250] {
            assert_well_formed(&svg("digits", &epochs(count)));
        }
    }

    #[test]
    fn leaves_out_what_has_no_place() {
        let mut epochs = epochs(3);
        epochs[1].test_loss = f64::INFINITY;
        epochs[2].test_loss = f64::NAN;
        let svg = svg("digits", &epochs);
        assert_well_formed(&svg);
        assert_eq!(svg.matches("<circle").count(), 2 + 4 * 3 - 2);
    }

    #[test]
    fn holds_every_point() {
        let svg = svg("digits", &epochs(12));
        assert_eq!(svg.matches("<circle").count(), 2 + 4 * 12);
        assert!(svg.contains("epoch 4, test: 0.5500</title>"));
        assert!(svg.contains("epoch 10, train: 95.0000%</title>"));
        // Loss 2 of 2.5 at epoch 1, the left end of the axis.
        let y = TOP + HEIGHT * (1.0 - 2.0 / 2.5);
        assert!(svg.contains(&format!(r#"points="64.0,{y:.1} "#)), "{svg}");
    }
}
