//! Which algorithm is the fastest for each shape on this machine.
//!
//! Every layer is measured inside the running network, where its weights and its
//! input lie as far away as they do in use; the networks take turns.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Parser;
use resnet_runtime::{DynNetwork, Parameters};

use crate::args::at_least_1;
use crate::commands::bench::{processor, random_images};
use crate::timeline::{INFERENCE, Timeline, is_boundary};

/// What is measured.
#[derive(Parser, Debug)]
pub(super) struct AlgorithmsArgs {
    /// Images per run
    #[arg(long, value_parser = at_least_1)]
    batch: usize,
    /// Threads to compute with
    #[arg(long, value_parser = at_least_1)]
    threads: usize,
    /// How long
    #[arg(long)]
    seconds: f64,
}

/// Runs that don't count, and the fewest that do.
const WARM_UP: usize = 2;
const FEWEST_RUNS: usize = 10;

/// Seconds that convolutions of one shape take together, by each network.
type Times = BTreeMap<Shape, Vec<f64>>;

/// Channels read and made, rows and columns made.
type Shape = [usize; 4];

pub(super) fn run(
    networks: &[(&'static str, &'static dyn DynNetwork)],
    args: &AlgorithmsArgs,
    out: &mut dyn Write,
) -> Result<()> {
    let timelines = timelines(networks, args)?;
    let mut times = Times::new();
    for (network, timeline) in timelines.iter().enumerate() {
        let calls = layer_calls(timeline);
        for (layer, (shape, seconds)) in calls.into_iter().enumerate() {
            if has_choice(networks, layer) {
                let of_shape = times
                    .entry(shape)
                    .or_insert_with(|| vec![0.0; networks.len()]);
                of_shape[network] += seconds;
            }
        }
    }
    let words: Vec<_> = networks.iter().map(|(word, _)| *word).collect();
    let info = networks[0].1.info();
    writeln!(
        out,
        "# `{}` with a batch of {} on {} thread{}, {}, {}.\n\
         # Behind each shape the milliseconds of {}.\n\
         convolutions:",
        info.name,
        args.batch,
        args.threads,
        if args.threads == 1 { "" } else { "s" },
        resnet_runtime::isa(),
        processor(),
        words.join(", "),
    )?;
    if times.is_empty() {
        writeln!(out, "  []")?;
    }
    for (shape, seconds) in &times {
        writeln!(out, "  - {}", line(*shape, &words, seconds))?;
    }
    Ok(())
}

/// Runs every network in turn, for about as long as was asked for.
fn timelines(
    networks: &[(&'static str, &'static dyn DynNetwork)],
    args: &AlgorithmsArgs,
) -> Result<Vec<Timeline>> {
    let info = networks[0].1.info();
    let images = random_images(info, args.batch);
    let mut measured = Vec::new();
    for (_, network) in networks {
        let parameters = Parameters::init(network.info(), 0);
        let mut model = network.model(&parameters, args.batch, args.threads)?;
        let timeline = Timeline::default();
        model.observe(Some(timeline.observer()));
        measured.push((model, timeline));
    }
    let (start, for_about) = (Instant::now(), Duration::from_secs_f64(args.seconds));
    for round in 0.. {
        if round >= WARM_UP + FEWEST_RUNS && start.elapsed() >= for_about {
            break;
        }
        for (model, timeline) in &mut measured {
            timeline.phase(INFERENCE);
            model.forward(&images)?;
            timeline.end_run(round >= WARM_UP);
        }
    }
    Ok(measured.into_iter().map(|(_, timeline)| timeline).collect())
}

/// The layers in order, with the seconds that each takes.
fn layer_calls(timeline: &Timeline) -> Vec<(Shape, f64)> {
    let calls = timeline.inference().into_iter();
    let layers = calls.filter(|(call, ..)| !is_boundary(call));
    let measured = layers.map(|(call, _, seconds)| {
        let [channels, height, width] = call.convolved;
        ([call.input[0], channels, height, width], seconds)
    });
    measured.collect()
}

/// Whether each network computes a layer in a way of its own: a tuning file has
/// no word for convolutions of stride 2, which two of them compute alike.
fn has_choice(networks: &[(&'static str, &'static dyn DynNetwork)], layer: usize) -> bool {
    let of = |network: &dyn DynNetwork| network.info().layers.get(layer).map(|l| l.algorithm);
    let algorithms: BTreeSet<_> = networks.iter().map(|(_, network)| of(*network)).collect();
    algorithms.len() == networks.len()
}

/// A line of the file: the fastest, of equally fast ones the first.
fn line([inputs, outputs, height, width]: Shape, words: &[&str], seconds: &[f64]) -> String {
    let fastest = words
        .iter()
        .zip(seconds)
        .min_by(|a, b| a.1.total_cmp(b.1))
        .map_or("direct", |(word, _)| word);
    let times: Vec<_> = seconds.iter().map(|s| format!("{:.3}", 1e3 * s)).collect();
    format!(
        "{{in_channels: {inputs}, out_channels: {outputs}, output: [{height}, {width}], \
         algorithm: {fastest}}} # {}",
        times.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_the_fastest() {
        assert_eq!(
            line([64, 32, 7, 5], &["direct", "winograd2"], &[2e-3, 1.5e-3]),
            "{in_channels: 64, out_channels: 32, output: [7, 5], algorithm: winograd2} \
             # 2.000, 1.500"
        );
    }
}
