//! Transfer learning: what a network has learned from pictures of clothes helps it
//! to learn digits from a few examples. A backbone trained on Fashion-MNIST gets a
//! new head and stays frozen, or is tuned with it, beside the same network from
//! scratch; all by the same steps.
//!
//!     cargo run --release --bin resnet -- build experiments/fashion_resnet20.yaml -o fashion
//!     ./fashion train --data DIR --recipe experiments/fashion_short.yaml --seed 1 --output runs/backbone
//!     cargo run --release --example transfer -- runs/backbone/last.safetensors -o transfer.svg

#[path = "shared/digits.rs"]
mod digits;

use std::error::Error;

use digits::{CLASSES, Images, Shuffle};
use resnet_figures::plot::{self, Panel, Point, Series};
use resnet_runtime::{DynNetwork, Optimizer, Parameters, Sgd, resnet, softmax_cross_entropy};

resnet!(pub(crate) whole = "experiments/fashion_resnet20.yaml");
resnet!(
    frozen = "experiments/fashion_resnet20.yaml",
    freeze = ["conv1", "bn1", "layer1", "layer2", "layer3"]
);

/// Rows and columns of the networks' images.
const SIDE: usize = 28;
const BATCH: usize = 50;

/// A way to begin.
struct Way {
    name: &'static str,
    network: &'static dyn DynNetwork,
    /// Whether it begins with the backbone's parameters and a new head.
    is_transfer: bool,
    /// The highest learning rate.
    lr: f64,
}

/// A head alone bears larger steps.
const WAYS: [Way; 3] = [
    Way {
        name: "head alone",
        network: &frozen::Network,
        is_transfer: true,
        lr: 1.0,
    },
    Way {
        name: "all tuned",
        network: &whole::Network,
        is_transfer: true,
        lr: 0.05,
    },
    Way {
        name: "from scratch",
        network: &whole::Network,
        is_transfer: false,
        lr: 0.05,
    },
];

/// Runs it.
pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (backbone, output) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [backbone] => (backbone, "transfer.svg"),
        [backbone, "-o", output] => (backbone, output),
        _ => return Err("usage: transfer BACKBONE.safetensors [-o PICTURE.svg]".into()),
    };
    let backbone = std::fs::read(backbone).map_err(|error| format!("{backbone}: {error}"))?;
    let counts = [10, 30, 100];
    let accuracies = compare(&backbone, &counts, &[1, 2, 3], 200)?;
    std::fs::write(output, picture(&counts, &accuracies))?;
    println!("{output}");
    Ok(())
}

/// Accuracies on the test digits, in per cent, the mean over seeds: of each of
/// the ways by so many examples of each class.
pub(crate) fn compare(
    backbone: &[u8],
    counts: &[usize],
    seeds: &[u64],
    steps: usize,
) -> Result<[Vec<f64>; 3], Box<dyn Error>> {
    let [train, test] = ["train", "t10k"].map(Images::read);
    let (train, test) = (train?.resized(SIDE), test?.resized(SIDE));
    let mut accuracies = WAYS.map(|_| Vec::new());
    for &count in counts {
        let mut told = Vec::new();
        for (way, accuracies) in WAYS.iter().zip(&mut accuracies) {
            let info = way.network.info();
            let mut sum = 0.0;
            for &seed in seeds {
                let parameters = match way.is_transfer {
                    true => Parameters::from_bytes_with_new_head(info, backbone, seed)?,
                    false => Parameters::init(info, seed),
                };
                let chosen = train.some_of_each(count, seed);
                sum += 1.0 - learn(way, &parameters, steps, (&train, &chosen), &test)?;
            }
            let accuracy = 100.0 * sum / seeds.len() as f64;
            accuracies.push(accuracy);
            told.push(format!("{} {accuracy:.1}%", way.name));
        }
        println!("{count} of each class: {}", told.join(", "));
    }
    Ok(accuracies)
}

/// Trains on the chosen images; the share of test images taken for others.
fn learn(
    way: &Way,
    parameters: &Parameters,
    steps: usize,
    (train, chosen): (&Images, &[usize]),
    test: &Images,
) -> Result<f64, Box<dyn Error>> {
    let mut trainer = way.network.trainer(parameters, BATCH, 2)?;
    let mut sgd = Optimizer::from(Sgd {
        weight_decay: 5e-4,
        nesterov: true,
        ..Sgd::default()
    });
    let mut order = Vec::new();
    let mut random = Shuffle(1);
    let mut d_logits = vec![0.0; BATCH * CLASSES];
    for step in 0..steps {
        if order.len() < BATCH {
            order = chosen.to_vec();
            random.shuffle(&mut order);
        }
        // A warm-up over a tenth of the steps, and a cosine.
        let done = step as f64 / steps as f64;
        let rise = (10.0 * (step + 1) as f64 / steps as f64).min(1.0);
        sgd.set_lr(way.lr * rise * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()));
        let (images, labels) = train.batch(&order.split_off(order.len() - BATCH));
        let logits = trainer.forward(&images)?;
        softmax_cross_entropy(logits, &labels, CLASSES, &mut d_logits);
        trainer.backward(&d_logits)?;
        trainer.update(&sgd)?;
    }
    digits::error(&mut *trainer, test, BATCH)
}

/// Accuracies by the number of examples.
pub(crate) fn picture(counts: &[usize], accuracies: &[Vec<f64>; 3]) -> String {
    let place = |count: usize| (count as f64).log10();
    let series = WAYS.iter().zip(accuracies).map(|(way, of)| Series {
        name: way.name.to_owned(),
        points: counts
            .iter()
            .zip(of)
            .map(|(&count, &accuracy)| Point {
                x: place(count),
                y: accuracy,
                told: format!("{count} of each class: {accuracy:.1}%"),
            })
            .collect(),
    });
    let panel = Panel {
        title: "Digits told right".to_owned(),
        note: "per cent, by examples of each class".to_owned(),
        ticks: counts
            .iter()
            .map(|&count| (place(count), count.to_string()))
            .collect(),
        holds: vec![100.0],
        series: series.collect(),
    };
    plot::svg("From clothes to digits", 1, &[panel])
}

impl Images {
    /// So many images of each class, drawn by a seed.
    fn some_of_each(&self, count: usize, seed: u64) -> Vec<usize> {
        let mut order: Vec<_> = (0..self.labels.len()).collect();
        Shuffle(seed).shuffle(&mut order);
        let mut left = [count; CLASSES];
        order.retain(|&i| {
            let left = &mut left[self.labels[i]];
            let taken = *left > 0;
            *left -= usize::from(taken);
            taken
        });
        order
    }

    /// The images with so many rows and columns, bilinear between the centres of
    /// pixels.
    fn resized(&self, side: usize) -> Self {
        let scale = self.side as f32 / side as f32;
        // The pixel before a place, the one behind it, and how near that is.
        let around = |to: usize| {
            let place = ((to as f32 + 0.5) * scale - 0.5).max(0.0);
            let before = (place as usize).min(self.side - 1);
            (before, (before + 1).min(self.side - 1), place.fract())
        };
        let mut pixels = Vec::with_capacity(self.labels.len() * side * side);
        for image in self.pixels.chunks(self.side * self.side) {
            for y in 0..side {
                let (above, below, down) = around(y);
                for x in 0..side {
                    let (left, right, along) = around(x);
                    let row = |y: usize| {
                        let [from, to] = [left, right].map(|x| image[y * self.side + x]);
                        from + along * (to - from)
                    };
                    pixels.push(row(above) + down * (row(below) - row(above)));
                }
            }
        }
        Self {
            side,
            pixels,
            labels: self.labels.clone(),
        }
    }
}
