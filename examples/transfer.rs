//! Transfer learning: what a network has learned from pictures of clothes helps it
//! to learn digits from a few examples. A backbone trained on Fashion-MNIST gets a
//! new head and stays frozen, or is tuned with it, beside the same network from
//! scratch; all by the same steps.
//!
//!     cargo run --release --bin resnet -- build experiments/fashion_resnet20.yaml -o fashion
//!     ./fashion train --data DIR --recipe experiments/fashion_short.yaml --output runs/backbone
//!     cargo run --release --example transfer -- runs/backbone/last.safetensors -o transfer.svg

#[path = "shared/digits.rs"]
mod digits;

use std::error::Error;

use digits::{CLASSES, Images, Shuffle, mistakes};
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

/// Ways to begin, each with its highest learning rate: a head alone bears larger
/// steps.
pub(crate) const WAYS: [(&str, f64); 3] = [
    ("head alone", 1.0),
    ("all tuned", 0.05),
    ("from scratch", 0.05),
];

/// Runs it.
pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let backbone = arguments
        .next()
        .ok_or("which weights? Name the backbone's file")?;
    let output = arguments
        .nth(1)
        .unwrap_or_else(|| "transfer.svg".to_owned());
    let backbone = std::fs::read(&backbone).map_err(|error| format!("{backbone}: {error}"))?;
    let counts = [10, 30, 100];
    let accuracies = compare(&backbone, &counts, &[1, 2, 3], 200)?;
    std::fs::write(&output, picture(&counts, &accuracies))?;
    println!("{output}");
    Ok(())
}

/// Accuracies on the test digits, in per cent, the mean over seeds: of each of
/// [`WAYS`] by so many examples of each class.
pub(crate) fn compare(
    backbone: &[u8],
    counts: &[usize],
    seeds: &[u64],
    steps: usize,
) -> Result<[Vec<f64>; 3], Box<dyn Error>> {
    let [train, test] = ["train", "t10k"].map(Images::read);
    let (train, test) = (train?.resized(SIDE), test?.resized(SIDE));
    let networks: [&dyn DynNetwork; 3] = [&frozen::Network, &whole::Network, &whole::Network];
    let mut accuracies = WAYS.map(|_| Vec::new());
    for &count in counts {
        for (way, network) in networks.into_iter().enumerate() {
            let (name, lr) = WAYS[way];
            let mut sum = 0.0;
            for &seed in seeds {
                let parameters = match name {
                    "from scratch" => Parameters::init(network.info(), seed),
                    _ => Parameters::from_bytes_with_new_head(network.info(), backbone, seed)?,
                };
                let chosen = train.some_of_each(count, seed);
                sum += learn(network, &parameters, (lr, steps), (&train, &chosen), &test)?;
            }
            accuracies[way].push(100.0 * sum / seeds.len() as f64);
        }
        let told = WAYS.iter().zip(&accuracies);
        let told = told.map(|(way, of)| format!("{} {:.1}%", way.0, of[of.len() - 1]));
        println!(
            "{count} of each class: {}",
            told.collect::<Vec<_>>().join(", ")
        );
    }
    Ok(accuracies)
}

/// Trains on the chosen images; the share of test images told right.
fn learn(
    network: &dyn DynNetwork,
    parameters: &Parameters,
    (lr, steps): (f64, usize),
    (train, chosen): (&Images, &[usize]),
    test: &Images,
) -> Result<f64, Box<dyn Error>> {
    let mut trainer = network.trainer(parameters, BATCH, 2)?;
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
        sgd.set_lr(lr * rise * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()));
        let (images, labels) = train.batch(&order.split_off(order.len() - BATCH));
        let logits = trainer.forward(&images)?;
        softmax_cross_entropy(logits, &labels, CLASSES, &mut d_logits);
        trainer.backward(&d_logits)?;
        trainer.update(&sgd)?;
    }
    let mut wrong = 0;
    let all: Vec<_> = (0..test.labels.len()).collect();
    for part in all.chunks(BATCH) {
        let (images, labels) = test.batch(part);
        wrong += mistakes(trainer.evaluate(&images)?, &labels);
    }
    Ok(1.0 - wrong as f64 / test.labels.len() as f64)
}

/// Accuracies by the number of examples.
pub(crate) fn picture(counts: &[usize], accuracies: &[Vec<f64>; 3]) -> String {
    let place = |count: usize| (count as f64).log10();
    let series = WAYS.iter().zip(accuracies).map(|((way, _), of)| Series {
        name: (*way).to_owned(),
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
