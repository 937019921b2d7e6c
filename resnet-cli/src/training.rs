//! The training loop.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail, ensure};
use resnet_runtime::{DynTrainer, Optimizer};
use serde::{Deserialize, Serialize};

use crate::augment::{Augmentation, Augmenter};
use crate::batches::{Batch, Epochs, batches};
use crate::checkpoint::Position;
use crate::dataset::DataSet;
use crate::divergence;
use crate::evaluation::{Averaged, Evaluation, classes, evaluate, rank};
use crate::loader::{Loader, with_batches};
use crate::mixing::Mixing;
use crate::norms;
use crate::objective::Objective;
use crate::patience::Patience;
use crate::schedule::Schedule;
use crate::teacher::{Distillation, Teacher};
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
    pub(crate) augmentation: Augmentation,
    pub(crate) distillation: Distillation,
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
            augmentation: Augmentation::default(),
            distillation: Distillation::default(),
        }
    }
}

impl Settings {
    /// Refuses what can't be trained so, before anything is written.
    pub(crate) fn check(&self, train: &DataSet, classes: usize) -> Result<()> {
        ensure!(
            train.len() >= 2,
            "the training part holds 1 image, expected at least 2: batch norm has no variance of \
             one",
        );
        train.check_classes(classes)?;
        Objective::new(&self.tuning, classes)?;
        Augmenter::new(&self.augmentation, self.seed)?;
        self.optimizer()?;
        Ok(())
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
    /// Share of images whose class was among the first five.
    pub(crate) test_top5: f64,
    /// Training and evaluation.
    pub(crate) seconds: f64,
    /// Training alone.
    pub(crate) images_per_s: f64,
    /// Share of training's time in which it waited for images.
    pub(crate) waiting: f64,
    /// When it was over, in seconds since 1970.
    pub(crate) ended: f64,
    /// Lengths of gradients, layer by layer, if asked for.
    pub(crate) gradient_norms: Vec<f64>,
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
    fn epoch(
        &mut self,
        epoch: &Epoch,
        evaluation: &Evaluation,
        trainer: &dyn DynTrainer,
    ) -> Result<()>;
    /// Batch norms' statistics were taken anew after training.
    fn reestimated(&mut self, evaluation: &Evaluation, trainer: &dyn DynTrainer) -> Result<()>;
}

/// What to learn from, and who loads it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Data<'a> {
    pub(crate) train: &'a DataSet,
    pub(crate) test: &'a DataSet,
    /// Threads that load images.
    pub(crate) workers: usize,
}

/// Trains on the mean cross-entropy, and evaluates after each epoch: from
/// `position` to the end, after the epochs of `history`. Nothing else decides how
/// it goes on.
pub(crate) fn fit(
    trainer: &mut dyn DynTrainer,
    teacher: Option<Teacher>,
    data: Data<'_>,
    settings: &Settings,
    (mut position, history): (Position, &[Epoch]),
    watcher: &mut dyn Watcher,
) -> Result<()> {
    let Data {
        train,
        test,
        workers,
    } = data;
    settings.check(train, classes(trainer.info())?)?;
    trainer.set_seed(settings.seed);
    let tuning = &settings.tuning;
    let size = settings.batch_size.min(trainer.batch_limit());
    let augmenter = Augmenter::new(&settings.augmentation, settings.seed)?;
    let epochs = Epochs::new(train, &augmenter, (settings.seed, size));
    let mut fitting = Fitting::new((trainer, teacher), settings, (epochs.len, size))?;
    let mut patience = Patience::new(tuning.early_stopping);
    let mut over = false;
    for epoch in history {
        over = patience.is_over(epoch.test_accuracy);
    }
    let steps = position.epochs * epochs.len + position.batch..settings.epochs * epochs.len;
    let fill = |number: usize, batch: &mut Batch| epochs.fill(number, batch);
    let bytes = train.batch_bytes(size);
    with_batches(steps, (workers, bytes), &fill, |loader| {
        for epoch in position.epochs + 1..=settings.epochs {
            if over {
                break;
            }
            let start = Instant::now();
            let speed = fitting.epoch(epoch, &mut position, loader, watcher)?;
            let trainer = &mut *fitting.trainer;
            let evaluation = match tuning.model_ema {
                true => evaluate(&mut Averaged(trainer), test, workers)?,
                false => evaluate(trainer, test, workers)?,
            };
            let seen = position.seen as f64;
            let result = Epoch {
                epoch,
                lr: fitting.schedule.at(epoch * epochs.len - 1),
                train_loss: position.loss_sum / seen,
                train_accuracy: position.correct as f64 / seen,
                test_loss: evaluation.loss,
                test_accuracy: evaluation.top1 as f64 / test.len() as f64,
                seconds: start.elapsed().as_secs_f64(),
                images_per_s: speed.images_per_s,
                waiting: speed.waiting,
                test_top5: evaluation.top5 as f64 / test.len() as f64,
                ended: SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .map_or(0.0, |time| time.as_secs_f64()),
                gradient_norms: position.norms.means(),
            };
            over = patience.is_over(result.test_accuracy);
            position = Position {
                epochs: epoch,
                ..Position::default()
            };
            watcher.epoch(&result, &evaluation, fitting.trainer)?;
        }
        Ok::<_, anyhow::Error>(())
    })?;
    if tuning.reestimate_bn {
        reestimate(fitting.trainer, train, (size, workers))?;
        watcher.reestimated(&evaluate(fitting.trainer, test, workers)?, fitting.trainer)?;
    }
    Ok(())
}

/// Takes batch norms' statistics over all images as they are.
fn reestimate(
    trainer: &mut dyn DynTrainer,
    data: &DataSet,
    (size, workers): (usize, usize),
) -> Result<()> {
    let order: Vec<_> = (0..data.len()).collect();
    let all: Vec<_> = batches(&order, size).collect();
    let fill = |number: usize, batch: &mut Batch| batch.fill(data, all[number].iter().copied());
    with_batches(
        0..all.len(),
        (workers, data.batch_bytes(size)),
        &fill,
        |loader| {
            let mut count = 0;
            while let Some(batch) = loader.next()? {
                count += 1;
                trainer.estimate_statistics(&batch.images, count)?;
            }
            Ok(())
        },
    )
}

/// A run on its way.
struct Fitting<'a> {
    trainer: &'a mut dyn DynTrainer,
    teacher: Option<Teacher>,
    settings: &'a Settings,
    /// Steps of an epoch.
    steps: usize,
    classes: usize,
    schedule: Schedule,
    mixing: Mixing,
    objective: Objective,
    optimizer: Optimizer,
    d_logits: Vec<f32>,
}

/// How fast an epoch's training was.
struct Speed {
    images_per_s: f64,
    waiting: f64,
}

impl<'a> Fitting<'a> {
    fn new(
        (trainer, teacher): (&'a mut dyn DynTrainer, Option<Teacher>),
        settings: &'a Settings,
        (steps, size): (usize, usize),
    ) -> Result<Self> {
        let classes = classes(trainer.info())?;
        Ok(Self {
            trainer,
            teacher,
            settings,
            steps,
            classes,
            schedule: Schedule::new(settings, steps),
            mixing: Mixing::new(&settings.tuning, settings.seed),
            objective: Objective::new(&settings.tuning, classes)?,
            optimizer: settings.optimizer()?,
            d_logits: vec![0.0; size * classes],
        })
    }

    /// Takes the steps of an epoch that are left.
    fn epoch(
        &mut self,
        epoch: usize,
        position: &mut Position,
        loader: &mut Loader<'_>,
        watcher: &mut dyn Watcher,
    ) -> Result<Speed> {
        let start = Instant::now();
        let seen_before = position.seen;
        let images_per_s = |position: &Position| {
            (position.seen - seen_before) as f64 / start.elapsed().as_secs_f64()
        };
        loader.waited();
        while position.batch < self.steps {
            let Some(batch) = loader.next()? else { break };
            let updated = self.step(epoch, position, batch)?;
            let step = Step {
                epoch,
                batch: position.batch,
                batches: self.steps,
                loss: position.loss_sum / position.seen as f64,
                accuracy: position.correct as f64 / position.seen as f64,
                images_per_s: images_per_s(position),
            };
            watcher.step(&step, updated.then_some(&*position), self.trainer)?;
        }
        Ok(Speed {
            images_per_s: images_per_s(position),
            waiting: loader.waited().as_secs_f64() / start.elapsed().as_secs_f64(),
        })
    }

    /// Forward, backward and, unless gradients are to be accumulated, an update:
    /// then true.
    fn step(&mut self, epoch: usize, position: &mut Position, batch: &mut Batch) -> Result<bool> {
        let Self {
            settings,
            steps,
            classes,
            ..
        } = *self;
        let i = position.batch;
        let step = (epoch - 1) * steps + i;
        self.optimizer.set_lr(self.schedule.at(step));
        let mix = self
            .mixing
            .mix(step, &mut batch.images, self.trainer.info().input);
        let count = batch.labels.len();
        let d_logits = &mut self.d_logits[..count * classes];
        let logits = self.trainer.forward(&batch.images)?;
        let mut loss = self.objective.loss(logits, &batch.labels, mix, d_logits);
        if let Some(teacher) = &mut self.teacher {
            loss = teacher.teach(&batch.images, logits, loss, d_logits)?;
        }
        let rows = logits.chunks_exact(classes).zip(&batch.labels);
        position.correct += rows.filter(|(row, label)| rank(row, **label) == 0).count();
        let place = || format!("batch {} of epoch {epoch}", i + 1);
        if !loss.is_finite() {
            let what = format!("the loss is {loss} in {}", place());
            bail!(divergence::message(self.trainer, &what, settings.lr));
        }
        // The last batches of an epoch may be fewer.
        let accumulated = settings.tuning.grad_accum_steps;
        let first = i - i % accumulated;
        let together = accumulated.min(steps - first);
        if together > 1 {
            let share = 1.0 / together as f32;
            d_logits.iter_mut().for_each(|d| *d *= share);
        }
        self.trainer.backward(d_logits)?;
        let updates = i + 1 == first + together;
        if updates {
            let updates = steps.div_ceil(accumulated);
            if settings.tuning.grad_norms && norms::is_sampled(i / accumulated, updates) {
                position.norms.add(self.trainer);
            }
            update(self.trainer, &self.optimizer, settings, place)?;
        } else {
            self.trainer.accumulate()?;
        }
        position.batch = i + 1;
        position.seen += count;
        position.loss_sum += f64::from(loss) * count as f64;
        Ok(updates)
    }
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
pub(crate) mod tests;
