//! What is found before the first step, and leaves no folder.

use std::fs;
use std::path::Path;

use super::{Folder, fake};
use crate::idx::tests::idx;

#[track_caller]
fn refused(folder: &Folder, flags: &[&str], parts: &[&str]) {
    let output = folder.file("run");
    let data = folder.path().display().to_string();
    let train = ["train", "--data", &data, "--output", &output];
    let error = fake(&[&train[..], flags].concat()).unwrap_err();
    let message = crate::message(&error);
    for part in parts {
        assert!(message.contains(part), "`{part}` missing in: {message}");
    }
    assert!(!Path::new(&output).exists());
}

/// A training part of these labels.
fn with_labels(labels: &[u8]) -> Folder {
    let folder = Folder::new();
    let count = labels.len() as u32;
    let pixels = vec![7; 4 * labels.len()];
    let images = folder.path().join("train-images-idx3-ubyte");
    fs::write(images, idx(&[count, 2, 2], &pixels)).unwrap();
    let zipped = folder.path().join("train-labels-idx1-ubyte.gz");
    fs::write(zipped, idx(&[count], labels)).unwrap();
    folder
}

#[test]
fn flags_that_do_not_fit_the_network() {
    let folder = Folder::new();
    let parts = ["--class-weights: found 3 weights, expected 4"];
    refused(&folder, &["--class-weights", "1,2,3"], &parts);
    refused(&folder, &["--opt-betas", "0.5"], &["--opt-betas"]);
    refused(&folder, &["--scale", "0.5"], &["--scale: found 1 numbers"]);
    refused(&folder, &["--ratio", "2,1"], &["the smaller one first"]);
    refused(&folder, &["--color-jitter", "1,2"], &["expected 1, 3 or 4"]);
    refused(&folder, &["--color-jitter", "1,1,1,1"], &["at most 0.5"]);
}

#[test]
fn data_that_teaches_nothing() {
    let parts = [
        "labels-idx1-ubyte.gz: found label 4 at index 2",
        "less than 4",
    ];
    refused(&with_labels(&[0, 1, 4, 2]), &[], &parts);
    let parts = ["no training image of class 1, 3"];
    refused(&with_labels(&[0, 2, 2, 0]), &[], &parts);
    refused(
        &with_labels(&[0]),
        &[],
        &["holds 1 image, expected at least 2"],
    );
    // A last batch of one image is left out, one of all images is refused.
    fake(&["train", "--data", "x", "--batch-size", "1"]).unwrap_err();
}

#[test]
fn states_of_other_specs() {
    let folder = Folder::new();
    let data = folder.path().display().to_string();
    let output = folder.file("other");
    fake(&[
        "train", "--data", &data, "--epochs", "1", "--output", &output,
    ])
    .unwrap();
    let resume = ["train", "--resume", &output];
    let error = super::of(&crate::fake::MAPPED_NETWORK, &resume).unwrap_err();
    // The same parameters and the same spec: but it classifies nothing.
    assert!(
        crate::message(&error).contains("doesn't classify"),
        "{error:#}"
    );
    let weights = folder.file("none.safetensors");
    refused(&folder, &["--weights", &weights], &["none.safetensors"]);
}
