//! Recipes on the command line.

use std::fs;

use super::{Folder, fake};

/// A run's `args.yaml` is a recipe that repeats the run; flags go before it.
#[test]
fn a_run_is_repeated_from_its_own_args() {
    let folder = Folder::new();
    let (first, second) = (folder.file("first"), folder.file("second"));
    let data = folder.path().display().to_string();
    let mut train = vec!["train", "--data", &data, "--epochs", "2", "--lr", "0.25"];
    train.extend(["--sched", "step", "--decay-epochs", "1", "--clip-grad", "2"]);
    train.extend(["--smoothing", "0.1", "--class-weights", "1,2,1,1"]);
    train.extend(["--mixup", "0.2", "--model-ema", "--opt", "momentum"]);
    train.extend([
        "--batch-size",
        "10",
        "--threads",
        "1",
        "--grad-accum-steps",
        "2",
    ]);
    train.extend(["--scale", "0.5,1", "--aa", "rand-m3-n1", "--hflip", "0.5"]);
    fake(&[&train[..], &["--output", &first]].concat()).unwrap();
    let args = |run: &str| fs::read_to_string(format!("{run}/args.yaml")).unwrap();
    let recipe = format!("{first}/args.yaml");
    fake(&["train", "--recipe", &recipe, "--output", &second]).unwrap();
    assert_eq!(args(&first), args(&second));
    for file in ["last.safetensors", "averaged.safetensors"] {
        let read = |run: &str| fs::read(format!("{run}/{file}")).unwrap();
        assert_eq!(read(&first), read(&second), "{file}");
    }
    let third = folder.file("third");
    let other = ["--seed", "3", "--opt", "sgd", "--output", &third];
    let other = [&other[..], &["--class-weights", "2,1,1,1"]].concat();
    fake(&[&["train", "--recipe", &recipe][..], &other].concat()).unwrap();
    let expected = args(&first)
        .replace("seed: 42", "seed: 3")
        .replace("[1.0,2.0,1.0,1.0]", "[2.0,1.0,1.0,1.0]")
        .replace("opt: \"momentum\"", "opt: \"sgd\"");
    assert_eq!(args(&third), expected);
}

#[test]
fn mistakes_are_told_with_the_file() {
    let folder = Folder::new();
    let recipe = folder.file("recipe.yaml");
    fs::write(&recipe, "epoch: 3\n").unwrap();
    let error = fake(&["train", "--recipe", &recipe]).unwrap_err();
    let message = crate::message(&error);
    assert!(
        message.contains("recipe.yaml: `epoch` is no flag of `train`"),
        "{message}"
    );
    let error = fake(&["train", "--recipe", "missing.yaml"]).unwrap_err();
    assert!(crate::message(&error).contains("missing.yaml: cannot read"));
    // What a flag refuses, a recipe is refused too.
    fs::write(&recipe, "data: x\nsmoothing: 2\n").unwrap();
    assert_eq!(super::exit_code(&["train", "--recipe", &recipe]), 2);
}

/// Statistics over the whole training part have a file of their own.
#[test]
fn statistics_taken_anew() {
    let folder = Folder::new();
    let output = folder.file("run");
    let data = folder.path().display().to_string();
    let train = [
        "train", "--data", &data, "--epochs", "1", "--output", &output,
    ];
    fake(&[&train[..], &["--reestimate-bn"]].concat()).unwrap();
    let path = folder.file("run/reestimated.safetensors");
    fake(&["eval", "--data", &data, "--weights", &path]).unwrap();
}

/// The recipes of the experiments say what `train` knows.
#[test]
fn recipes_of_the_repository() {
    let folder = Folder::new();
    let recipes = concat!(env!("CARGO_MANIFEST_DIR"), "/../experiments");
    let mut seen = 0;
    for entry in fs::read_dir(recipes).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        if text.contains("\nepochs: ") {
            let (recipe, data) = (
                path.display().to_string(),
                folder.path().display().to_string(),
            );
            let output = folder.file(&format!("run{seen}"));
            let train = [
                "train", "--recipe", &recipe, "--data", &data, "--epochs", "1",
            ];
            fake(&[&train[..], &["--output", &output]].concat()).unwrap();
            seen += 1;
        }
    }
    assert!(seen > 0);
}
