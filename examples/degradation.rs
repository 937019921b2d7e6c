//! The degradation experiment of He et al. 2015 (figure 6) on the digits: networks
//! of growing depth, plain ones and residual ones, whose specs differ in one key.
//! Deep plain networks learn worse than shallow ones, even what they are shown;
//! with shortcuts they learn.
//!
//!     cargo run --release --example degradation              # writes degradation.svg
//!     cargo run --release --example degradation -- --epochs 20 -o picture.svg

#[path = "shared/digits.rs"]
mod digits;

use std::error::Error;

use digits::{CLASSES, Images, Shuffle, mistakes};
use resnet_figures::plot::{self, Panel, Point, Series};
use resnet_runtime::{
    DynNetwork, DynTrainer, Optimizer, Parameters, Sgd, resnet, softmax_cross_entropy,
};

resnet!("examples/degradation/plain8.yaml");
resnet!("examples/degradation/plain20.yaml");
resnet!("examples/degradation/plain44.yaml");
resnet!("examples/degradation/plain110.yaml");
resnet!("examples/degradation/residual8.yaml");
resnet!("examples/degradation/residual20.yaml");
resnet!("examples/degradation/residual44.yaml");
resnet!("examples/degradation/residual110.yaml");

pub(crate) const DEPTHS: [usize; 4] = [8, 20, 44, 110];
const PLAIN: [&dyn DynNetwork; 4] = [
    &plain8::Network,
    &plain20::Network,
    &plain44::Network,
    &plain110::Network,
];
const RESIDUAL: [&dyn DynNetwork; 4] = [
    &residual8::Network,
    &residual20::Network,
    &residual44::Network,
    &residual110::Network,
];

const BATCH: usize = 64;

/// What a training shows.
pub(crate) struct Run {
    /// Share of mistakes on the training images, epoch by epoch.
    pub(crate) errors: Vec<f64>,
    /// Share of mistakes on the test images in the end.
    pub(crate) test_error: f64,
    /// How long the gradient of each convolution's weights is at the first step,
    /// from the first layer to the last.
    pub(crate) gradients: Vec<f64>,
}

/// Runs it.
pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let position = arguments.iter().position(|argument| argument == name)?;
        arguments.get(position + 1)
    };
    let epochs = option("--epochs").map_or(Ok(20), |epochs| epochs.parse())?;
    let output = option("-o").map_or("degradation.svg", String::as_str);
    let runs = compare(&DEPTHS, epochs)?;
    std::fs::write(output, picture(&runs))?;
    println!("{output}");
    Ok(())
}

/// Trains the networks of these depths, the first of [`DEPTHS`]: plain ones and
/// residual ones. Tells how each depth went.
pub(crate) fn compare(depths: &[usize], epochs: usize) -> Result<[Vec<Run>; 2], Box<dyn Error>> {
    let [train, test] = ["train", "t10k"].map(Images::read);
    let (train, test) = (train?, test?);
    println!("{:>6}  {:>22}  {:>22}", "layers", "plain", "residual");
    let errors = "train error, test error";
    println!("{:>6}  {errors:>22}  {errors:>22}", "");
    let mut runs = [Vec::new(), Vec::new()];
    for (i, depth) in depths.iter().enumerate() {
        for (networks, runs) in [PLAIN, RESIDUAL].iter().zip(&mut runs) {
            runs.push(learn(networks[i], epochs, &train, &test)?);
        }
        let shown = |run: &Run| {
            let last = run.errors.last().copied().unwrap_or(1.0);
            format!("{:.1}%, {:.1}%", 100.0 * last, 100.0 * run.test_error)
        };
        let [plain, residual] = [&runs[0][i], &runs[1][i]].map(shown);
        println!("{depth:>6}  {plain:>22}  {residual:>22}");
    }
    Ok(runs)
}

/// Trains a network; the same recipe for all.
fn learn(
    network: &dyn DynNetwork,
    epochs: usize,
    train: &Images,
    test: &Images,
) -> Result<Run, Box<dyn Error>> {
    let parameters = Parameters::init(network.info(), 1);
    let mut trainer = network.trainer(&parameters, BATCH, 2)?;
    let mut sgd = Optimizer::from(Sgd {
        weight_decay: 1e-4,
        nesterov: true,
        ..Sgd::default()
    });
    let batches = train.labels.len() / BATCH;
    let mut order: Vec<_> = (0..train.labels.len()).collect();
    let mut random = Shuffle(1);
    let mut d_logits = vec![0.0; BATCH * CLASSES];
    let mut run = Run {
        errors: Vec::new(),
        test_error: 1.0,
        gradients: Vec::new(),
    };
    for epoch in 0..epochs {
        random.shuffle(&mut order);
        let mut wrong = 0;
        for (step, chosen) in order.chunks_exact(BATCH).enumerate() {
            // A warm-up over the first epoch, then a cosine.
            let done = (epoch * batches + step) as f64 / (epochs * batches) as f64;
            let rise = ((epoch * batches + step + 1) as f64 / batches as f64).min(1.0);
            sgd.set_lr(0.1 * rise * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()));
            let (images, labels) = train.batch(chosen);
            let logits = trainer.forward(&images)?;
            wrong += mistakes(logits, &labels);
            softmax_cross_entropy(logits, &labels, CLASSES, &mut d_logits);
            trainer.backward(&d_logits)?;
            if run.gradients.is_empty() {
                run.gradients = gradients(&*trainer);
            }
            trainer.update(&sgd)?;
        }
        run.errors.push(wrong as f64 / (batches * BATCH) as f64);
    }
    run.test_error = digits::error(&mut *trainer, test, BATCH)?;
    Ok(run)
}

/// How long the gradient of each convolution's weights is.
fn gradients(trainer: &dyn DynTrainer) -> Vec<f64> {
    let weights = trainer
        .info()
        .parameters
        .iter()
        .filter(|p| p.shape.len() == 4);
    let gradients = weights.filter_map(|weight| trainer.gradient(weight.name));
    let squares = gradients.map(|gradient| gradient.iter().map(|&g| f64::from(g).powi(2)).sum());
    squares.map(f64::sqrt).collect()
}

pub(crate) fn picture(runs: &[Vec<Run>; 2]) -> String {
    let mut panels = Vec::new();
    for (kind, runs) in ["Plain", "Residual"].iter().zip(runs) {
        let epochs = runs[0].errors.len();
        let curves = curves(runs, |run| {
            let errors = run.errors.iter().enumerate();
            let of = |(epoch, error): (usize, &f64)| Point {
                x: (epoch + 1) as f64,
                y: 100.0 * error,
                told: format!("epoch {}: {:.1}%", epoch + 1, 100.0 * error),
            };
            errors.map(of).collect()
        });
        panels.push(Panel {
            title: format!("{kind} networks"),
            note: "per cent of the training images taken for others".to_owned(),
            ticks: [1, epochs / 2, epochs]
                .map(|e| (e as f64, e.to_string()))
                .into(),
            holds: vec![0.0, 100.0],
            series: curves,
        });
    }
    for (kind, runs) in ["Plain", "Residual"].iter().zip(runs) {
        let curves = curves(runs, |run| {
            let last = run.gradients.len() - 1;
            let gradients = run.gradients.iter().enumerate();
            let of = |(layer, length): (usize, &f64)| Point {
                x: layer as f64 / last as f64,
                y: length.max(1e-12).log10(),
                told: format!("convolution {}: {length:.2e}", layer + 1),
            };
            gradients.map(of).collect()
        });
        panels.push(Panel {
            title: format!("{kind} networks, gradients"),
            note: "log10 of each convolution's gradient at the first step".to_owned(),
            ticks: vec![
                (0.0, "first layer".to_owned()),
                (1.0, "last layer".to_owned()),
            ],
            holds: vec![-2.0, 6.0],
            series: curves,
        });
    }
    plot::svg("Depth with and without shortcuts", 2, &panels)
}

fn curves(runs: &[Run], points: impl Fn(&Run) -> Vec<Point>) -> Vec<Series> {
    let runs = DEPTHS.into_iter().zip(runs);
    let series = runs.map(|(depth, run)| Series {
        name: format!("{depth} layers"),
        points: points(run),
    });
    series.collect()
}
