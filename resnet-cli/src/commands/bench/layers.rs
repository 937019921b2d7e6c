//! The time of every layer of inference, or of every kind of call of a
//! training step.

mod roofline;

use std::io::Write;

use anyhow::Result;
use resnet_runtime::{LayerCall, ModelInfo};
use serde::Serialize;

use crate::format::{percent, shape};
use crate::table::{Align, Table};
use crate::timeline::{Span, Timeline, is_boundary};

/// A layer, or equal calls of a training step.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// A layer's name, or the phase of a training step.
    layer: &'static str,
    op: String,
    input: [usize; 3],
    output: [usize; 3],
    /// How it is computed, where there is a choice.
    algorithm: &'static str,
    calls: usize,
    ms: f64,
    /// Of the time of all rows.
    share: f64,
    /// As a direct convolution would compute; 0 for what is none.
    gflops: f64,
    /// The same as a share of what multiply-adds alone reach.
    peak_share: f64,
    /// What its arithmetic or the way of its maps and weights from and to
    /// memory takes at least; 0 where it isn't known.
    least_ms: f64,
    /// Of one image.
    #[serde(skip)]
    macs: u64,
    /// Images of all calls.
    #[serde(skip)]
    images: usize,
    #[serde(skip)]
    weights: u64,
}

/// What rates are measured by.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Scale {
    /// Told by the report itself.
    #[serde(skip)]
    pub(super) batch: usize,
    #[serde(skip)]
    pub(super) fma_peak_gflops: f64,
    /// Bytes from and to memory, in billions a second.
    pub(super) memory_gigabytes: f64,
}

/// Every layer of inference in order, input and outputs included.
pub(super) fn of_inference(timeline: &Timeline, info: &ModelInfo, scale: Scale) -> Vec<Row> {
    let mut layers = info.layers.iter();
    let mut rows = Vec::new();
    for (call, calls, seconds) in timeline.inference() {
        let boundary = is_boundary(&call);
        let mut row = Row::new(call.operation, call, seconds, scale.batch);
        row.calls = calls;
        if !boundary && let Some(layer) = layers.next() {
            row.layer = layer.name;
            layer.op.clone_into(&mut row.op);
            row.algorithm = layer.algorithm;
            row.macs = layer.macs;
        }
        rows.push(row);
    }
    rated(rows, scale)
}

/// Calls of a training step, equal ones together, by their first.
pub(super) fn of_training(timeline: &Timeline, scale: Scale) -> Vec<Row> {
    let mut kinds: Vec<Span> = Vec::new();
    let mut rows: Vec<Row> = Vec::new();
    for (span, seconds) in timeline.medians() {
        if let Some(known) = kinds.iter().position(|kind| *kind == span) {
            rows[known].calls += 1;
            rows[known].images += scale.batch;
            rows[known].ms += 1e3 * seconds;
            continue;
        }
        // What a phase does on its own is the loss, or checks.
        let call = span.call;
        let call = call.unwrap_or(LayerCall::sweep("outside_layers", [0; 3], [0; 3]));
        kinds.push(span);
        rows.push(Row::new(span.phase, call, seconds, scale.batch));
    }
    rated(rows, scale)
}

impl Row {
    fn new(layer: &'static str, call: LayerCall, seconds: f64, images: usize) -> Self {
        let op = match call.kernel {
            Some([height, width]) => format!("{} {height}x{width}", call.operation),
            None => call.operation.to_owned(),
        };
        Self {
            layer,
            op,
            input: call.input,
            output: call.output,
            algorithm: "",
            calls: 1,
            ms: 1e3 * seconds,
            share: 0.0,
            gflops: 0.0,
            peak_share: 0.0,
            least_ms: 0.0,
            macs: call.macs,
            images,
            weights: call.weights,
        }
    }
}

/// The rows with their shares and rates.
fn rated(mut rows: Vec<Row>, scale: Scale) -> Vec<Row> {
    let total: f64 = rows.iter().map(|row| row.ms).sum();
    for row in &mut rows {
        let macs = row.images as f64 * row.macs as f64;
        row.share = ratio(row.ms, total);
        row.gflops = ratio(2.0 * macs / 1e6, row.ms);
        row.peak_share = ratio(row.gflops, scale.fma_peak_gflops);
        row.least_ms = roofline::least_ms(row, scale);
    }
    rows
}

/// `0` where there is nothing to divide by: a clock may not see a short call.
fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// Rows of one algorithm, or of one operation where there is no choice.
#[derive(Debug, Serialize)]
pub(super) struct Total {
    by: String,
    calls: usize,
    ms: f64,
    share: f64,
    /// All multiply-adds by all time: layers weigh as much as they compute.
    gflops: f64,
    peak_share: f64,
}

/// The rows together, by algorithm or operation, and all of them.
pub(super) fn totals(rows: &[Row], scale: Scale) -> Vec<Total> {
    let mut keys: Vec<&str> = Vec::new();
    for row in rows {
        if !keys.contains(&row.key()) {
            keys.push(row.key());
        }
    }
    let total = |by: &str, rows: &[&Row]| {
        let ms = rows.iter().map(|row| row.ms).sum();
        let work: f64 = rows.iter().map(|row| row.gflops * row.ms).sum();
        let gflops = ratio(work, ms);
        Total {
            by: by.to_owned(),
            calls: rows.iter().map(|row| row.calls).sum(),
            ms,
            share: rows.iter().map(|row| row.share).sum(),
            gflops,
            peak_share: ratio(gflops, scale.fma_peak_gflops),
        }
    };
    let all: Vec<_> = rows.iter().collect();
    let of = |key: &&str| {
        let rows = rows.iter().filter(|row| row.key() == *key);
        total(key, &rows.collect::<Vec<_>>())
    };
    keys.iter().map(of).chain([total("all", &all)]).collect()
}

impl Row {
    fn key(&self) -> &str {
        match self.algorithm {
            "" => self.op.split(' ').next().unwrap_or(""),
            algorithm => algorithm,
        }
    }
}

/// Both as tables.
pub(super) fn print(
    out: &mut dyn Write,
    rows: &[Row],
    totals: &[Total],
    scale: Scale,
) -> Result<()> {
    let mut table = Table::new([
        ("layer", Align::Left),
        ("op", Align::Left),
        ("input", Align::Right),
        ("output", Align::Right),
        ("algorithm", Align::Left),
        ("calls", Align::Right),
        ("ms", Align::Right),
        ("share", Align::Right),
        ("GFLOP/s", Align::Right),
        ("of peak", Align::Right),
        ("roofline ms", Align::Right),
    ]);
    for row in rows {
        let [gflops, peak_share] = rates(row.gflops, row.peak_share);
        table.row([
            row.layer.to_owned(),
            row.op.clone(),
            shape(row.input),
            shape(row.output),
            row.algorithm.to_owned(),
            row.calls.to_string(),
            format!("{:.3}", row.ms),
            percent(row.share),
            gflops,
            peak_share,
            match row.least_ms > 0.0 {
                true => format!("{:.3}", row.least_ms),
                false => String::new(),
            },
        ]);
    }
    writeln!(out, "\n{table}")?;
    let mut table = Table::new([
        ("together", Align::Left),
        ("calls", Align::Right),
        ("ms", Align::Right),
        ("share", Align::Right),
        ("GFLOP/s", Align::Right),
        ("of peak", Align::Right),
    ]);
    for total in totals {
        let [gflops, peak_share] = rates(total.gflops, total.peak_share);
        table.row([
            total.by.clone(),
            total.calls.to_string(),
            format!("{:.3}", total.ms),
            percent(total.share),
            gflops,
            peak_share,
        ]);
    }
    write!(out, "{table}")?;
    roofline::print_far(out, rows, scale)
}

/// Cells of rates; empty where nothing is multiplied.
fn rates(gflops: f64, peak_share: f64) -> [String; 2] {
    match gflops > 0.0 {
        true => [format!("{gflops:.1}"), percent(peak_share)],
        false => [String::new(), String::new()],
    }
}
