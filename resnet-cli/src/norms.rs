//! Lengths of gradients, layer by layer: they tell whether a deep network
//! learns in its first layers too.

use std::fmt::Write;

use resnet_figures::svg::{STYLE, escape};
use resnet_runtime::{DynTrainer, ModelInfo, ParameterInfo, Role};
use serde::{Deserialize, Serialize};

use crate::axis::Axis;
use crate::training::Epoch;

/// Updates of an epoch at which gradients are measured, about.
const SAMPLES: usize = 8;

/// Whether they are at an update of an epoch of so many.
pub(crate) fn is_sampled(update: usize, updates: usize) -> bool {
    update.is_multiple_of((updates / SAMPLES).max(1))
}

/// The weights that are measured, in the network's order.
fn weights(info: &'static ModelInfo) -> impl Iterator<Item = &'static ParameterInfo> {
    let is_weight = |parameter: &&ParameterInfo| {
        matches!(parameter.role, Role::ConvWeight | Role::LinearWeight) && parameter.is_trained()
    };
    info.parameters.iter().filter(is_weight)
}

/// Their layers' names.
pub(crate) fn layers(info: &'static ModelInfo) -> Vec<&'static str> {
    let names = weights(info).map(|weight| weight.name);
    names.map(|name| name.trim_end_matches(".weight")).collect()
}

/// Measurements of an epoch so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Norms {
    count: usize,
    /// Of squared lengths, a layer each.
    sums: Vec<f64>,
}

impl Norms {
    /// Measures the gradients that a trainer has.
    pub(crate) fn add(&mut self, trainer: &dyn DynTrainer) {
        self.count += 1;
        for (layer, weight) in weights(trainer.info()).enumerate() {
            let gradient = trainer.gradient(weight.name).unwrap_or_default();
            let square: f64 = gradient.iter().map(|&d| f64::from(d).powi(2)).sum();
            match self.sums.get_mut(layer) {
                Some(sum) => *sum += square,
                None => self.sums.push(square),
            }
        }
    }

    /// Root mean squares of the lengths.
    pub(crate) fn means(&self) -> Vec<f64> {
        let count = self.count.max(1) as f64;
        self.sums.iter().map(|sum| (sum / count).sqrt()).collect()
    }
}

/// A row for each epoch, a column for each layer.
pub(crate) fn csv(layers: &[&str], epochs: &[Epoch]) -> String {
    let mut csv = format!("epoch,{}\n", layers.join(","));
    for epoch in epochs {
        let _ = write!(csv, "{}", epoch.epoch);
        for norm in &epoch.gradient_norms {
            let _ = write!(csv, ",{norm:.6e}");
        }
        csv.push('\n');
    }
    csv
}

const LEFT: f64 = 72.0;
const TOP: f64 = 72.0;
const WIDTH: f64 = 620.0;
const HEIGHT: f64 = 260.0;

/// Lines that are drawn: the first epoch, the last, and some between.
const LINES: usize = 6;

const OWN: &str = "
polyline.epoch { stroke: #0969da; stroke-width: 2; fill: none; }
circle.epoch { fill: #0969da; }
@media (prefers-color-scheme: dark) {
  polyline.epoch { stroke: #58a6ff; }
  circle.epoch { fill: #58a6ff; }
}
";

/// Lengths over the layers, a line for some of the epochs, fainter the longer
/// ago; the scale is logarithmic.
pub(crate) fn svg(model: &str, layers: &[&str], epochs: &[Epoch]) -> String {
    let model = escape(model);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 840 400" width="840" height="400" role="img">
<title>Gradient norms of {model}</title>
<style>{STYLE}{OWN}</style>
<rect class="paper" width="840" height="400"/>
<text class="title" x="{LEFT}" y="28">{model}: length of the gradient, layer by layer</text>
"#
    );
    let logs = |epoch: &Epoch| -> Vec<f64> {
        let norms = epoch.gradient_norms.iter();
        norms.map(|norm| norm.max(1e-30).log10()).collect()
    };
    let shown = shown(epochs.len());
    let all: Vec<f64> = shown.iter().flat_map(|&i| logs(&epochs[i])).collect();
    let low = all.iter().copied().reduce(f64::min).unwrap_or(-1.0);
    let high = all.iter().copied().reduce(f64::max).unwrap_or(0.0);
    let vertical = Axis::new(low, high, 5.0);
    let horizontal = Axis::counting(layers.len());
    let x = |layer: usize| LEFT + WIDTH * horizontal.share((layer + 1) as f64);
    let y = |log: f64| TOP + HEIGHT * (1.0 - vertical.share(log));
    let (right, bottom) = (LEFT + WIDTH, TOP + HEIGHT);
    for tick in vertical.ticks() {
        let (at, value) = (y(tick), scientific(10f64.powf(tick)));
        let _ = writeln!(
            svg,
            r#"<line class="grid" x1="{LEFT}" y1="{at:.1}" x2="{right}" y2="{at:.1}"/><text x="{:.1}" y="{:.1}" text-anchor="end">{value}</text>"#,
            LEFT - 8.0,
            at + 4.0,
        );
    }
    for tick in horizontal.ticks() {
        let at = LEFT + WIDTH * horizontal.share(tick);
        let _ = writeln!(
            svg,
            r#"<text x="{at:.1}" y="{}" text-anchor="middle">{tick}</text>"#,
            bottom + 18.0
        );
    }
    let _ = writeln!(
        svg,
        r#"<polyline class="axis" points="{LEFT},{TOP} {LEFT},{bottom} {right},{bottom}"/><text x="{:.1}" y="{}" text-anchor="middle">layer, from input to output</text>"#,
        LEFT + WIDTH / 2.0,
        bottom + 38.0,
    );
    for (line, &i) in shown.iter().enumerate() {
        let opacity = (line + 1) as f64 / shown.len() as f64;
        let (epoch, logs) = (&epochs[i], logs(&epochs[i]));
        let points = logs.iter().enumerate();
        let points: Vec<_> = points
            .map(|(layer, log)| format!("{:.1},{:.1}", x(layer), y(*log)))
            .collect();
        let legend = TOP + 8.0 + 20.0 * line as f64;
        let _ = writeln!(
            svg,
            r#"<g opacity="{opacity:.2}"><polyline class="epoch" points="{}"/><polyline class="epoch" points="716,{legend} 740,{legend}"/></g><text x="748" y="{}">epoch {}</text>"#,
            points.join(" "),
            legend + 4.0,
            epoch.epoch,
        );
    }
    if let Some(epoch) = epochs.last() {
        for (layer, (name, log)) in layers.iter().zip(logs(epoch)).enumerate() {
            let _ = writeln!(
                svg,
                r#"<circle class="epoch" cx="{:.1}" cy="{:.1}" r="2.5"><title>{}: {:.3e}</title></circle>"#,
                x(layer),
                y(log),
                escape(name),
                epoch.gradient_norms[layer],
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Two digits that count.
fn scientific(value: f64) -> String {
    match value {
        0.000_9..9_999.0 => {
            let decimals = (1.0 - value.log10().floor()).max(0.0) as usize;
            format!("{value:.decimals$}")
        }
        _ => format!("{value:.1e}"),
    }
}

/// Which of so many epochs are drawn.
fn shown(epochs: usize) -> Vec<usize> {
    let lines = LINES.min(epochs);
    let place = |line: usize| line * (epochs - 1) / (lines - 1).max(1);
    (0..lines).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::tests::assert_well_formed;
    use crate::training::tests::EPOCH;

    #[test]
    fn epochs_that_are_drawn() {
        assert_eq!(shown(1), [0]);
        assert_eq!(shown(3), [0, 1, 2]);
        assert_eq!(shown(101), [0, 20, 40, 60, 80, 100]);
        let sampled = |updates| (0..updates).filter(|i| is_sampled(*i, updates)).count();
        assert_eq!([1, 7, 80, 469].map(sampled), [1, 7, 8, 9]);
    }

    #[test]
    fn tables_and_pictures() {
        let layers = ["conv1", "fc"];
        for count in [1, 2, 40] {
            let epoch = |epoch| Epoch {
                epoch,
                gradient_norms: vec![0.0, 1.5 / epoch as f64],
                ..EPOCH
            };
            let epochs: Vec<_> = (1..=count).map(epoch).collect();
            let svg = svg("fake", &layers, &epochs);
            assert_well_formed(&svg);
            assert!(svg.contains("<title>conv1: 0.000e0</title>"), "{svg}");
            let csv = csv(&layers, &epochs);
            assert!(csv.starts_with("epoch,conv1,fc\n1,0.000000e0,1.500000e0\n"));
            assert_eq!(csv.lines().count(), count + 1);
        }
    }
}
