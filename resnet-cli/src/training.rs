//! The training loop.

use std::time::Instant;

use anyhow::{Result, bail, ensure};
use resnet_runtime::{DynTrainer, Optimizer};
use serde::{Deserialize, Serialize};

use crate::batches::{Batch, batches, shuffled};
use crate::checkpoint::Position;
use crate::dataset::DataSet;
use crate::divergence;
use crate::evaluation::{Averaged, Evaluation, classes, evaluate, rank};
use crate::mixing::Mixing;
use crate::objective::Objective;
use crate::patience::Patience;
use crate::schedule::Schedule;
use crate::tuning::Tuning;

/// How to train. The names are timm's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) epochs: usize,
    pub(crate) batch_size: usize,
    pub(crate) lr: f64,
    pub(crate) momentum: f64,
    pub(crate) weight_decay: f64,
    pub(crate) seed: u64,
    /// Everything else.
    pub(crate) tuning: Tuning,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            epochs: 30,
            batch_size: 64,
            lr: 0.1,
            momentum: 0.9,
            weight_decay: 1e-4,
            seed: 42,
            tuning: Tuning::default(),
        }
    }
}

/// Where an unfinished epoch stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// Counted from 1.
    pub(crate) epoch: usize,
    /// Batches done in this epoch, and batches in all.
    pub(crate) batch: usize,
    pub(crate) batches: usize,
    /// Means over the epoch so far.
    pub(crate) loss: f64,
    pub(crate) accuracy: f64,
    pub(crate) images_per_s: f64,
}

/// The results of one epoch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Epoch {
    /// Counted from 1.
    pub(crate) epoch: usize,
    /// Learning rate of the last step.
    pub(crate) lr: f64,
    /// Means over the epoch, while the parameters were changing.
    pub(crate) train_loss: f64,
    pub(crate) train_accuracy: f64,
    /// On the test part, after the epoch.
    pub(crate) test_loss: f64,
    pub(crate) test_accuracy: f64,
    /// Training and evaluation.
    pub(crate) seconds: f64,
    /// Training alone.
    pub(crate) images_per_s: f64,
}

/// Who is told how training goes.
pub(crate) trait Watcher {
    /// A batch is done; after an update the run stands at `position`, from
    /// where it can go on. An error ends training.
    fn step(
        &mut self,
        step: &Step,
        position: Option<&Position>,
        trainer: &dyn DynTrainer,
    ) -> Result<()>;
    /// An epoch is done and evaluated. An error ends training.
    fn epoch(&mut self, epoch: &Epoch, trainer: &dyn DynTrainer) -> Result<()>;
    /// Batch norms' statistics were taken anew after training.
    fn reestimated(&mut self, evaluation: &Evaluation, trainer: &dyn DynTrainer) -> Result<()>;
}

/// Trains on the mean cross-entropy, and evaluates after each epoch: from
/// `position` to the end, after the epochs of `history`. Nothing else decides how
/// it goes on.
pub(crate) fn fit(
    trainer: &mut dyn DynTrainer,
    train: &DataSet,
    test: &DataSet,
    settings: &Settings,
    (mut position, history): (Position, &[Epoch]),
    watcher: &mut dyn Watcher,
) -> Result<()> {
    ensure!(
        train.len() >= 2,
        "the training part holds 1 image, expected at least 2: batch norm has no variance of one",
    );
    trainer.set_seed(settings.seed);
    let classes = classes(trainer.info())?;
    let size = settings.batch_size.min(trainer.batch_limit());
    let steps_per_epoch = batches(&shuffled(settings.seed, 1, train.len()), size).len();
    let schedule = Schedule::new(settings, steps_per_epoch);
    let tuning = &settings.tuning;
    let mixing = Mixing::new(tuning, settings.seed);
    let mut objective = Objective::new(tuning, classes)?;
    let mut patience = Patience::new(tuning.early_stopping);
    let mut over = false;
    for epoch in history {
        over = patience.is_over(epoch.test_accuracy);
    }
    let mut optimizer = settings.optimizer()?;
    let mut batch = Batch::default();
    let mut d_logits = vec![0.0; size * classes];

    for epoch in position.epochs + 1..=settings.epochs {
        if over {
            break;
        }
        let start = Instant::now();
        let seen_before = position.seen;
        let order = shuffled(settings.seed, epoch, train.len());
        for (i, indices) in batches(&order, size).enumerate().skip(position.batch) {
            let step = (epoch - 1) * steps_per_epoch + i;
            optimizer.set_lr(schedule.at(step));
            batch.fill(train, indices.iter().copied());
            let mix = mixing.mix(step, &mut batch.images, train.shape);
            let d_logits = &mut d_logits[..indices.len() * classes];
            let logits = trainer.forward(&batch.images)?;
            let loss = objective.loss(logits, &batch.labels, mix, d_logits);
            let rows = logits.chunks_exact(classes).zip(&batch.labels);
            position.correct += rows.filter(|(row, label)| rank(row, **label) == 0).count();
            let place = || format!("batch {} of epoch {epoch}", i + 1);
            if !loss.is_finite() {
                let what = format!("the loss is {loss} in {}", place());
                bail!(divergence::message(trainer, &what, settings.lr));
            }
            // The last batches of an epoch may be fewer.
            let first = i - i % tuning.grad_accum_steps;
            let together = tuning.grad_accum_steps.min(steps_per_epoch - first);
            if together > 1 {
                let share = 1.0 / together as f32;
                d_logits.iter_mut().for_each(|d| *d *= share);
            }
            trainer.backward(d_logits)?;
            if i + 1 < first + together {
                trainer.accumulate()?;
            } else {
                update(trainer, &optimizer, settings, place)?;
            }

            position.batch = i + 1;
            position.seen += indices.len();
            position.loss_sum += f64::from(loss) * indices.len() as f64;
            let step = Step {
                epoch,
                batch: i + 1,
                batches: steps_per_epoch,
                loss: position.loss_sum / position.seen as f64,
                accuracy: position.correct as f64 / position.seen as f64,
                images_per_s: (position.seen - seen_before) as f64 / start.elapsed().as_secs_f64(),
            };
            let updated = i + 1 == first + together;
            watcher.step(&step, updated.then_some(&position), trainer)?;
        }
        let seen = position.seen as f64;
        let images_per_s = (position.seen - seen_before) as f64 / start.elapsed().as_secs_f64();
        let evaluation = match tuning.model_ema {
            true => evaluate(&mut Averaged(trainer), test)?,
            false => evaluate(trainer, test)?,
        };
        let result = Epoch {
            epoch,
            lr: schedule.at(epoch * steps_per_epoch - 1),
            train_loss: position.loss_sum / seen,
            train_accuracy: position.correct as f64 / seen,
            test_loss: evaluation.loss,
            test_accuracy: evaluation.top1 as f64 / test.len() as f64,
            seconds: start.elapsed().as_secs_f64(),
            images_per_s,
        };
        over = patience.is_over(result.test_accuracy);
        position = Position {
            epochs: epoch,
            ..Position::default()
        };
        watcher.epoch(&result, trainer)?;
    }
    if tuning.reestimate_bn {
        let order: Vec<_> = (0..train.len()).collect();
        for (i, indices) in batches(&order, size).enumerate() {
            batch.fill(train, indices.iter().copied());
            trainer.estimate_statistics(&batch.images, i + 1)?;
        }
        watcher.reestimated(&evaluate(trainer, test)?, trainer)?;
    }
    Ok(())
}

/// One step along the gradients, and of the averages; gradients that aren't
/// finite never reach them.
fn update(
    trainer: &mut dyn DynTrainer,
    optimizer: &Optimizer,
    settings: &Settings,
    place: impl Fn() -> String,
) -> Result<()> {
    let tuning = &settings.tuning;
    let norm = match tuning.clip_grad {
        Some(longest) => trainer.clip_gradients(longest),
        None => trainer.gradient_norm(),
    };
    if !norm.is_finite() {
        let what = format!("the gradient's length is {norm} in {}", place());
        bail!(divergence::message(trainer, &what, settings.lr));
    }
    trainer.update(optimizer)?;
    if tuning.model_ema {
        trainer.average(tuning.model_ema_decay)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{self, Part};
    use crate::fake;
    use resnet_runtime::{DynNetwork, Parameters};

    #[derive(Default)]
    struct Log {
        steps: Vec<Step>,
        epochs: Vec<Epoch>,
        reestimated: Option<f32>,
    }

    impl Watcher for Log {
        fn step(&mut self, step: &Step, _: Option<&Position>, _: &dyn DynTrainer) -> Result<()> {
            self.steps.push(*step);
            Ok(())
        }
        fn epoch(&mut self, epoch: &Epoch, _: &dyn DynTrainer) -> Result<()> {
            self.epochs.push(epoch.clone());
            Ok(())
        }
        fn reestimated(&mut self, _: &Evaluation, trainer: &dyn DynTrainer) -> Result<()> {
            let mean = trainer.parameters().get("bn1.running_mean").unwrap();
            self.reestimated = Some(mean[0]);
            Ok(())
        }
    }

    fn train(settings: &Settings) -> Result<(Log, Vec<f32>)> {
        let folder = tempfile::tempdir().unwrap();
        dataset::tests::write_data(folder.path());
        let [train, test] = dataset::load(folder.path(), [Part::Train, Part::Test], &fake::INFO)?;
        let start = Parameters::init(&fake::INFO, settings.seed);
        let mut trainer = fake::NETWORK.trainer(&start, settings.batch_size, 1)?;
        let mut log = Log::default();
        let start = (Position::default(), &[][..]);
        fit(trainer.as_mut(), &train, &test, settings, start, &mut log)?;
        Ok((log, trainer.parameters().get("fc.weight").unwrap()))
    }

    fn settings() -> Settings {
        Settings {
            epochs: 40,
            batch_size: 10,
            lr: 0.5,
            ..Settings::default()
        }
    }

    #[test]
    fn learns() {
        let (log, _) = train(&settings()).unwrap();
        assert_eq!(log.epochs.len(), 40);
        // 62 images in batches of 10: the last one of 2 is used.
        assert_eq!(log.steps.len(), 40 * 7);
        assert_eq!(log.steps[6].batches, 7);
        let last = log.epochs.last().unwrap();
        assert!(log.epochs[0].train_loss > 0.3);
        assert!(last.train_loss < 0.1 && last.test_loss < 0.1, "{last:?}");
        assert_eq!((last.train_accuracy, last.test_accuracy), (1.0, 1.0));
        assert!(last.lr < 1e-3);
    }

    #[test]
    fn repeats_exactly() {
        let (first, second) = (train(&settings()).unwrap(), train(&settings()).unwrap());
        assert_eq!(first.1, second.1);
        let other = train(&Settings {
            seed: 1,
            ..settings()
        })
        .unwrap();
        assert_ne!(first.1, other.1);
    }

    #[test]
    fn stops_when_training_diverges() {
        let diverging = Settings {
            lr: 1e38,
            ..settings()
        };
        let message = train(&diverging).err().unwrap().to_string();
        assert!(
            message.contains("training diverged; choose a lower --lr"),
            "{message}"
        );
    }

    fn tuned(tuning: Tuning) -> (Log, Vec<f32>) {
        let settings = Settings {
            tuning,
            ..settings()
        };
        train(&settings).unwrap()
    }

    #[test]
    fn stops_early() {
        let (log, _) = tuned(Tuning {
            early_stopping: Some(3),
            ..Tuning::default()
        });
        let accuracies: Vec<_> = log.epochs.iter().map(|epoch| epoch.test_accuracy).collect();
        assert!(accuracies.len() < 40);
        let (before, waited) = accuracies.split_at(accuracies.len() - 3);
        let best = before.iter().copied().fold(0.0, f64::max);
        assert!(
            waited.iter().all(|&accuracy| accuracy <= best),
            "{accuracies:?}"
        );
    }

    /// The mean over all images, not a moving average of batches.
    #[test]
    fn takes_statistics_anew() {
        let (log, weight) = tuned(Tuning {
            reestimate_bn: true,
            ..Tuning::default()
        });
        assert!(log.reestimated.is_some_and(|mean| mean > 0.0));
        assert_eq!(weight, tuned(Tuning::default()).1);
    }

    /// Mixed, smoothed, clipped, accumulated and averaged, it learns still, and
    /// the same each time.
    #[test]
    fn learns_with_everything_on() {
        let everything = || Tuning {
            clip_grad: Some(1.0),
            grad_accum_steps: 2,
            smoothing: 0.1,
            class_weights: vec![1.0, 2.0, 1.0, 1.0],
            mixup: 0.2,
            cutmix: 0.2,
            model_ema: true,
            model_ema_decay: 0.9,
            ..Tuning::default()
        };
        let (log, weight) = tuned(everything());
        let last = log.epochs.last().unwrap();
        assert!(last.test_accuracy > 0.9, "{last:?}");
        assert_eq!(weight, tuned(everything()).1);
        assert_ne!(weight, tuned(Tuning::default()).1);
    }
}
