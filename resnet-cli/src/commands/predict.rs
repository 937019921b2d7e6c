//! `predict`: what is on pictures.

mod explain;
mod labels;
mod report;
mod sheet;

use std::io::Write;

use anyhow::{Context, Result};
use resnet_runtime::{DynNetwork, softmax};

use super::viewing::Viewing;
use crate::args::PredictArgs;
use explain::Explainer;
use labels::Labels;
use report::{Answer, Form, Report};
use sheet::Sheet;

pub(crate) fn run(network: &dyn DynNetwork, args: &PredictArgs, out: &mut dyn Write) -> Result<()> {
    let info = network.info();
    let labels = Labels::new(info, args.labels.as_deref())?;
    let mut viewing = Viewing::new(network, &args.pictures, &args.weights)?;
    let form = match (args.json, args.csv) {
        (true, _) => Form::Json,
        (_, true) => Form::Csv,
        _ => Form::Text,
    };
    let mut report = Report::new(form, out)?;
    let mut sheet = args
        .sheet
        .as_deref()
        .map(|path| Sheet::new(path, info.name));

    let mut explainer = match &args.explain {
        Some(folder) => {
            let parameters = viewing.parameters.as_ref();
            let parameters = parameters
                .context("--explain needs the weights themselves, and these are packed")?;
            let threads = args.pictures.threads.count();
            Some(Explainer::new(network, parameters, threads, folder)?)
        }
        None => None,
    };

    let predicted = viewing.run(|model, seen, values| {
        let all = model.output(info.outputs[0].name).unwrap_or_default();
        let logits = all.chunks_exact(labels.classes());
        let images = values.chunks_exact(values.len() / seen.len());
        for ((picture, logits), image) in seen.iter().zip(logits).zip(images) {
            let answers = best(logits, args.topk, &labels);
            if let (Some(explainer), Some(answer)) = (&mut explainer, answers.first()) {
                let path = explainer.write(picture, image, answer.class)?;
                eprintln!("{}", path.display());
            }
            report.picture(&picture.name, &answers)?;
            if let Some(sheet) = &mut sheet {
                sheet.add(picture, &answers)?;
            }
        }
        Ok(())
    });
    if let Some(sheet) = sheet {
        sheet.write()?;
    }
    predicted
}

/// The likeliest classes, the first of equals first.
fn best<'a>(logits: &[f32], topk: usize, labels: &'a Labels) -> Vec<Answer<'a>> {
    let mut probabilities = vec![0.0; logits.len()];
    softmax(logits, &mut probabilities);
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    let classes = order.into_iter().take(topk);
    let answer = |class| Answer {
        class,
        name: labels.name(class),
        probability: probabilities[class],
    };
    classes.map(answer).collect()
}
