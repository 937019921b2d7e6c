//! Shows and records how a run goes.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Error, Result, anyhow, ensure};
use resnet_runtime::{DynTrainer, ModelInfo};

use crate::checkpoint::{self, Position, State};
use crate::evaluation::Evaluation;
use crate::format::percent;
use crate::interrupt;
use crate::progress::Progress;
use crate::run_folder::{CHECKPOINT, RunFolder};
use crate::training::{Epoch, Settings, Step, Watcher};

/// Moving averages of the parameters after the last epoch.
const AVERAGED: &str = "averaged.safetensors";

/// The last parameters with statistics over the whole training part.
const REESTIMATED: &str = "reestimated.safetensors";

/// Shows and records each epoch, and keeps a checkpoint to go on from.
pub(super) struct Recorder<'a> {
    pub(super) model: &'static ModelInfo,
    /// From wherever the run goes on.
    pub(super) data: PathBuf,
    pub(super) images: usize,
    pub(super) class_names: Vec<String>,
    pub(super) settings: &'a Settings,
    pub(super) folder: RunFolder,
    pub(super) progress: Progress,
    /// Time between checkpoints within an epoch.
    pub(super) interval: Duration,
    /// When the last one was written.
    pub(super) saved: Instant,
}

impl Recorder<'_> {
    /// Writes the state between two steps.
    fn save(&mut self, position: &Position, trainer: &dyn DynTrainer) -> Result<()> {
        let state = State {
            model: self.model.name.to_owned(),
            spec_hash: self.model.spec_hash.to_owned(),
            data: self.data.clone(),
            images: self.images,
            settings: self.settings.clone(),
            position: position.clone(),
            history: self.folder.epochs().to_vec(),
            steps: trainer.steps(),
            updates: trainer.updates(),
        };
        checkpoint::save(&self.folder.file(CHECKPOINT), &state, trainer)?;
        self.saved = Instant::now();
        Ok(())
    }

    /// The error with what can be done about it, if files couldn't be read or
    /// written: whatever was saved before is whole.
    pub(super) fn advised(&self, error: Error) -> Error {
        let of_files = |cause: &(dyn std::error::Error + 'static)| {
            let other = cause.downcast_ref::<resnet_runtime::Error>();
            cause.is::<io::Error>() || matches!(other, Some(resnet_runtime::Error::File { .. }))
        };
        if !error.chain().any(of_files) {
            return error;
        }
        let (message, folder) = (crate::message(&error), self.folder.path().display());
        match self.folder.file(CHECKPOINT).exists() {
            true => anyhow!(
                "{message}; the last checkpoint is safe: once the files can be read and written \
                 again (is the disk full?), go on with\n  {} train --resume {folder}",
                self.model.name,
            ),
            false => anyhow!(
                "{message}; there is no checkpoint yet: once the files can be read and written \
                 again (is the disk full?), remove {folder} and start anew",
            ),
        }
    }

    /// Ends training if the user has asked for it; the state is saved.
    fn heed(&self, position: &Position) -> Result<()> {
        ensure!(
            !interrupt::requested(),
            "interrupted after {} epochs and {} batches; nothing is lost: go on with\n  \
             {} train --resume {}",
            position.epochs,
            position.batch,
            self.model.name,
            self.folder.path().display(),
        );
        Ok(())
    }
}

impl Watcher for Recorder<'_> {
    fn step(
        &mut self,
        step: &Step,
        position: Option<&Position>,
        trainer: &dyn DynTrainer,
    ) -> Result<()> {
        self.progress.step(step);
        // After the last batch of an epoch comes its evaluation, then a
        // checkpoint anyway.
        let due = self.saved.elapsed() >= self.interval || interrupt::requested();
        if let Some(position) = position.filter(|_| due && step.batch < step.batches) {
            self.save(position, trainer)?;
            self.heed(position)?;
        }
        Ok(())
    }

    fn epoch(
        &mut self,
        epoch: &Epoch,
        evaluation: &Evaluation,
        trainer: &dyn DynTrainer,
    ) -> Result<()> {
        let names = &self.class_names;
        self.folder.record(epoch, evaluation, trainer, names)?;
        if let Some(averaged) = trainer.averaged() {
            averaged.save(self.folder.file(AVERAGED))?;
        }
        self.progress.epoch(epoch);
        let position = Position {
            epochs: epoch.epoch,
            ..Position::default()
        };
        self.save(&position, trainer)?;
        if epoch.epoch < self.settings.epochs {
            self.heed(&position)?;
        }
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
