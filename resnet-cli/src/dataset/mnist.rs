//! Data sets in IDX files with MNIST's names.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use resnet_runtime::ModelInfo;

use super::{DataSet, Part};
use crate::evaluation::classes;
use crate::idx;

impl Part {
    /// The first word of its files' names: MNIST's.
    fn prefix(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "t10k",
        }
    }

    /// Its files' names without `.gz`: images, labels.
    fn names(self) -> [String; 2] {
        ["images-idx3-ubyte", "labels-idx1-ubyte"].map(|rest| format!("{}-{rest}", self.prefix()))
    }
}

/// What the kind is called.
pub(super) const KIND: &str = "IDX files";

/// True if one of the files is in `folder`.
pub(super) fn is_one(folder: &Path) -> bool {
    let names = [Part::Train, Part::Test].into_iter().flat_map(Part::names);
    names
        .flat_map(|name| [format!("{name}.gz"), name])
        .any(|name| folder.join(name).is_file())
}

/// Loads parts of the data set in `folder`.
pub(super) fn load<const N: usize>(
    folder: &Path,
    parts: [Part; N],
    info: &ModelInfo,
) -> Result<Vec<DataSet>> {
    let paths = locate(folder, parts)?;
    let paths = paths.iter();
    paths
        .map(|[images, labels]| load_part(images, labels, info))
        .collect()
}

/// Finds the files of all parts, or names all that are missing.
fn locate<const N: usize>(folder: &Path, parts: [Part; N]) -> Result<[[PathBuf; 2]; N]> {
    let mut missing = Vec::new();
    let paths = parts.map(|part| {
        part.names().map(|name| {
            let plain = folder.join(&name);
            let zipped = folder.join(format!("{name}.gz"));
            if plain.is_file() {
                plain
            } else {
                if !zipped.is_file() {
                    missing.push(name);
                }
                zipped
            }
        })
    });
    ensure!(
        missing.is_empty(),
        "{}: found neither {}; copy the data set's IDX files (MNIST's names) there",
        folder.display(),
        missing
            .iter()
            .map(|name| format!("{name} nor {name}.gz"))
            .collect::<Vec<_>>()
            .join(", neither "),
    );
    Ok(paths)
}

fn load_part(images_path: &Path, labels_path: &Path, info: &ModelInfo) -> Result<DataSet> {
    let classes = classes(info)?;
    // Grey images have three dimensions; a fourth holds the channels.
    let images = idx::read(images_path, &[3, 4])?;
    let labels = idx::read(labels_path, &[1])?;
    let (images_name, labels_name) = (images_path.display(), labels_path.display());

    let count = images.dimensions[0];
    ensure!(
        count > 0,
        "{images_name}: found no images, expected at least one"
    );
    ensure!(
        count == labels.elements.len(),
        "{images_name} holds {count} images but {labels_name} holds {} labels; \
         expected a label for each image, so take both files from the same set",
        labels.elements.len(),
    );

    let found = match images.dimensions[1..] {
        [channels, height, width] => [channels, height, width],
        [height, width] => [1, height, width],
        _ => bail!("{images_name}: expected three or four dimensions"),
    };
    if let Some(index) = labels
        .elements
        .iter()
        .position(|&label| usize::from(label) >= classes)
    {
        bail!(
            "{labels_name}: found label {} at index {index}, expected less than {} (the classes \
             of `{}`); use a model with more classes, or correct the labels",
            labels.elements[index],
            classes,
            info.name,
        );
    }
    let labels = labels.elements.into_iter().map(usize::from).collect();
    DataSet::in_memory(images.elements, found, labels, info)
        .with_context(|| images_name.to_string())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::load;
    use super::*;
    use crate::fake;
    use crate::idx::tests::{gzip, idx};
    use std::fs;

    /// Writes both parts of a set that the fake network can learn: a bright
    /// pixel in the place of the label, on noise.
    pub(crate) fn write_data(folder: &Path) {
        for (part, count) in [(Part::Train, 62u32), (Part::Test, 20)] {
            let labels: Vec<u8> = (0..count).map(|i| (i * 7 % 4) as u8).collect();
            let mut pixels = Vec::new();
            for (i, label) in labels.iter().enumerate() {
                let mut image = [0u8; 4].map(|_| (i * 37 % 64) as u8);
                image[usize::from(*label)] = 255;
                pixels.extend(image);
            }
            let [images_name, labels_name] = part.names();
            fs::write(folder.join(images_name), idx(&[count, 2, 2], &pixels)).unwrap();
            let zipped = gzip(&idx(&[count], &labels));
            fs::write(folder.join(labels_name + ".gz"), zipped).unwrap();
        }
    }

    #[track_caller]
    fn refused(images: &[u8], labels: &[u8], parts: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let [images_name, labels_name] = Part::Test.names();
        fs::write(folder.path().join(images_name), images).unwrap();
        fs::write(folder.path().join(labels_name), labels).unwrap();
        let error = load(folder.path(), [Part::Test], &fake::INFO).unwrap_err();
        let message = format!("{error:#}");
        for part in parts {
            assert!(message.contains(part), "`{part}` missing in: {message}");
        }
    }

    #[test]
    fn loads_both_parts() {
        let folder = tempfile::tempdir().unwrap();
        write_data(folder.path());
        let [train, test] = load(folder.path(), [Part::Train, Part::Test], &fake::INFO).unwrap();
        assert_eq!((train.len(), test.len()), (62, 20));
        assert_eq!(train.label(1), 3);
        assert_eq!(train.seen(1).unwrap().pixels, [37, 37, 37, 255]);
    }

    #[test]
    fn takes_channels_from_a_fourth_dimension() {
        let folder = tempfile::tempdir().unwrap();
        let [images_name, labels_name] = Part::Test.names();
        fs::write(folder.path().join(images_name), idx(&[1, 1, 2, 2], &[1; 4])).unwrap();
        fs::write(folder.path().join(labels_name), idx(&[1], &[0])).unwrap();
        let [test] = load(folder.path(), [Part::Test], &fake::INFO).unwrap();
        assert_eq!(test.picture(0).unwrap().pixels, [1; 4]);
    }

    #[test]
    fn lists_all_missing_files() {
        let folder = tempfile::tempdir().unwrap();
        let parts = [Part::Train, Part::Test];
        let error = load(folder.path(), parts, &fake::INFO).unwrap_err();
        assert!(
            error.to_string().contains("found no data set; expected"),
            "{error}"
        );
        fs::write(folder.path().join(&Part::Train.names()[0]), "").unwrap();
        let message = load(folder.path(), parts, &fake::INFO)
            .unwrap_err()
            .to_string();
        let [_, train] = Part::Train.names();
        let [images, labels] = Part::Test.names();
        for name in [train, images, labels] {
            assert!(
                message.contains(&format!("{name} nor {name}.gz")),
                "{message}"
            );
        }
        let absent = folder.path().join("absent");
        let error = load(&absent, [Part::Train], &fake::INFO).unwrap_err();
        assert!(
            error.to_string().contains("absent: no such folder"),
            "{error}"
        );
    }

    #[test]
    fn refuses_counts_that_differ() {
        let images = idx(&[3, 2, 2], &[0; 12]);
        refused(&images, &idx(&[2], &[0, 1]), &["3 images", "2 labels"]);
    }

    /// Sizes may differ: the shorter side becomes the network's, and the middle
    /// is taken. Channels that are neither grey nor colour may not.
    #[test]
    fn resizes_but_refuses_other_channels() {
        let folder = tempfile::tempdir().unwrap();
        let [images_name, labels_name] = Part::Test.names();
        let images = idx(&[1, 2, 4], &[9, 1, 2, 9, 9, 3, 4, 9]);
        fs::write(folder.path().join(images_name), images).unwrap();
        fs::write(folder.path().join(labels_name), idx(&[1], &[0])).unwrap();
        let [test] = load(folder.path(), [Part::Test], &fake::INFO).unwrap();
        assert_eq!(test.seen(0).unwrap().pixels, [1, 2, 3, 4]);

        let images = idx(&[1, 2, 2, 2], &[0; 8]);
        refused(
            &images,
            &idx(&[1], &[0]),
            &["found images of 2x2x2", "expected 1x2x2"],
        );
    }

    #[test]
    fn refuses_labels_beyond_the_classes() {
        let images = idx(&[3, 2, 2], &[0; 12]);
        let labels = idx(&[3], &[0, 4, 9]);
        refused(
            &images,
            &labels,
            &["found label 4 at index 1", "expected less than 4"],
        );
    }

    #[test]
    fn refuses_an_empty_set() {
        refused(&idx(&[0, 2, 2], &[]), &idx(&[0], &[]), &["found no images"]);
    }
}
