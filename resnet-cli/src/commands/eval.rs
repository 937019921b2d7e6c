//! `eval`: how good trained weights are.

use std::io::Write;

use anyhow::Result;
use indicatif::ProgressBar;
use resnet_runtime::{DynModel, DynNetwork, Error, ModelInfo, write_atomically};
use serde::Serialize;

use super::{load, print_json};
use crate::args::EvalArgs;
use crate::confusion;
use crate::dataset::{self, Part};
use crate::evaluation::{Classify, evaluate};
use crate::format::percent;
use crate::progress;
use crate::table::{Align, Table};

/// What `--json` prints. Accuracies are shares, from 0 to 1.
#[derive(Serialize)]
struct Report {
    model: &'static str,
    images: usize,
    loss: f64,
    top1: f64,
    top5: f64,
    classes: Vec<Class>,
}

#[derive(Serialize)]
struct Class {
    class: usize,
    images: usize,
    correct: usize,
    /// Absent when the test part has no image of the class.
    accuracy: Option<f64>,
}

/// A model and the bar that tells how far it is.
struct Watched<'a> {
    model: &'a mut dyn DynModel,
    bar: ProgressBar,
}

impl Classify for Watched<'_> {
    fn classify(&mut self, images: &[f32]) -> Result<&[f32], Error> {
        let elements: usize = self.network().input.iter().product();
        self.bar.inc((images.len() / elements) as u64);
        self.model.forward(images)
    }
    fn limit(&self) -> usize {
        self.model.batch_limit()
    }
    fn network(&self) -> &'static ModelInfo {
        self.model.info()
    }
}

pub(crate) fn run(network: &dyn DynNetwork, args: &EvalArgs, out: &mut dyn Write) -> Result<()> {
    let info = network.info();
    let [test] = dataset::load(&args.data, [Part::Test], info)?;
    let parameters = load(info, &args.weights)?;
    let limit = args.batch_size.min(test.len());
    let mut model = network.model(&parameters, limit, args.threads.count())?;
    let mut model = Watched {
        model: model.as_mut(),
        bar: progress::bar(test.len()),
    };
    let evaluation = evaluate(&mut model, &test, args.workers.count())?;
    model.bar.finish_and_clear();
    if let Some(path) = &args.confusion {
        let names = test.names_of_classes(info);
        let matrix = confusion::svg(info.name, &names, &evaluation.confusion);
        write_atomically(path, matrix.as_bytes())?;
    }

    let share = |correct: usize, images: usize| correct as f64 / images as f64;
    let scores = evaluation.per_class.iter().enumerate();
    let report = Report {
        model: info.name,
        images: test.len(),
        loss: evaluation.loss,
        top1: share(evaluation.top1, test.len()),
        top5: share(evaluation.top5, test.len()),
        classes: scores
            .map(|(class, score)| Class {
                class,
                images: score.images,
                correct: score.correct,
                accuracy: (score.images > 0).then(|| share(score.correct, score.images)),
            })
            .collect(),
    };
    if args.json {
        print_json(out, &report)
    } else {
        print(out, &report)
    }
}

fn print(out: &mut dyn Write, report: &Report) -> Result<()> {
    writeln!(out, "{} on {} test images", report.model, report.images)?;
    writeln!(out, "loss   {:.4}", report.loss)?;
    writeln!(out, "top-1  {}", percent(report.top1))?;
    writeln!(out, "top-5  {}", percent(report.top5))?;
    writeln!(out)?;
    let mut table = Table::new([
        ("class", Align::Right),
        ("images", Align::Right),
        ("correct", Align::Right),
        ("accuracy", Align::Right),
    ]);
    for class in &report.classes {
        table.row([
            class.class.to_string(),
            class.images.to_string(),
            class.correct.to_string(),
            class.accuracy.map_or("-".to_owned(), percent),
        ]);
    }
    write!(out, "{table}")?;
    Ok(())
}
