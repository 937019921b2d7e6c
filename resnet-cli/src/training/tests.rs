//! The loop on the fake network.

use super::*;
use crate::dataset::{self, Part};
use crate::fake;
use resnet_runtime::{DynNetwork, Parameters};

/// An epoch's results.
pub(crate) const EPOCH: Epoch = Epoch {
    epoch: 1,
    lr: 0.1,
    train_loss: 1.0,
    train_accuracy: 0.5,
    test_loss: 1.0,
    test_accuracy: 0.5,
    test_top5: 1.0,
    seconds: 1.0,
    images_per_s: 100.0,
    waiting: 0.125,
    ended: 1.5e9,
    gradient_norms: Vec::new(),
};

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
    fn epoch(&mut self, epoch: &Epoch, _: &Evaluation, _: &dyn DynTrainer) -> Result<()> {
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
    train_with(settings, 1)
}

fn train_with(settings: &Settings, workers: usize) -> Result<(Log, Vec<f32>)> {
    let folder = tempfile::tempdir().unwrap();
    dataset::tests::write_data(folder.path());
    let [train, test] = dataset::load(folder.path(), [Part::Train, Part::Test], &fake::INFO)?;
    let start = Parameters::init(&fake::INFO, settings.seed);
    let mut trainer = fake::NETWORK.trainer(&start, settings.batch_size, 1)?;
    let mut log = Log::default();
    let start = (Position::default(), &[][..]);
    let data = Data {
        train: &train,
        test: &test,
        workers,
    };
    fit(trainer.as_mut(), None, data, settings, start, &mut log)?;
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

/// Augmented or not, whoever loads the images.
#[test]
fn workers_change_nothing() {
    let augmented = Augmentation {
        crop_padding: 1,
        hflip: 0.5,
        rotate: 10.0,
        reprob: 0.25,
        aa: Some("rand-m9-n2".parse().unwrap()),
        ..Augmentation::default()
    };
    for augmentation in [Augmentation::default(), augmented] {
        let settings = Settings {
            augmentation,
            ..settings()
        };
        let expected = train_with(&settings, 0).unwrap();
        assert!(expected.0.epochs.iter().all(|epoch| epoch.waiting > 0.0));
        for workers in [1, 2, 5] {
            assert_eq!(
                train_with(&settings, workers).unwrap().1,
                expected.1,
                "{workers}"
            );
        }
    }
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
