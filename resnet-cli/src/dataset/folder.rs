//! Folders of pictures: `train/CLASS/*.jpg` and `val/CLASS/*.jpg`, or `test`
//! instead of `val`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, ensure};
use resnet_runtime::ModelInfo;

use super::{DataSet, Images, Part};
use crate::evaluation::classes;
use crate::images::{Source, Transform, sources};

/// What the kind is called.
pub(super) const KIND: &str = "folders of pictures";

const TRAIN: &str = "train";

/// Names of the test part's folder, the first one that is there.
const TEST: [&str; 2] = ["val", "test"];

/// True if `folder` looks like such a set.
pub(super) fn is_one(folder: &Path) -> bool {
    [TRAIN]
        .iter()
        .chain(&TEST)
        .any(|name| folder.join(name).is_dir())
}

/// Finds the pictures of a part.
pub(super) fn load(folder: &Path, part: Part, info: &ModelInfo) -> Result<DataSet> {
    let transform = Transform::of(info)?;
    let train = folder.join(TRAIN);
    let test = TEST.map(|name| folder.join(name));
    let test = test.into_iter().find(|path| path.is_dir());
    let shown = folder.display();
    let own = match part {
        Part::Train => train.is_dir().then(|| train.clone()),
        Part::Test => test,
    };
    let expected = match part {
        Part::Train => "train",
        Part::Test => "val or test",
    };
    let own = own.with_context(|| {
        format!("{shown}: no folder {expected} in it, expected one with a folder for each class")
    })?;
    // The training part says which classes there are.
    let names = class_names(if train.is_dir() { &train } else { &own })?;
    let expected = classes(info)?;
    ensure!(
        names.len() == expected,
        "{}: found {} classes ({}), expected {expected} (those of `{}`), a folder each",
        own.display(),
        names.len(),
        abridged(&names),
        info.name,
    );
    let unknown: Vec<_> = class_names(&own)?
        .into_iter()
        .filter(|name| !names.contains(name))
        .collect();
    ensure!(
        unknown.is_empty(),
        "{}: found classes that the training part hasn't: {}",
        own.display(),
        abridged(&unknown),
    );
    let (mut files, mut labels) = (Vec::new(), Vec::new());
    for (label, name) in names.iter().enumerate() {
        let path = own.join(name);
        if matches!(part, Part::Test) && !path.is_dir() {
            continue;
        }
        let found = sources(&[path]).context("an empty class")?;
        labels.extend(found.iter().map(|_| label));
        files.extend(found);
    }
    ensure!(!files.is_empty(), "{}: found no pictures", own.display());
    Ok(DataSet {
        images: Images::Files(files),
        labels,
        transform,
        kind: KIND,
        class_names: names,
    })
}

/// Names of the folders in a folder, sorted.
fn class_names(folder: &Path) -> Result<Vec<String>> {
    let shown = || format!("{}: cannot read this folder", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(shown)? {
        let path: PathBuf = entry.with_context(shown)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !name.starts_with('.') {
            names.push(name.into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The first names of a list.
pub(super) fn abridged(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut text = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN {
        text.push_str(", ...");
    }
    text
}

/// Decodes all pictures once, on so many threads: the numbers of those that
/// can't be, in order, and why.
pub(super) fn unreadable(
    files: &[Source],
    channels: usize,
    threads: usize,
) -> Vec<(usize, String)> {
    let next = AtomicUsize::new(0);
    let refused = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..threads.min(files.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(index) else { break };
                    if let Err(error) = file.picture(channels)
                        && let Ok(mut refused) = refused.lock()
                    {
                        refused.push((index, crate::message(&error)));
                    }
                }
            });
        }
    });
    let mut refused = refused.into_inner().unwrap_or_default();
    refused.sort();
    refused
}

/// Names the first of some pictures that can't be read, if there are any.
pub(super) fn told(unreadable: &[(usize, String)], of: usize) -> Option<String> {
    const SHOWN: usize = 10;
    let all = unreadable.len();
    let first: Vec<_> = (unreadable.iter().take(SHOWN))
        .map(|(_, why)| why.as_str())
        .collect();
    let more = if all > SHOWN { "\n  ..." } else { "" };
    (all > 0).then(|| {
        let first = first.join("\n  ");
        format!("{all} of {of} pictures can't be read:\n  {first}{more}")
    })
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;
    use crate::fake;
    use crate::images::Raster;

    const CLASSES: [&str; 4] = ["ant", "bee", "cat", "dog"];

    /// Three pictures of each class, of odd sizes, some of them of colour.
    fn write(folder: &Path, parts: [&str; 2]) {
        for part in parts {
            for (label, class) in CLASSES.iter().enumerate() {
                let to = folder.join(part).join(class);
                fs::create_dir_all(&to).unwrap();
                for i in 0..3 {
                    let raster = Raster {
                        height: 4 + i,
                        width: 6,
                        channels: 1 + 2 * (i % 2),
                        pixels: vec![60 * label as u8; (4 + i) * 6 * (1 + 2 * (i % 2))],
                    };
                    fs::write(to.join(format!("{i}.png")), raster.to_png().unwrap()).unwrap();
                }
            }
        }
    }

    #[test]
    fn classes_are_folders() {
        for test in TEST {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), [TRAIN, test]);
            let sets = load(folder.path(), [Part::Train, Part::Test], &fake::INFO).unwrap();
            for mut set in sets {
                assert_eq!((set.len(), set.kind), (12, KIND));
                assert_eq!(set.class_names, CLASSES);
                for index in 0..12 {
                    assert_eq!(set.label(index), index / 3);
                    assert_eq!(set.seen(index).unwrap().pixels, [60 * (index / 3) as u8; 4]);
                }
                assert_eq!(set.leave_out_unreadable(0, 2).unwrap(), 0);
            }
        }
    }

    #[test]
    fn some_unreadable_pictures_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), [TRAIN, "val"]);
        for name in ["train/ant/1.png", "train/cat/0.png"] {
            fs::write(folder.path().join(name), "no picture").unwrap();
        }
        let load = || load(folder.path(), [Part::Train, Part::Test], &fake::INFO);
        let [mut train, mut test] = load().unwrap();
        let message = train.leave_out_unreadable(1, 2).unwrap_err().to_string();
        for part in [
            "2 of 12 pictures can't be read",
            "ant/1.png",
            "cat/0.png",
            "--max-unreadable",
        ] {
            assert!(message.contains(part), "`{part}` missing in: {message}");
        }
        assert_eq!(train.leave_out_unreadable(2, 3).unwrap(), 2);
        assert_eq!(test.leave_out_unreadable(0, 3).unwrap(), 0);
        let labels: Vec<_> = (0..train.len()).map(|index| train.label(index)).collect();
        assert_eq!(labels, [0, 0, 1, 1, 1, 2, 2, 3, 3, 3]);
        for index in 0..train.len() {
            let grey = 60 * train.label(index) as u8;
            assert_eq!(train.seen(index).unwrap().pixels, [grey; 4]);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), [TRAIN, "val"]);
        let refused = |parts: &[&str]| {
            let sets = load(folder.path(), [Part::Train, Part::Test], &fake::INFO);
            let checked = sets.and_then(|[mut train, mut test]| {
                train.leave_out_unreadable(0, 2)?;
                test.leave_out_unreadable(0, 2)
            });
            let message = format!("{:#}", checked.unwrap_err());
            for part in parts {
                assert!(message.contains(part), "`{part}` missing in: {message}");
            }
        };
        let path = |name: &str| folder.path().join(name);
        fs::write(path("val/bee/9.jpg"), [0xff, 0xd8, 0xff, 0xe0]).unwrap();
        refused(&[
            "1 of 13 pictures can't be read",
            "val/bee/9.jpg",
            "not a sound JPEG",
        ]);
        fs::remove_file(path("val/bee/9.jpg")).unwrap();

        fs::create_dir(path("val/yak")).unwrap();
        refused(&["val: found classes that the training part hasn't: yak"]);
        fs::remove_dir(path("val/yak")).unwrap();

        fs::create_dir(path("train/yak")).unwrap();
        refused(&["train: found 5 classes (ant, bee, cat, dog, yak), expected 4"]);
        fs::remove_dir_all(path("train/bee")).unwrap();
        refused(&["an empty class", "train/yak: no picture in this folder"]);
        fs::remove_dir(path("train/yak")).unwrap();
        refused(&["found 3 classes"]);
        fs::remove_dir_all(path("val")).unwrap();
        fs::create_dir(path("train/yak")).unwrap();
        fs::write(
            path("train/yak/0.png"),
            fs::read(path("train/cat/0.png")).unwrap(),
        )
        .unwrap();
        refused(&["no folder val or test"]);
    }
}
