//! How far single precision is from double precision, layer by layer.
//!
//! The networks have an output at every layer that is looked at; the first is
//! what the network is for.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use resnet_figures::format::shape;
use resnet_figures::table::{Align, Table};
use resnet_runtime::{DynNetwork, Model, ModelInfo, Network, Parameters, Weights};
use serde::Serialize;

use crate::args::at_least_1;
use crate::commands::bench::random_images;
use crate::commands::{check, print_json, read};
use crate::tensors::Input;

/// What is measured.
#[derive(Parser, Debug)]
pub(super) struct ErrorsArgs {
    /// Parameters; without them as they are drawn before training
    #[arg(long)]
    weights: Option<PathBuf>,
    /// Images `x`; without them random ones
    #[arg(long)]
    input: Option<PathBuf>,
    /// How many random images
    #[arg(long, value_parser = at_least_1)]
    batch: usize,
    /// Threads to compute with
    #[arg(long, value_parser = at_least_1)]
    threads: usize,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    model: &'static str,
    images: usize,
    isa: &'static str,
    algorithms: Vec<&'static str>,
    layers: Vec<Row>,
}

/// Errors of one output: the length of the difference by the length of what is
/// right.
#[derive(Serialize)]
struct Row {
    layer: &'static str,
    shape: [usize; 3],
    errors: Vec<f64>,
    /// Whether the five largest values of each image come in the same order;
    /// of vectors alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    top5_agrees: Option<bool>,
}

pub(super) fn run<N: Network<Element = f64>>(
    networks: &[(&'static str, &'static dyn DynNetwork)],
    args: &ErrorsArgs,
    out: &mut dyn Write,
) -> Result<()> {
    let info = N::INFO;
    let parameters = match &args.weights {
        Some(path) => {
            let parameters = read(info, path)?;
            check(&parameters, path, false)?;
            parameters
        }
        None => Parameters::init(info, 0),
    };
    let (images, count) = match &args.input {
        Some(path) => {
            let input = Input::read(path, info, false)?;
            (input.x, input.count)
        }
        None => (random_images(info, args.batch), args.batch),
    };

    let weights = Weights::<N>::from_parameters(&doubled(info, &parameters)?)?;
    let mut exact = Model::new(&weights, count, args.threads)?;
    let doubles: Vec<_> = images.iter().map(|&value| f64::from(value)).collect();
    exact.forward(&doubles)?;
    let mut models = Vec::new();
    for (_, network) in networks {
        let mut model = network.model(&parameters, count, args.threads)?;
        model.forward(&images)?;
        models.push(model);
    }

    let mut rows = Vec::new();
    for output in info.outputs {
        let missing = || format!("{}: the network has no such output", output.name);
        let right = exact.output(output.name).with_context(missing)?;
        let (mut errors, mut agree) = (Vec::new(), true);
        for model in &models {
            let found = model.output(output.name).with_context(missing)?;
            errors.push(relative_error(found, right));
            agree &= same_top5(found, right, count);
        }
        rows.push(Row {
            layer: output.name,
            shape: output.shape,
            errors,
            top5_agrees: output.is_vector().then_some(agree),
        });
    }
    // What the network is for comes last.
    rows.rotate_left(1);
    let report = Report {
        model: info.name,
        images: count,
        isa: resnet_runtime::isa(),
        algorithms: networks.iter().map(|(name, _)| *name).collect(),
        layers: rows,
    };
    match args.json {
        true => print_json(out, &report),
        false => print(out, &report),
    }
}

/// The same parameters in double precision.
fn doubled(info: &'static ModelInfo, parameters: &Parameters<f32>) -> Result<Parameters<f64>> {
    let mut doubled = Parameters::init(info, 0);
    for parameter in info.parameters.iter() {
        let values = parameters.get(parameter.name).unwrap_or_default();
        let values: Vec<_> = values.into_iter().map(f64::from).collect();
        doubled.set(parameter.name, &values)?;
    }
    Ok(doubled)
}

fn relative_error(found: &[f32], right: &[f64]) -> f64 {
    let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
    let pairs = found.iter().zip(right);
    let off = squares(&mut pairs.map(|(&f, &r)| f64::from(f) - r));
    let length = squares(&mut right.iter().copied());
    if length > 0.0 {
        (off / length).sqrt()
    } else {
        off.sqrt()
    }
}

fn same_top5(found: &[f32], right: &[f64], images: usize) -> bool {
    let each = right.len() / images;
    let mut pairs = found.chunks(each).zip(right.chunks(each));
    pairs.all(|(found, right)| {
        let found: Vec<_> = found.iter().map(|&value| f64::from(value)).collect();
        top5(&found) == top5(right)
    })
}

fn top5(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<_> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    order.truncate(5);
    order
}

fn print(out: &mut dyn Write, report: &Report) -> Result<()> {
    let images = report.images;
    writeln!(
        out,
        "{}, {images} image{}, {}: relative error beside double precision\n",
        report.model,
        if images == 1 { "" } else { "s" },
        report.isa
    )?;
    let mut columns = vec![("layer", Align::Left), ("shape", Align::Right)];
    columns.extend(report.algorithms.iter().map(|name| (*name, Align::Right)));
    columns.push(("top 5", Align::Left));
    let mut table = Table::new(columns);
    for row in &report.layers {
        let mut cells = vec![row.layer.to_owned(), shape(row.shape)];
        cells.extend(row.errors.iter().map(|error| format!("{error:.1e}")));
        cells.push(match row.top5_agrees {
            Some(true) => "same".to_owned(),
            Some(false) => "differ".to_owned(),
            None => String::new(),
        });
        table.row(cells);
    }
    write!(out, "{table}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_lengths_by_lengths() {
        assert_eq!(relative_error(&[3.0, 4.0], &[3.0, 4.0]), 0.0);
        assert_eq!(relative_error(&[3.0, 5.0], &[0.0, 5.0]), 0.6);
        assert_eq!(relative_error(&[2.0], &[0.0]), 2.0);
    }

    #[test]
    fn the_five_largest_are_compared_image_by_image() {
        let right = [6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let mut found = right.map(|value| value as f32);
        // The sixth doesn't count.
        found[5] = 1.5;
        assert!(same_top5(&found, &right, 2));
        found[7] = 2.9;
        assert!(same_top5(&found, &right, 2));
        found[7] = 3.1;
        assert!(!same_top5(&found, &right, 2));
    }
}
