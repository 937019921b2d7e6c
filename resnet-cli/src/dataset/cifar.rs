//! CIFAR-10 and CIFAR-100 in their binary form: records of labels and three
//! planes of 32x32 pixels.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use resnet_runtime::ModelInfo;

use super::{DataSet, Part};
use crate::evaluation::classes;

/// Channels, height and width of every image.
const SHAPE: [usize; 3] = [3, 32, 32];

/// Bytes of an image.
const PIXELS: usize = 3 * 32 * 32;

/// One of the two.
#[derive(Clone, Copy)]
pub(super) struct Cifar {
    pub(super) kind: &'static str,
    /// Labels of a record; the last one counts.
    labels: usize,
    train: &'static [&'static str],
    test: &'static [&'static str],
    /// Names of the classes, a line each.
    names: &'static str,
}

const ALL: [Cifar; 2] = [
    Cifar {
        kind: "CIFAR-10",
        labels: 1,
        train: &[
            "data_batch_1.bin",
            "data_batch_2.bin",
            "data_batch_3.bin",
            "data_batch_4.bin",
            "data_batch_5.bin",
        ],
        test: &["test_batch.bin"],
        names: "batches.meta.txt",
    },
    Cifar {
        kind: "CIFAR-100",
        labels: 2,
        train: &["train.bin"],
        test: &["test.bin"],
        names: "fine_label_names.txt",
    },
];

impl Cifar {
    /// The one whose files are in `folder`, if any.
    pub(super) fn find(folder: &Path) -> Option<Self> {
        let has = |name: &&str| folder.join(name).is_file();
        ALL.into_iter()
            .find(|one| one.train.iter().chain(one.test).any(has))
    }

    /// Loads a part.
    pub(super) fn load(self, folder: &Path, part: Part, info: &ModelInfo) -> Result<DataSet> {
        let files = match part {
            Part::Train => self.train,
            Part::Test => self.test,
        };
        let missing: Vec<_> = files
            .iter()
            .filter(|name| !folder.join(name).is_file())
            .copied()
            .collect();
        ensure!(
            missing.is_empty(),
            "{}: {} without {}; copy all files of the binary version there",
            folder.display(),
            self.kind,
            missing.join(", "),
        );
        let (mut planes, mut labels) = (Vec::new(), Vec::new());
        for name in files {
            let path = folder.join(name);
            self.read(&path, classes(info)?, (&mut planes, &mut labels))
                .with_context(|| path.display().to_string())?;
        }
        let mut set = DataSet::in_memory(planes, SHAPE, labels, info)
            .with_context(|| folder.display().to_string())?;
        let names = fs::read_to_string(folder.join(self.names)).unwrap_or_default();
        let names = names.lines().map(str::trim).filter(|name| !name.is_empty());
        set.kind = self.kind;
        set.class_names = names.map(str::to_owned).collect();
        Ok(set)
    }

    fn read(
        self,
        path: &Path,
        classes: usize,
        (planes, labels): (&mut Vec<u8>, &mut Vec<usize>),
    ) -> Result<()> {
        let bytes = fs::read(path).context("cannot read")?;
        let record = self.labels + PIXELS;
        ensure!(
            !bytes.is_empty() && bytes.len().is_multiple_of(record),
            "found {} bytes, expected a multiple of {record} (the records of {}); copy the file \
             again",
            bytes.len(),
            self.kind,
        );
        for (index, record) in bytes.chunks_exact(record).enumerate() {
            let label = usize::from(record[self.labels - 1]);
            ensure!(
                label < classes,
                "found label {label} at index {index}, expected less than {classes} (the classes \
                 of the model); use a model with more classes",
            );
            labels.push(label);
            planes.extend_from_slice(&record[self.labels..]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;
    use crate::fake;

    /// A record whose red plane is bright.
    fn record(labels: &[u8]) -> Vec<u8> {
        let pixels = (0..PIXELS).map(|i| if i < 1024 { 240 } else { (i % 3) as u8 });
        labels.iter().copied().chain(pixels).collect()
    }

    fn write(folder: &Path, name: &str, records: &[Vec<u8>]) {
        fs::write(folder.join(name), records.concat()).unwrap();
    }

    #[test]
    fn both_kinds_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let all: Vec<_> = (0..4).map(|label| record(&[label])).collect();
        for name in ALL[0].train {
            write(folder.path(), name, &all);
        }
        write(folder.path(), "test_batch.bin", &all[..1]);
        fs::write(folder.path().join("batches.meta.txt"), "airplane\nbird\n\n").unwrap();
        let [train, test] = load(folder.path(), [Part::Train, Part::Test], &fake::INFO).unwrap();
        assert_eq!((train.len(), test.len(), train.kind), (20, 1, "CIFAR-10"));
        assert_eq!(train.class_names, ["airplane", "bird"]);
        // Resized to 2x2, and grey: a red of 240 with hardly anything else.
        let grey = train.seen(0).unwrap();
        assert_eq!((grey.height, grey.width, grey.channels), (2, 2, 1));
        assert!(
            grey.pixels.iter().all(|pixel| (72..74).contains(pixel)),
            "{grey:?}"
        );

        let folder = tempfile::tempdir().unwrap();
        let all: Vec<_> = (0..4).map(|label| record(&[9, label])).collect();
        write(folder.path(), "train.bin", &all);
        write(folder.path(), "test.bin", &all);
        let [train] = load(folder.path(), [Part::Train], &fake::INFO).unwrap();
        assert_eq!(
            (train.len(), train.label(3), train.kind),
            (4, 3, "CIFAR-100")
        );
    }

    #[test]
    fn mistakes_name_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |parts: &[&str]| {
            let error = load(folder.path(), [Part::Train], &fake::INFO).unwrap_err();
            let message = format!("{error:#}");
            for part in parts {
                assert!(message.contains(part), "`{part}` missing in: {message}");
            }
        };
        write(folder.path(), "data_batch_2.bin", &[record(&[1])]);
        refused(&["CIFAR-10 without data_batch_1.bin, data_batch_3.bin"]);
        for name in ALL[0].train {
            write(folder.path(), name, &[record(&[1]), record(&[4])]);
        }
        refused(&[
            "data_batch_1.bin",
            "found label 4 at index 1",
            "less than 4",
        ]);
        write(folder.path(), "data_batch_1.bin", &[vec![0; 3000]]);
        refused(&["data_batch_1.bin", "found 3000 bytes", "multiple of 3073"]);
    }
}
