//! Lengths of gradients, layer by layer: they tell whether a deep network
//! learns in its first layers too.

use std::fmt::Write;

use resnet_figures::plot::{self, Panel, Point, Series};
use resnet_runtime::{DynTrainer, ModelInfo, ParameterInfo, Role};
use serde::{Deserialize, Serialize};

use crate::curve::ticks;
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

/// Lines that are drawn: the first epoch, the last, and some between.
const LINES: usize = 4;

/// Lengths over the layers, a line for some of the epochs; the scale is logarithmic.
pub(crate) fn svg(model: &str, layers: &[&str], epochs: &[Epoch]) -> String {
    let line = |epoch: &Epoch| {
        let norms = layers.iter().zip(&epoch.gradient_norms).enumerate();
        let points = norms.map(|(layer, (name, norm))| Point {
            x: (layer + 1) as f64,
            y: norm.max(1e-30).log10(),
            told: format!("{name}: {norm:.3e}"),
        });
        Series {
            name: format!("epoch {}", epoch.epoch),
            points: points.collect(),
        }
    };
    let panel = Panel {
        title: "Length of the gradient, layer by layer".to_owned(),
        note: "log10; layers from input to output".to_owned(),
        ticks: ticks(layers.len()),
        holds: Vec::new(),
        series: shown(epochs.len())
            .into_iter()
            .map(|i| line(&epochs[i]))
            .collect(),
    };
    plot::svg(&format!("Gradient norms of {model}"), 1, &[panel])
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
        assert_eq!(shown(100), [0, 33, 66, 99]);
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
            assert!(svg.contains("epoch 1: conv1: 0.000e0</title>"), "{svg}");
            let csv = csv(&layers, &epochs);
            assert!(csv.starts_with("epoch,conv1,fc\n1,0.000000e0,1.500000e0\n"));
            assert_eq!(csv.lines().count(), count + 1);
        }
    }
}
