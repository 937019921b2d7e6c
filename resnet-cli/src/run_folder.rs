//! The folder that one training run writes.

use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use resnet_runtime::{DynTrainer, write_atomically};

use crate::evaluation::Evaluation;
use crate::training::Epoch;
use crate::{confusion, curve, events, norms};

/// A folder with `args.yaml`, the checkpoint, and after each epoch its results as
/// tables, pictures and TensorBoard's events, the last parameters and the best.
pub(crate) struct RunFolder {
    path: PathBuf,
    epochs: Vec<Epoch>,
    /// Index of the best epoch.
    best: usize,
}

impl RunFolder {
    /// The folder `path`, or the next free `runs/<model>-<n>`.
    pub(crate) fn create(path: Option<&Path>, model: &str) -> Result<Self> {
        let path = match path {
            Some(path) => named(path)?,
            None => numbered(Path::new("runs"), model)?,
        };
        Ok(Self {
            path,
            epochs: Vec::new(),
            best: 0,
        })
    }

    /// The folder of a run that goes on after these epochs, rid of the files
    /// that it was writing when it ended.
    pub(crate) fn resume(path: &Path, epochs: Vec<Epoch>) -> Result<Self> {
        for file in fs::read_dir(path).with_context(|| path.display().to_string())? {
            let file = file?;
            let name = file.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') && name.ends_with(".tmp") {
                fs::remove_file(file.path())?;
            }
        }
        let mut best = 0;
        for (index, epoch) in epochs.iter().enumerate().skip(1) {
            if better(epoch, &epochs[best]) {
                best = index;
            }
        }
        Ok(Self {
            path: path.to_owned(),
            epochs,
            best,
        })
    }

    /// The epochs so far.
    pub(crate) fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Path of one of its files.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Paths of the files that every run has, and of those that this one has.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let some = [NORMS, NORMS_SVG].map(|name| self.file(name));
        let all = [
            ARGS, SUMMARY, CURVE, CONFUSION, EVENTS, LAST, BEST, CHECKPOINT,
        ];
        let all = all.map(|name| self.file(name)).into_iter();
        all.chain(some.into_iter().filter(|path| path.exists()))
            .collect()
    }

    /// Records how the run was started.
    pub(crate) fn write_args(&self, args: &[(&str, String)]) -> Result<()> {
        let mut yaml = String::new();
        for (key, value) in args {
            writeln!(yaml, "{key}: {value}")?;
        }
        write_atomically(&self.file(ARGS), yaml.as_bytes())?;
        Ok(())
    }

    /// Records an epoch: every file is whole at any time.
    pub(crate) fn record(
        &mut self,
        epoch: &Epoch,
        evaluation: &Evaluation,
        trainer: &dyn DynTrainer,
        class_names: &[String],
    ) -> Result<()> {
        let model = trainer.info().name;
        self.epochs.push(epoch.clone());
        let parameters = trainer.parameters();
        parameters.save(self.file(LAST))?;
        let newest = self.epochs.len() - 1;
        if newest == 0 || better(epoch, &self.epochs[self.best]) {
            self.best = newest;
            parameters.save(self.file(BEST))?;
            let title = format!("{model}, epoch {}", epoch.epoch);
            let matrix = confusion::svg(&title, class_names, &evaluation.confusion);
            write_atomically(&self.file(CONFUSION), matrix.as_bytes())?;
        }
        write_atomically(&self.file(SUMMARY), summary(&self.epochs).as_bytes())?;
        write_atomically(
            &self.file(CURVE),
            curve::svg(model, &self.epochs).as_bytes(),
        )?;
        let layers = norms::layers(trainer.info());
        write_atomically(&self.file(EVENTS), &events::file(&layers, &self.epochs))?;
        if !epoch.gradient_norms.is_empty() {
            let table = norms::csv(&layers, &self.epochs);
            write_atomically(&self.file(NORMS), table.as_bytes())?;
            let picture = norms::svg(model, &layers, &self.epochs);
            write_atomically(&self.file(NORMS_SVG), picture.as_bytes())?;
        }
        Ok(())
    }

    /// The last epoch and the best one, once an epoch is recorded.
    pub(crate) fn last_and_best(&self) -> Option<(&Epoch, &Epoch)> {
        Some((self.epochs.last()?, &self.epochs[self.best]))
    }
}

const ARGS: &str = "args.yaml";
const SUMMARY: &str = "summary.csv";
const CURVE: &str = "learning_curve.svg";
/// Of the best epoch.
const CONFUSION: &str = "confusion_matrix.svg";
/// TensorBoard's; it looks for the middle of this name.
const EVENTS: &str = "events.out.tfevents.0.resnet";
const NORMS: &str = "gradient_norms.csv";
const NORMS_SVG: &str = "gradient_norms.svg";
/// The whole state, for `--resume`.
pub(crate) const CHECKPOINT: &str = "checkpoint.safetensors";
const BEST: &str = "best.safetensors";
/// The parameters after the last epoch.
pub(crate) const LAST: &str = "last.safetensors";

/// Uses the folder that the user named, unless it holds a run already.
fn named(path: &Path) -> Result<PathBuf> {
    fs::create_dir_all(path).with_context(|| format!("{}: cannot create", path.display()))?;
    ensure!(
        !path.join(ARGS).exists(),
        "{}: found the results of another run ({ARGS}), expected a new folder; \
         choose another --output or remove it",
        path.display(),
    );
    Ok(path.to_owned())
}

/// Creates the first free `<parent>/<model>-<n>`. Creating is the test, so two
/// runs that start at once don't share one.
fn numbered(parent: &Path, model: &str) -> Result<PathBuf> {
    fs::create_dir_all(parent).with_context(|| format!("{}: cannot create", parent.display()))?;
    for number in 1u64.. {
        let path = parent.join(format!("{model}-{number}"));
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error).with_context(|| format!("{}: cannot create", path.display()));
            }
        }
    }
    unreachable!("more folders than u64 counts")
}

/// Higher accuracy, or the same with a lower loss.
fn better(a: &Epoch, b: &Epoch) -> bool {
    a.test_accuracy > b.test_accuracy
        || (a.test_accuracy == b.test_accuracy && a.test_loss < b.test_loss)
}

fn summary(epochs: &[Epoch]) -> String {
    let mut csv = String::from(
        "epoch,lr,train_loss,train_accuracy,test_loss,test_accuracy,test_top5,seconds,images_per_s,waiting\n",
    );
    for e in epochs {
        csv.push_str(&format!(
            "{},{:.6e},{:.6},{:.6},{:.6},{:.6},{:.6},{:.3},{:.1},{:.4}\n",
            e.epoch,
            e.lr,
            e.train_loss,
            e.train_accuracy,
            e.test_loss,
            e.test_accuracy,
            e.test_top5,
            e.seconds,
            e.images_per_s,
            e.waiting,
        ));
    }
    csv
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake;
    use crate::training::tests::EPOCH;
    use resnet_runtime::{DynNetwork, Parameters};

    fn epoch(epoch: usize, test_accuracy: f64) -> Epoch {
        Epoch {
            epoch,
            test_accuracy,
            ..EPOCH
        }
    }

    const EVALUATION: Evaluation = Evaluation {
        loss: 1.0,
        top1: 0,
        top5: 0,
        per_class: Vec::new(),
        confusion: Vec::new(),
    };

    #[test]
    fn numbers_runs() {
        let parent = tempfile::tempdir().unwrap();
        let name = |path: PathBuf| path.file_name().unwrap().to_owned();
        assert_eq!(name(numbered(parent.path(), "fake").unwrap()), "fake-1");
        assert_eq!(name(numbered(parent.path(), "fake").unwrap()), "fake-2");
        assert_eq!(name(numbered(parent.path(), "other").unwrap()), "other-1");
    }

    #[test]
    fn holds_every_file_and_keeps_the_best() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let mut folder = RunFolder::create(Some(&path), "fake").unwrap();
        folder
            .write_args(&[("epochs", "3".into()), ("lr", "0.1".into())])
            .unwrap();
        for (number, accuracy) in [(1, 0.5), (2, 0.75), (3, 0.25)] {
            let parameters = Parameters::init(&fake::INFO, number as u64);
            let trainer = fake::NETWORK.trainer(&parameters, 1, 1).unwrap();
            folder
                .record(&epoch(number, accuracy), &EVALUATION, trainer.as_ref(), &[])
                .unwrap();
        }
        for file in &folder.files()[..7] {
            assert!(file.is_file(), "{}", file.display());
        }
        assert_eq!(fs::read_dir(&path).unwrap().count(), 7);
        assert_eq!(
            fs::read_to_string(folder.file(ARGS)).unwrap(),
            "epochs: 3\nlr: 0.1\n"
        );
        let csv = fs::read_to_string(folder.file(SUMMARY)).unwrap();
        assert_eq!(csv.lines().count(), 4);
        assert!(csv.ends_with(
            "3,1.000000e-1,1.000000,0.500000,1.000000,0.250000,1.000000,1.000,100.0,0.1250\n"
        ));

        let (last, best) = folder.last_and_best().unwrap();
        assert_eq!((last.epoch, best.epoch), (3, 2));
        let weight = |name| {
            let parameters = Parameters::<f32>::load(&fake::INFO, folder.file(name)).unwrap();
            parameters.get("fc.weight").unwrap()
        };
        let seed = |seed| {
            Parameters::<f32>::init(&fake::INFO, seed)
                .get("fc.weight")
                .unwrap()
        };
        assert_eq!(weight(BEST), seed(2));
        assert_eq!(weight(LAST), seed(3));

        let again = RunFolder::create(Some(&path), "fake").err().unwrap();
        assert!(
            again.to_string().contains("choose another --output"),
            "{again}"
        );
    }
}
