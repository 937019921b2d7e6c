//! `train`: a folder of images in, a folder of results out.

mod recorder;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use resnet_runtime::{DynNetwork, ModelInfo, Parameters};

use super::{check, read_to_train, read_with_new_head};
use crate::args::TrainArgs;
use crate::checkpoint::{self, Checkpoint, Position};
use crate::dataset::{self, DataSet, Part};
use crate::evaluation::classes;
use crate::flags;
use crate::format::{duration, grouped, percent};
use crate::interrupt;
use crate::progress::Progress;
use crate::run_folder::{CHECKPOINT, RunFolder};
use crate::teacher::{Distillation, Teacher};
use crate::training::{Data, Settings, fit};
use recorder::Recorder;

pub(crate) fn run(
    network: &dyn DynNetwork,
    teacher: Option<&'static dyn DynNetwork>,
    args: &TrainArgs,
    out: &mut dyn Write,
) -> Result<()> {
    let resume = match &args.resume {
        Some(folder) => Some(checkpoint::load(&folder.join(CHECKPOINT), network.info())?),
        None => None,
    };
    let state = resume.as_ref().map(|checkpoint| checkpoint.state.clone());
    let job = Job {
        data: match (&args.data, &state) {
            (Some(data), _) => data,
            (None, Some(state)) => &state.data,
            (None, None) => bail!("--data is missing: the folder of the data set"),
        },
        skip_check: args.skip_check,
        output: args.resume.as_deref().or(args.output.as_deref()),
        weights: args.weights.as_deref(),
        new_head: args.new_head,
        teacher,
        resume,
        threads: args.threads.count(),
        workers: args.workers.count(),
        recovery_interval: Duration::try_from_secs_f64(args.recovery_interval)
            .unwrap_or(Duration::MAX),
        settings: match &state {
            Some(state) => state.settings.clone(),
            None => Settings {
                epochs: args.epochs,
                batch_size: args.batch_size,
                lr: args.lr,
                momentum: args.momentum,
                weight_decay: args.weight_decay,
                seed: args.seed,
                tuning: args.tuning.clone(),
                augmentation: args.augmentation.clone(),
                distillation: Distillation {
                    teacher: (args.distillation.teacher.as_ref())
                        .map(std::path::absolute)
                        .transpose()?,
                    ..args.distillation.clone()
                },
            },
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
    /// Whether to trust all pictures to be readable.
    pub(crate) skip_check: bool,
    /// Folder of the results, or a new one.
    pub(crate) output: Option<&'a Path>,
    /// Parameters to start from, or random ones.
    pub(crate) weights: Option<&'a Path>,
    /// Whether to draw the head anew, whatever the weights' classes.
    pub(crate) new_head: bool,
    /// The network that may teach this one.
    pub(crate) teacher: Option<&'static dyn DynNetwork>,
    /// What to go on from, in the folder of the results.
    pub(crate) resume: Option<Checkpoint>,
    pub(crate) threads: usize,
    /// Threads that load images.
    pub(crate) workers: usize,
    /// Time between checkpoints within an epoch.
    pub(crate) recovery_interval: Duration,
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
        let [mut train, mut test] = dataset::load(self.data, [Part::Train, Part::Test], info)?;
        let state = self.resume.as_ref().map(|resume| &resume.state);
        // A run that goes on leaves out the same pictures again.
        let most = self.settings.tuning.max_unreadable;
        if state.is_none() && !self.skip_check || most > 0 {
            let out = train.leave_out_unreadable(most, self.threads)?;
            test.leave_out_unreadable(most - out, self.threads)?;
        }
        eprintln!("{}", train.description(&test));
        self.settings.check(&train, classes(info)?)?;
        if let Some(state) = state {
            ensure!(
                state.images == train.len(),
                "{}: found {} training images, expected {} as the interrupted run had; resume with \
                 the same data",
                self.data.display(),
                train.len(),
                state.images,
            );
        }
        let parameters = match (&self.resume, self.weights) {
            (Some(resume), _) => resume.parameters.clone(),
            (None, Some(path)) if self.new_head => {
                read_with_new_head(info, path, self.settings.seed)?
            }
            (None, Some(path)) => read_to_train(info, path)?,
            (None, None) => Parameters::init(info, self.settings.seed),
        };
        if let Some(path) = self.weights {
            check(&parameters, path, false)?;
        }
        let limit = self.settings.batch_size.min(train.len().max(test.len()));
        let mut trainer = network.trainer(&parameters, limit, self.threads)?;
        let teacher = Teacher::load(
            self.teacher,
            &self.settings.distillation,
            info,
            (limit, self.threads),
        )?;
        if let Some(frozen) = frozen(info) {
            eprintln!("{frozen}");
        }
        let folder = match (state, self.output) {
            (Some(state), Some(path)) => RunFolder::resume(path, state.history.clone())?,
            _ => RunFolder::create(self.output, info.name)?,
        };
        if let Some(resume) = &self.resume {
            resume.restore(trainer.as_mut())?;
        } else {
            let args = self.args(network);
            let args: Vec<_> = args
                .iter()
                .map(|(key, value)| (key.as_str(), value.clone()))
                .collect();
            folder.write_args(&args)?;
        }
        let mut recorder = Recorder {
            model: info,
            data: std::path::absolute(self.data)?,
            images: train.len(),
            class_names: train.names_of_classes(info),
            settings: &self.settings,
            folder,
            progress: Progress::new(self.settings.epochs, classes(info)?),
            interval: self.recovery_interval,
            saved: Instant::now(),
        };
        interrupt::watch();
        let start = Instant::now();
        let start_from = state.map_or((Position::default(), &[][..]), |state| {
            (state.position.clone(), &state.history[..])
        });
        let fitted = fit(
            trainer.as_mut(),
            teacher,
            Data {
                train: &train,
                test: &test,
                workers: self.workers,
            },
            &self.settings,
            start_from,
            &mut recorder,
        );
        fitted.map_err(|error| recorder.advised(error))?;
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
            ("workers", self.workers.to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .to_vec();
        args.extend(flags::entries(&settings.tuning));
        args.extend(flags::entries(&settings.augmentation));
        args.extend(flags::entries(&settings.distillation));
        args
    }
}

/// What to say of a network some layers of which aren't trained.
fn frozen(info: &ModelInfo) -> Option<String> {
    let count = |frozen: bool| {
        let weights = info.parameters.iter();
        weights
            .filter(|weight| weight.frozen == frozen && !weight.role.is_running())
            .map(|weight| weight.shape.iter().product::<usize>() as u64)
            .sum::<u64>()
    };
    (count(true) > 0).then(|| {
        format!(
            "frozen: {} parameters, whose backward isn't compiled; {} are trained",
            grouped(count(true)),
            grouped(count(false)),
        )
    })
}
