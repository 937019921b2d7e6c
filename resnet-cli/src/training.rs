//! The training loop.

use std::time::Instant;

use anyhow::{Result, ensure};
use resnet_runtime::{DynTrainer, Sgd, softmax_cross_entropy};

use crate::batches::{Batch, batches, shuffled};
use crate::dataset::DataSet;
use crate::evaluation::{classes, evaluate, rank};
use crate::schedule::Schedule;

/// How to train. The names are timm's.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) epochs: usize,
    pub(crate) batch_size: usize,
    pub(crate) lr: f64,
    pub(crate) momentum: f64,
    pub(crate) weight_decay: f64,
    pub(crate) seed: u64,
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
#[derive(Clone, Debug)]
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
    /// A batch is done.
    fn step(&mut self, step: &Step);
    /// An epoch is done and evaluated. An error ends training.
    fn epoch(&mut self, epoch: &Epoch, trainer: &dyn DynTrainer) -> Result<()>;
}

/// Trains with SGD on the mean cross-entropy, and evaluates after each epoch.
pub(crate) fn fit(
    trainer: &mut dyn DynTrainer,
    train: &DataSet,
    test: &DataSet,
    settings: &Settings,
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
    let schedule = Schedule::new(settings.lr, settings.epochs * steps_per_epoch);
    let mut sgd = Sgd {
        lr: settings.lr,
        momentum: settings.momentum,
        weight_decay: settings.weight_decay,
        nesterov: settings.momentum > 0.0,
    };
    let mut batch = Batch::default();
    let mut d_logits = vec![0.0; size * classes];

    for epoch in 1..=settings.epochs {
        let start = Instant::now();
        let (mut loss_sum, mut correct, mut seen) = (0.0, 0, 0);
        let order = shuffled(settings.seed, epoch, train.len());
        for (i, indices) in batches(&order, size).enumerate() {
            sgd.lr = schedule.at((epoch - 1) * steps_per_epoch + i);
            batch.fill(train, indices.iter().copied());
            let d_logits = &mut d_logits[..indices.len() * classes];
            let logits = trainer.forward(&batch.images)?;
            let loss = softmax_cross_entropy(logits, &batch.labels, classes, d_logits);
            ensure!(
                loss.is_finite(),
                "the loss is {loss} in batch {} of epoch {epoch}: training diverged; \
                 choose a lower --lr (found {})",
                i + 1,
                settings.lr,
            );
            let rows = logits.chunks_exact(classes).zip(&batch.labels);
            correct += rows.filter(|(row, label)| rank(row, **label) == 0).count();
            trainer.backward(d_logits)?;
            trainer.update(&sgd)?;

            seen += indices.len();
            loss_sum += f64::from(loss) * indices.len() as f64;
            watcher.step(&Step {
                epoch,
                batch: i + 1,
                batches: steps_per_epoch,
                loss: loss_sum / seen as f64,
                accuracy: correct as f64 / seen as f64,
                images_per_s: seen as f64 / start.elapsed().as_secs_f64(),
            });
        }
        let images_per_s = seen as f64 / start.elapsed().as_secs_f64();
        let evaluation = evaluate(trainer, test)?;
        let result = Epoch {
            epoch,
            lr: sgd.lr,
            train_loss: loss_sum / seen as f64,
            train_accuracy: correct as f64 / seen as f64,
            test_loss: evaluation.loss,
            test_accuracy: evaluation.top1 as f64 / test.len() as f64,
            seconds: start.elapsed().as_secs_f64(),
            images_per_s,
        };
        watcher.epoch(&result, trainer)?;
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
    }

    impl Watcher for Log {
        fn step(&mut self, step: &Step) {
            self.steps.push(*step);
        }
        fn epoch(&mut self, epoch: &Epoch, _: &dyn DynTrainer) -> Result<()> {
            self.epochs.push(epoch.clone());
            Ok(())
        }
    }

    fn train(settings: &Settings) -> Result<(Log, Vec<f32>)> {
        let folder = tempfile::tempdir().unwrap();
        dataset::tests::write_data(folder.path());
        let [train, test] = dataset::load(folder.path(), [Part::Train, Part::Test], &fake::INFO)?;
        let start = Parameters::init(&fake::INFO, settings.seed);
        let mut trainer = fake::Network.trainer(&start, settings.batch_size, 1)?;
        let mut log = Log::default();
        fit(trainer.as_mut(), &train, &test, settings, &mut log)?;
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
}
