//! The learning curve as SVG: loss and accuracy over the epochs.

use resnet_figures::plot::{self, Panel, Point, Series};

use crate::axis::Axis;
use crate::training::Epoch;

/// Draws the curve of a run of `model`.
pub(crate) fn svg(model: &str, epochs: &[Epoch]) -> String {
    let loss = Panel {
        title: "Loss".to_owned(),
        note: "mean of an epoch".to_owned(),
        ticks: ticks(epochs.len()),
        holds: vec![0.0],
        series: vec![
            series("train", epochs, |epoch| epoch.train_loss),
            series("test", epochs, |epoch| epoch.test_loss),
        ],
    };
    let accuracy = Panel {
        title: "Accuracy".to_owned(),
        note: "per cent".to_owned(),
        ticks: ticks(epochs.len()),
        holds: vec![100.0],
        series: vec![
            series("train", epochs, |epoch| 100.0 * epoch.train_accuracy),
            series("test", epochs, |epoch| 100.0 * epoch.test_accuracy),
        ],
    };
    plot::svg(&format!("Learning curve of {model}"), 2, &[loss, accuracy])
}

/// Round numbers from 1 to `last`, with what is written there.
pub(crate) fn ticks(last: usize) -> Vec<(f64, String)> {
    let axis = Axis::counting(last);
    let ticks = axis.ticks();
    ticks.map(|tick| (tick, tick.to_string())).collect()
}

fn series(name: &str, epochs: &[Epoch], value: impl Fn(&Epoch) -> f64) -> Series {
    let points = epochs.iter().map(|epoch| Point {
        x: epoch.epoch as f64,
        y: value(epoch),
        told: format!("epoch {}: {:.4}", epoch.epoch, value(epoch)),
    });
    Series {
        name: name.to_owned(),
        points: points.collect(),
    }
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
        assert_eq!(svg.matches("<circle").count(), 4 * 3 - 2);
    }

    #[test]
    fn holds_every_point() {
        let svg = svg("digits", &epochs(12));
        assert_eq!(svg.matches("<circle").count(), 4 * 12);
        assert!(svg.contains("test: epoch 4: 0.5500</title>"));
        assert!(svg.contains("train: epoch 10: 95.0000</title>"));
    }
}
