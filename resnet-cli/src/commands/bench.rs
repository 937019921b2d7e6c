//! `bench`: how long a run or a training step takes, and every layer of it.

mod layers;
mod trace;

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Result;
use resnet_runtime::{
    DynNetwork, ModelInfo, Optimizer, Parameters, Sgd, memory_gigabytes,
    softmax_cross_entropy_of_maps,
};
use serde::Serialize;

use super::print_json;
use crate::args::BenchArgs;
use crate::random::Draws;
use crate::timeline::{INFERENCE, Timeline};
use layers::{Row, Scale, Total};

/// The line that `--json` prints.
#[derive(Serialize)]
struct Report {
    model: &'static str,
    mode: &'static str,
    batch: usize,
    threads: usize,
    /// Median of the runs.
    ms: f64,
    min_ms: f64,
    images_per_s: f64,
    gflops: f64,
    /// Median of what multiply-adds alone reach, measured between the runs:
    /// the clock rises and falls with what the machine's others do.
    fma_peak_gflops: f64,
    /// The share of that which is reached.
    fma_share: f64,
    isa: &'static str,
    processor: String,
    /// Given if the caller chose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithm: Option<String>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    layers: Option<Layers>,
}

/// What `--layers` adds.
#[derive(Serialize)]
struct Layers {
    layers: Vec<Row>,
    totals: Vec<Total>,
    #[serde(flatten)]
    scale: Scale,
}

impl Layers {
    fn new(timeline: &Timeline, info: &ModelInfo, scale: Scale) -> Self {
        let layers = match timeline.is_inference() {
            true => layers::of_inference(timeline, info, scale),
            false => layers::of_training(timeline, scale),
        };
        let totals = layers::totals(&layers, scale);
        Self {
            layers,
            totals,
            scale,
        }
    }
}

pub(crate) fn run(network: &dyn DynNetwork, args: &BenchArgs, out: &mut dyn Write) -> Result<()> {
    let info = network.info();
    let (batch, threads) = (args.batch, args.threads.count());
    let parameters = Parameters::init(info, 0);
    let images = random_images(info, batch);
    let for_about = Duration::from_secs_f64(args.seconds.min(MAX_SECONDS));

    let observed = args.layers || args.profile.is_some();
    let mut timeline = Timeline::default();
    let observer = observed.then(|| timeline.observer());

    let Times { times, peaks } = if args.train {
        let mut trainer = network.trainer(&parameters, batch, threads)?;
        trainer.observe(observer);
        // Every pixel of a map has a class of its own.
        let [classes, height, width] = info.outputs[0].shape;
        let pixels = height * width;
        let labels: Vec<_> = (0..batch * pixels).map(|pixel| pixel % classes).collect();
        let mut d_logits = vec![0.0; labels.len() * classes];
        let sgd = Optimizer::from(Sgd {
            lr: 1e-3,
            weight_decay: 1e-4,
            nesterov: true,
            ..Sgd::default()
        });
        measure(for_about, threads, || {
            timeline.phase("forward");
            let logits = trainer.forward(&images)?;
            timeline.phase("loss");
            softmax_cross_entropy_of_maps(logits, &labels, [classes, pixels], &mut d_logits);
            timeline.phase("backward");
            trainer.backward(&d_logits)?;
            timeline.phase("update");
            trainer.update(&sgd)?;
            timeline.end_run(observed);
            Ok(())
        })?
    } else {
        let mut model = network.model(&parameters, batch, threads)?;
        model.observe(observer);
        measure(for_about, threads, || {
            timeline.phase(INFERENCE);
            model.forward(&images)?;
            timeline.end_run(observed);
            Ok(())
        })?
    };

    timeline.keep(times.len());
    if let Some(path) = &args.profile {
        trace::write(path, &timeline, info)?;
    }

    let fma_peak_gflops = median(&peaks);
    let scale = Scale {
        batch,
        fma_peak_gflops,
        memory_gigabytes: match args.layers {
            true => memory_gigabytes(threads)?,
            false => 0.0,
        },
    };
    let (median, shortest) = (median(&times), times[0]);
    // Backward computes two gradients of each product's factors.
    let passes = if args.train { 3.0 } else { 1.0 };
    let gflops = passes * 2.0 * info.macs as f64 * batch as f64 / median / 1e9;
    let report = Report {
        model: info.name,
        mode: if args.train { "train" } else { "infer" },
        batch,
        threads,
        ms: 1e3 * median,
        min_ms: 1e3 * shortest,
        images_per_s: batch as f64 / median,
        gflops,
        fma_peak_gflops,
        fma_share: gflops / fma_peak_gflops,
        isa: resnet_runtime::isa(),
        processor: processor(),
        algorithm: args.algorithm.name().map(str::to_owned),
        layers: args.layers.then(|| Layers::new(&timeline, info, scale)),
    };
    if args.json {
        print_json(out, &report)
    } else {
        print(out, &report, times.len())
    }
}

/// What the system calls the processor, or else its kind.
pub(crate) fn processor() -> String {
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut names = told.lines().filter_map(|line| line.split_once(':'));
    let name = names.find(|(key, _)| matches!(key.trim(), "model name" | "Model" | "cpu model"));
    match name {
        Some((_, name)) => name.trim().to_owned(),
        None => std::env::consts::ARCH.to_owned(),
    }
}

/// A day; a longer wish would overflow nothing, but nobody means it.
const MAX_SECONDS: f64 = 86_400.0;
const FEWEST_RUNS: usize = 10;

/// Images of random values in -1..1, the same at every call.
pub(crate) fn random_images(info: &ModelInfo, count: usize) -> Vec<f32> {
    let mut draws = Draws::of_step(0, 0);
    let pixels = count * info.input.iter().product::<usize>();
    (0..pixels)
        .map(|_| draws.between(-1.0, 1.0) as f32)
        .collect()
}

/// What was measured, sorted.
struct Times {
    /// Seconds of each run.
    times: Vec<f64>,
    /// Rates of multiply-adds alone before each run.
    peaks: Vec<f64>,
}

/// Measures one run after another. A tenth of the time goes to runs that don't
/// count, while caches fill and the clock rises.
fn measure(
    for_about: Duration,
    threads: usize,
    mut run: impl FnMut() -> Result<()>,
) -> Result<Times> {
    let start = Instant::now();
    for warm_up in 0.. {
        if warm_up >= 2 && start.elapsed() >= for_about / 10 {
            break;
        }
        run()?;
    }
    let (mut times, mut peaks) = (Vec::new(), Vec::new());
    let start = Instant::now();
    while times.len() < FEWEST_RUNS || start.elapsed() < for_about {
        peaks.push(resnet_runtime::fma_gflops(threads));
        let start = Instant::now();
        run()?;
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    peaks.sort_by(f64::total_cmp);
    Ok(Times { times, peaks })
}

/// The middle of numbers in order, of which there is one at least.
pub(crate) fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        0.5 * (sorted[middle - 1] + sorted[middle])
    } else {
        sorted[middle]
    }
}

fn print(out: &mut dyn Write, report: &Report, runs: usize) -> Result<()> {
    let what = if report.mode == "train" {
        "training step"
    } else {
        "inference"
    };
    writeln!(
        out,
        "{} {what}{}, batch {}, {} thread{}, {}",
        report.model,
        match &report.algorithm {
            Some(algorithm) => format!(" ({algorithm})"),
            None => String::new(),
        },
        report.batch,
        report.threads,
        if report.threads == 1 { "" } else { "s" },
        report.isa,
    )?;
    writeln!(
        out,
        "{:.3} ms median of {runs} runs, {:.3} ms at best",
        report.ms, report.min_ms
    )?;
    writeln!(out, "{:.1} images/s", report.images_per_s)?;
    writeln!(
        out,
        "{:.1} GFLOP/s, {:.0}% of the {:.1} GFLOP/s that multiply-adds alone reach here",
        report.gflops,
        100.0 * report.fma_share,
        report.fma_peak_gflops,
    )?;
    match &report.layers {
        Some(layers) => layers::print(out, &layers.layers, &layers.totals, layers.scale),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[1.0, 2.0, 9.0]), 2.0);
        assert_eq!(median(&[1.0, 2.0, 3.0, 9.0]), 2.5);
    }

    #[test]
    fn measures_at_least_ten_runs() {
        let mut runs = 0;
        let times = measure(Duration::ZERO, 1, || {
            runs += 1;
            Ok(())
        });
        let times = times.unwrap();
        assert_eq!((times.times.len(), times.peaks.len()), (10, 10));
        assert_eq!(runs, 12);
    }
}
