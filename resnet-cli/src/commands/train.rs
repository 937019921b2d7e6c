//! `train`: a folder of images in, a folder of results out.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use resnet_runtime::{DynNetwork, DynTrainer, Parameters};

use super::{check, read, read_with_new_head};
use crate::args::TrainArgs;
use crate::dataset::{self, DataSet, Part};
use crate::evaluation::Evaluation;
use crate::format::{duration, percent};
use crate::progress::Progress;
use crate::run_folder::RunFolder;
use crate::training::{Epoch, Settings, Step, Watcher, fit};

pub(crate) fn run(network: &dyn DynNetwork, args: &TrainArgs, out: &mut dyn Write) -> Result<()> {
    let job = Job {
        data: &args.data,
        output: args.output.as_deref(),
        weights: args.weights.as_deref(),
        new_head: args.new_head,
        threads: args.threads.count(),
        settings: Settings {
            epochs: args.epochs,
            batch_size: args.batch_size,
            lr: args.lr,
            momentum: args.momentum,
            weight_decay: args.weight_decay,
            seed: args.seed,
            tuning: args.tuning.clone(),
        },
    };
    let trained = job.run(network)?;
    if let Some((last, best)) = trained.folder.last_and_best() {
        writeln!(
            out,
            "test accuracy {} after epoch {}, at best {} after epoch {}; trained in {}",
            percent(last.test_accuracy),
            last.epoch,
            percent(best.test_accuracy),
            best.epoch,
            duration(trained.seconds),
        )?;
    }
    print_files(out, &trained.folder.files())
}

/// Lists the files that a run wrote.
pub(crate) fn print_files(out: &mut dyn Write, files: &[PathBuf]) -> Result<()> {
    writeln!(out, "files:")?;
    for file in files {
        writeln!(out, "  {}", file.display())?;
    }
    Ok(())
}

/// A training run from files to files.
pub(crate) struct Job<'a> {
    /// Folder of the data set.
    pub(crate) data: &'a Path,
    /// Folder of the results, or a new one.
    pub(crate) output: Option<&'a Path>,
    /// Parameters to start from, or random ones.
    pub(crate) weights: Option<&'a Path>,
    /// Whether to draw the head anew, whatever the weights' classes.
    pub(crate) new_head: bool,
    pub(crate) threads: usize,
    pub(crate) settings: Settings,
}

/// What a run leaves.
pub(crate) struct Trained {
    pub(crate) folder: RunFolder,
    pub(crate) test: DataSet,
    pub(crate) seconds: f64,
}

impl Job<'_> {
    /// Trains. The results' folder appears once data and weights have proved
    /// good.
    pub(crate) fn run(&self, network: &dyn DynNetwork) -> Result<Trained> {
        let info = network.info();
        let [train, test] = dataset::load(self.data, [Part::Train, Part::Test], info)?;
        let parameters = match self.weights {
            Some(path) if self.new_head => read_with_new_head(info, path, self.settings.seed)?,
            Some(path) => read(info, path)?,
            None => Parameters::init(info, self.settings.seed),
        };
        if let Some(path) = self.weights {
            check(&parameters, path, false)?;
        }
        let limit = self.settings.batch_size.min(train.len().max(test.len()));
        let mut trainer = network.trainer(&parameters, limit, self.threads)?;
        let mut recorder = Recorder {
            model: info.name,
            folder: RunFolder::create(self.output, info.name)?,
            progress: Progress::new(self.settings.epochs),
        };
        let args = self.args(network);
        let args: Vec<_> = args
            .iter()
            .map(|(key, value)| (key.as_str(), value.clone()))
            .collect();
        recorder.folder.write_args(&args)?;
        let start = Instant::now();
        fit(
            trainer.as_mut(),
            &train,
            &test,
            &self.settings,
            &mut recorder,
        )?;
        Ok(Trained {
            folder: recorder.folder,
            test,
            seconds: start.elapsed().as_secs_f64(),
        })
    }

    /// What `args.yaml` says: all that decides the result.
    fn args(&self, network: &dyn DynNetwork) -> Vec<(String, String)> {
        let info = network.info();
        let settings = &self.settings;
        // Strings of JSON are strings of YAML, whatever they hold.
        let path = |path: &Path| serde_json::Value::from(path.to_string_lossy()).to_string();
        let mut args = [
            ("model", info.name.to_owned()),
            (
                "spec_hash",
                serde_json::Value::from(info.spec_hash).to_string(),
            ),
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("isa", resnet_runtime::isa().to_owned()),
            ("data", path(self.data)),
            ("weights", self.weights.map_or("null".to_owned(), path)),
            ("new_head", self.new_head.to_string()),
            ("epochs", settings.epochs.to_string()),
            ("batch_size", settings.batch_size.to_string()),
            ("lr", settings.lr.to_string()),
            ("momentum", settings.momentum.to_string()),
            ("weight_decay", settings.weight_decay.to_string()),
            ("seed", settings.seed.to_string()),
            ("threads", self.threads.to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .to_vec();
        args.extend(settings.tuning.entries());
        args
    }
}

/// Moving averages of the parameters after the last epoch.
const AVERAGED: &str = "averaged.safetensors";

/// The last parameters with statistics over the whole training part.
const REESTIMATED: &str = "reestimated.safetensors";

/// Shows and records each epoch.
struct Recorder {
    model: &'static str,
    folder: RunFolder,
    progress: Progress,
}

impl Watcher for Recorder {
    fn step(&mut self, step: &Step) {
        self.progress.step(step);
    }

    fn epoch(&mut self, epoch: &Epoch, trainer: &dyn DynTrainer) -> Result<()> {
        self.folder.record(epoch, trainer, self.model)?;
        if let Some(averaged) = trainer.averaged() {
            averaged.save(self.folder.file(AVERAGED))?;
        }
        self.progress.epoch(epoch);
        Ok(())
    }

    fn reestimated(&mut self, evaluation: &Evaluation, trainer: &dyn DynTrainer) -> Result<()> {
        trainer.parameters().save(self.folder.file(REESTIMATED))?;
        let images: usize = evaluation.per_class.iter().map(|score| score.images).sum();
        eprintln!(
            "statistics taken anew: test loss {:.4} accuracy {}, in {REESTIMATED}",
            evaluation.loss,
            percent(evaluation.top1 as f64 / images as f64),
        );
        Ok(())
    }
}
