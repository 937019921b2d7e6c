//! How time grows with batch, image size, depth and threads, as tables and a plot.
//!
//! ```text
//! cargo bench --bench growth                    # prints tables, writes growth.svg
//! cargo bench --bench growth -- out.svg
//! ```
//!
//! Each time is the shortest of many runs, divided by the work: where growth is a
//! straight line, a curve is flat.

use std::time::{Duration, Instant};

use resnet_figures::plot;
use resnet_figures::table::{Align, Table};
use resnet_runtime::{DynNetwork, Optimizer, Parameters, Sgd, resnet, softmax_cross_entropy};

resnet!(resnet18 = "specs/resnet18.yaml", training = false);
resnet!(size64 = "benches/growth/resnet18_64.yaml", training = false);
resnet!(
    size128 = "benches/growth/resnet18_128.yaml",
    training = false
);
resnet!(
    size320 = "benches/growth/resnet18_320.yaml",
    training = false
);
resnet!(
    size448 = "benches/growth/resnet18_448.yaml",
    training = false
);
resnet!(cifar20 = "specs/cifar_resnet20.yaml");
resnet!(cifar32 = "specs/cifar_resnet32.yaml");
resnet!(cifar56 = "specs/cifar_resnet56.yaml");
resnet!(cifar110 = "specs/cifar_resnet110.yaml");
resnet!(cifar1202 = "specs/cifar_resnet1202.yaml");

/// What grows, and curves of it.
struct Panel {
    title: &'static str,
    /// What a point's time by its work is.
    per: &'static str,
    series: Vec<Series>,
}

struct Series {
    name: &'static str,
    points: Vec<Point>,
}

struct Point {
    /// How much of what grows.
    label: String,
    ms: f64,
    /// Work that should take time in proportion.
    work: f64,
}

impl Series {
    fn new(name: &'static str, points: impl IntoIterator<Item = (String, f64, f64)>) -> Self {
        let points = points.into_iter();
        let points = points.map(|(label, ms, work)| Point { label, ms, work });
        let points = points.collect();
        Self { name, points }
    }
}

impl Panel {
    /// Time by work, beside the first point's.
    fn plotted(&self) -> plot::Panel {
        let series = self.series.iter().map(|series| {
            let of = |point: &Point| point.ms / point.work;
            let first = of(&series.points[0]);
            let points = series.points.iter().enumerate();
            let points = points.map(|(i, point)| plot::Point {
                x: i as f64,
                y: of(point) / first,
                told: format!("{}: {:.2} ms", point.label, point.ms),
            });
            plot::Series {
                name: series.name.to_owned(),
                points: points.collect(),
            }
        });
        let labels = self.series[0].points.iter().enumerate();
        plot::Panel {
            title: self.title.to_owned(),
            note: self.per.to_owned(),
            ticks: labels
                .map(|(i, point)| (i as f64, point.label.clone()))
                .collect(),
            holds: vec![0.0, 1.0],
            series: series.collect(),
        }
    }
}

/// How long each point is measured at least, and how often.
const FOR: Duration = Duration::from_millis(1500);
const FEWEST_RUNS: usize = 3;
/// Images of a training step.
const TRAINED: usize = 32;

fn main() {
    let output = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"));
    let output = output.unwrap_or_else(|| "growth.svg".to_owned());
    let panels = [batches(), sizes(), depths(), threads()];
    for panel in &panels {
        println!("{}: {}\n\n{}\n", panel.title, panel.per, table(panel));
    }
    let title = "Time by work, the first point's being 1: flat is a straight line";
    let plotted: Vec<_> = panels.iter().map(Panel::plotted).collect();
    std::fs::write(&output, plot::svg(title, 2, &plotted)).expect("a place for the plot");
    println!("{output}");
}

/// ResNet-18 with more and more images at once.
fn batches() -> Panel {
    let points = [1, 2, 4, 8, 16, 32, 64].map(|batch| {
        let work = batch as f64;
        (batch.to_string(), infer(&resnet18::Network, batch, 2), work)
    });
    Panel {
        title: "Batch",
        per: "ms an image, ResNet-18, 2 threads",
        series: vec![Series::new("inference", points)],
    }
}

/// ResNet-18 of larger and larger images.
fn sizes() -> Panel {
    let networks: [(usize, &dyn DynNetwork); 5] = [
        (64, &size64::Network),
        (128, &size128::Network),
        (224, &resnet18::Network),
        (320, &size320::Network),
        (448, &size448::Network),
    ];
    let points = networks.map(|(size, network)| {
        let work = network.info().macs as f64 / 1e9;
        (size.to_string(), infer(network, 1, 2), work)
    });
    Panel {
        title: "Image size",
        per: "ms for 10⁹ multiply-adds, ResNet-18, 2 threads",
        series: vec![Series::new("inference", points)],
    }
}

/// Deeper and deeper networks for CIFAR.
fn depths() -> Panel {
    let networks: [(usize, &dyn DynNetwork); 5] = [
        (20, &cifar20::Network),
        (32, &cifar32::Network),
        (56, &cifar56::Network),
        (110, &cifar110::Network),
        (1202, &cifar1202::Network),
    ];
    let points = |time: fn(&dyn DynNetwork) -> f64| {
        networks.map(|(depth, network)| (depth.to_string(), time(network), depth as f64))
    };
    Panel {
        title: "Depth",
        per: "ms a layer, CIFAR ResNets, 2 threads",
        series: vec![
            Series::new(
                "inference of 32",
                points(|network| infer(network, TRAINED, 2)),
            ),
            Series::new("training step of 32", points(|network| train(network, 2))),
        ],
    }
}

/// More and more threads.
fn threads() -> Panel {
    let points = |time: fn(usize) -> f64| {
        [1, 2, 3, 4].map(|threads| {
            // So many threads should take so much less.
            (threads.to_string(), time(threads), 1.0 / threads as f64)
        })
    };
    Panel {
        title: "Threads",
        per: "ms times threads",
        series: vec![
            Series::new(
                "ResNet-18",
                points(|threads| infer(&resnet18::Network, 1, threads)),
            ),
            Series::new(
                "training ResNet-20",
                points(|threads| train(&cifar20::Network, threads)),
            ),
        ],
    }
}

/// Milliseconds of a forward pass.
fn infer(network: &dyn DynNetwork, batch: usize, threads: usize) -> f64 {
    let info = network.info();
    let parameters = Parameters::init(info, 0);
    let mut model = network.model(&parameters, batch, threads).expect("memory");
    let images = vec![0.5; batch * info.input.iter().product::<usize>()];
    shortest(|| {
        model.forward(&images).expect("images of the right size");
    })
}

/// Milliseconds of a training step.
fn train(network: &dyn DynNetwork, threads: usize) -> f64 {
    let info = network.info();
    let parameters = Parameters::init(info, 0);
    let mut trainer = network
        .trainer(&parameters, TRAINED, threads)
        .expect("memory");
    let images = vec![0.5; TRAINED * info.input.iter().product::<usize>()];
    let classes = info.classes().expect("a classifier");
    let labels: Vec<_> = (0..TRAINED).map(|image| image % classes).collect();
    let mut d_logits = vec![0.0; TRAINED * classes];
    let sgd = Optimizer::from(Sgd {
        lr: 1e-3,
        ..Sgd::default()
    });
    shortest(|| {
        let logits = trainer.forward(&images).expect("images of the right size");
        softmax_cross_entropy(logits, &labels, classes, &mut d_logits);
        trainer
            .backward(&d_logits)
            .expect("a gradient of each logit");
        trainer.update(&sgd).expect("finite gradients");
    })
}

/// Milliseconds of the shortest run.
fn shortest(mut run: impl FnMut()) -> f64 {
    run();
    let (mut shortest, start) = (Duration::MAX, Instant::now());
    for runs in 0.. {
        if runs >= FEWEST_RUNS && start.elapsed() >= FOR {
            break;
        }
        let start = Instant::now();
        run();
        shortest = shortest.min(start.elapsed());
    }
    1e3 * shortest.as_secs_f64()
}

fn table(panel: &Panel) -> Table {
    let mut columns = vec![(panel.title, Align::Right)];
    for series in &panel.series {
        columns.extend([(series.name, Align::Right), ("by work", Align::Right)]);
    }
    let mut table = Table::new(columns);
    for (i, point) in panel.series[0].points.iter().enumerate() {
        let mut cells = vec![point.label.clone()];
        for series in &panel.series {
            let point = &series.points[i];
            cells.extend([
                format!("{:.2} ms", point.ms),
                format!("{:.3}", point.ms / point.work),
            ]);
        }
        table.row(cells);
    }
    table
}
