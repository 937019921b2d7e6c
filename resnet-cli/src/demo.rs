//! What a binary shows when it is called without a command.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use resnet_runtime::{DynModel, DynNetwork, Parameters};

use crate::args::{all_cores, some_workers};
use crate::batches::Batch;
use crate::commands::train::{Job, print_files};
use crate::dataset::DataSet;
use crate::evaluation::{classes, evaluate, top};
use crate::format::{duration, grouped, percent, shape};
use crate::picture::{Picture, draw};
use crate::run_folder::LAST;
use crate::training::Settings;

/// A demonstration: trains on a small data set, then loads the weights back
/// from their file and classifies test images. The rest of the settings are
/// those of `train`.
#[derive(Clone, Copy, Debug)]
pub struct Demo {
    /// Folder of the data set (IDX files with MNIST's names).
    pub data: &'static str,
    /// Passes over the training part.
    pub epochs: usize,
    /// Images per step, at least 2.
    pub batch_size: usize,
    /// Highest learning rate.
    pub lr: f64,
}

/// Test images to show.
const SHOWN: usize = 8;

impl Demo {
    pub(crate) fn run(&self, network: &dyn DynNetwork, out: &mut dyn Write) -> Result<()> {
        self.run_into(None, network, out)
    }

    /// The demonstration with its results in the folder `output`, or in a new
    /// one.
    pub(crate) fn run_into(
        &self,
        output: Option<&Path>,
        network: &dyn DynNetwork,
        out: &mut dyn Write,
    ) -> Result<()> {
        let info = network.info();
        writeln!(
            out,
            "{}: {} parameters, {} multiply-adds for an image of {}, {} classes",
            info.name,
            grouped(info.parameter_count),
            grouped(info.macs),
            shape(info.input),
            classes(info)?,
        )?;
        let job = Job {
            data: Path::new(self.data),
            skip_check: false,
            output,
            weights: None,
            new_head: false,
            teacher: None,
            resume: None,
            threads: all_cores(),
            workers: some_workers(),
            recovery_interval: Duration::from_secs(60),
            settings: Settings {
                epochs: self.epochs,
                batch_size: self.batch_size,
                lr: self.lr,
                ..Settings::default()
            },
        };
        let trained = job.run(network)?;
        let test = &trained.test;

        // The file, not the trainer's memory, must hold what was learnt.
        let weights = trained.folder.file(LAST);
        let parameters = Parameters::load(info, &weights)?;
        let limit = self.batch_size.min(test.len());
        let mut model = network.model(&parameters, limit, job.threads)?;
        let evaluation = evaluate(model.as_mut(), test, job.workers)?;
        writeln!(
            out,
            "trained from scratch in {}; test accuracy {} ({} of {} images), weights loaded back from {}\n",
            duration(trained.seconds),
            percent(evaluation.top1 as f64 / test.len() as f64),
            evaluation.top1,
            test.len(),
            weights.display(),
        )?;
        write!(out, "{}", pictures(model.as_mut(), test)?)?;
        print_files(out, &trained.folder.files())
    }
}

/// A handful of test images, each above its label and the three most probable
/// classes.
fn pictures(model: &mut dyn DynModel, test: &DataSet) -> Result<String> {
    let shown = SHOWN.min(test.len());
    let mut batch = Batch::default();
    let mut pictures = Vec::with_capacity(shown);
    for i in 0..shown {
        let index = i * test.len() / shown;
        batch.fill(test, [index])?;
        let label = test.label(index);
        let likely = top(model.forward(&batch.images)?, 3);
        let right = likely.first().is_some_and(|(class, _)| *class == label);
        let mut caption = vec![format!("label {label} {}", if right { "✓" } else { "✗" })];
        caption.extend(
            likely
                .iter()
                .map(|(class, share)| format!("{class:>3} {:>6.2}%", 100.0 * share)),
        );
        pictures.push(Picture {
            raster: test.seen(index)?,
            caption,
        });
    }
    Ok(draw(&pictures))
}
