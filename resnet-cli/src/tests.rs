//! The commands as users call them, on the fake network.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use resnet_runtime::DynNetwork;

use crate::{Binary, Demo, dataset, fake, run};

mod bench;
mod checks;
mod pictures;
mod recipes;
mod weights;

/// What `fake ARGUMENTS` prints, or its error.
pub(crate) fn fake(arguments: &[&str]) -> anyhow::Result<String> {
    of(&fake::NETWORK, arguments)
}

/// The same of another network's binary.
pub(crate) fn of(network: &'static dyn DynNetwork, arguments: &[&str]) -> anyhow::Result<String> {
    by(&Binary::new(network), arguments)
}

/// The same of a binary with more to choose.
fn by(binary: &Binary, arguments: &[&str]) -> anyhow::Result<String> {
    let mut out = Vec::new();
    let arguments = ["fake"].iter().chain(arguments).map(OsString::from);
    run(binary, arguments, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn json(arguments: &[&str]) -> serde_json::Value {
    let text = fake(arguments).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Exit code of arguments that clap answers itself.
fn exit_code(arguments: &[&str]) -> i32 {
    let error = fake(arguments).unwrap_err();
    error.downcast_ref::<clap::Error>().unwrap().exit_code()
}

/// A folder with the learnable set.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        dataset::tests::write_data(folder.path());
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str) -> String {
        self.path().join(name).display().to_string()
    }
}

/// A network whose first output is a map classifies nothing, but can be run,
/// timed and described.
#[test]
fn networks_of_maps() {
    let folder = Folder::new();
    let data = folder.path().display().to_string();
    for command in [
        &["train", "--data", &data][..],
        &["eval", "--data", &data, "--weights", "none"],
    ] {
        let error = of(&fake::MAPPED_NETWORK, command).unwrap_err().to_string();
        let expected = "`mapped` doesn't classify images: its first output `map` is a map of 2x1x2";
        assert!(error.starts_with(expected), "{error}");
    }
    let bench = ["bench", "--train", "--seconds", "0.01", "--batch", "2"];
    assert!(
        of(&fake::MAPPED_NETWORK, &bench)
            .unwrap()
            .contains("training step")
    );
    let info = of(&fake::MAPPED_NETWORK, &["info"]).unwrap();
    assert!(info.contains("outputs      map 2x1x2\n") && !info.contains("classes"));
    assert!(fake(&["info"]).unwrap().contains("classes      4\n"));
}

#[test]
fn usage_errors_and_help_have_their_exit_codes() {
    assert_eq!(exit_code(&[]), 2);
    assert_eq!(exit_code(&["dance"]), 2);
    assert_eq!(exit_code(&["bench", "--batch", "0"]), 2);
    assert_eq!(exit_code(&["train", "--data", "x", "--batch-size", "1"]), 2);
    assert_eq!(exit_code(&["train", "--data", "x", "--lr", "nan"]), 2);
    assert_eq!(exit_code(&["eval", "--weights", "x"]), 2);
    assert_eq!(exit_code(&["--help"]), 0);
    assert_eq!(exit_code(&["--version"]), 0);
}

#[test]
fn help_shows_examples_with_the_models_name() {
    for command in ["info", "bench", "run", "train", "eval"] {
        let help = fake(&[command, "--help"]).unwrap_err().to_string();
        assert!(
            help.contains(&format!("Examples:\n  fake {command}")),
            "{help}"
        );
    }
}

#[test]
fn info_names_everything() {
    let text = fake(&["info"]).unwrap();
    for part in [
        "fc",
        "linear",
        "direct",
        "parameters   20",
        "0123456789abcdef",
        "128 B",
    ] {
        assert!(text.contains(part), "`{part}` missing in:\n{text}");
    }
    let info = json(&["info", "--json"]);
    assert_eq!(info["layers"][0]["macs"], 16);
    assert_eq!(info["memory"]["inference"]["peak_per_image"], 128);
    assert_eq!(info["memory"]["training"]["lower_bound_per_image"], 192);
    assert_eq!(info["memory"]["training"]["fixed"], 4 * (240 + 32 + 256));
}

#[test]
fn algorithms_are_chosen_by_name() {
    let binary = Binary::new(&fake::NETWORK)
        .algorithm("auto", &fake::NETWORK)
        .algorithm("direct", &fake::MAPPED_NETWORK);
    let outputs = |arguments: &[&str]| {
        let text = by(&binary, arguments).unwrap();
        text.lines()
            .find(|line| line.starts_with("outputs"))
            .unwrap()
            .to_owned()
    };
    assert_eq!(outputs(&["info"]), "outputs      logits 4x1x1");
    assert_eq!(
        outputs(&["info", "--algorithm", "auto"]),
        "outputs      logits 4x1x1"
    );
    assert_eq!(
        outputs(&["info", "--algorithm", "direct"]),
        "outputs      map 2x1x2"
    );
    let bench = ["bench", "--seconds", "0", "--algorithm", "direct"];
    let line = by(&binary, &[&bench[..], &["--json"]].concat()).unwrap();
    assert!(line.contains("\"algorithm\":\"direct\""), "{line}");
    assert!(
        by(&binary, &bench)
            .unwrap()
            .starts_with("mapped inference (direct)")
    );

    let refused = |binary: &Binary, arguments: &[&str]| {
        let error = by(binary, arguments).unwrap_err();
        assert_eq!(error.downcast_ref::<clap::Error>().unwrap().exit_code(), 2);
        error.to_string()
    };
    let error = refused(&binary, &["bench", "--algorithm", "winograd"]);
    assert!(error.contains("auto, direct"), "{error}");
    refused(&binary, &[&bench[..], &["--train"]].concat());
    let single = Binary::new(&fake::NETWORK);
    let error = refused(&single, &["bench", "--algorithm", "direct"]);
    assert!(error.contains("no choice"), "{error}");
}

#[test]
fn trains_then_evaluates() {
    let folder = Folder::new();
    let (data, output) = (folder.file(""), folder.file("run"));
    let train = [
        "train",
        "--data",
        &data,
        "--batch-size",
        "10",
        "--lr",
        "0.5",
    ];
    let text = fake(&[&train[..], &["--epochs", "30", "--output", &output]].concat()).unwrap();
    assert!(
        text.contains("test accuracy 100.00% after epoch 30"),
        "{text}"
    );

    let listed: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .collect();
    assert_eq!(listed.len(), 8);
    for path in listed {
        assert!(fs::metadata(path).unwrap().len() > 0, "{path}");
    }
    let args = fs::read_to_string(folder.file("run/args.yaml")).unwrap();
    for line in [
        "model: fake",
        "batch_size: 10",
        "lr: 0.5",
        "seed: 42",
        "weights: null",
    ] {
        assert!(
            args.lines().any(|found| found == line),
            "`{line}` missing in:\n{args}"
        );
    }

    let weights = folder.file("run/best.safetensors");
    let eval = ["eval", "--data", &data, "--weights", &weights];
    let report = json(&[&eval[..], &["--json"]].concat());
    assert_eq!(
        (report["images"].as_u64(), report["top1"].as_f64()),
        (Some(20), Some(1.0))
    );
    assert_eq!(report["classes"].as_array().unwrap().len(), 4);
    assert_eq!(report["top5"], 1.0);
    // Whatever the batches, the result is the same.
    let single = json(&[&eval[..], &["--json", "--batch-size", "3"]].concat());
    assert!((single["loss"].as_f64().unwrap() - report["loss"].as_f64().unwrap()).abs() < 1e-6);
    let matrix = folder.file("matrix.svg");
    let drawn = fake(&[&eval[..], &["--confusion", &matrix]].concat()).unwrap();
    assert!(drawn.contains("top-1  100.00%"));
    let matrix = fs::read_to_string(matrix).unwrap();
    assert!(matrix.contains("3, rightly: 5 (100.00%)"), "{matrix}");

    let refused = fake(&[&train[..], &["--output", &output]].concat()).unwrap_err();
    assert!(refused.to_string().contains("another run"), "{refused}");
}

#[test]
fn a_cause_is_told_once() {
    let folder = Folder::new();
    let (data, weights) = (folder.file(""), folder.file("absent.safetensors"));
    let error = fake(&["eval", "--data", &data, "--weights", &weights]).unwrap_err();
    let message = crate::message(&error);
    assert!(message.starts_with(&weights), "{message}");
    assert_eq!(message.matches("os error").count(), 1, "{message}");
}

#[test]
fn bad_data_leaves_no_folder() {
    let folder = Folder::new();
    fs::remove_file(folder.path().join("t10k-labels-idx1-ubyte.gz")).unwrap();
    let (data, output) = (folder.file(""), folder.file("run"));
    let refused = fake(&["train", "--data", &data, "--output", &output]).unwrap_err();
    assert!(
        refused.to_string().contains("t10k-labels-idx1-ubyte"),
        "{refused}"
    );
    assert!(!PathBuf::from(output).exists());
}

#[test]
fn the_demonstration_shows_what_it_learnt() {
    let folder = Folder::new();
    let demo = Demo {
        data: folder.file("").leak(),
        epochs: 30,
        batch_size: 10,
        lr: 0.5,
    };
    let mut out = Vec::new();
    let output = folder.path().join("run");
    demo.run_into(Some(&output), &fake::NETWORK, &mut out)
        .unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(
        text.contains("test accuracy 100.00% (20 of 20 images)"),
        "{text}"
    );
    assert_eq!(text.matches("label ").count(), 8, "{text}");
    assert!(
        text.contains('█') && text.contains('✓') && !text.contains('\x1b'),
        "{text}"
    );
    assert!(text.contains("learning_curve.svg"), "{text}");
}

#[test]
fn shells_and_man_know_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = fake(&["completions", shell]).unwrap();
        assert!(
            script.contains("predict") && script.contains("topk"),
            "{shell}"
        );
    }
    let manual = fake(&["man"]).unwrap();
    for part in ["fake", "fake\\-predict", "fake\\-bench", "EXTRA"] {
        assert!(manual.contains(part), "{part}: {manual}");
    }
    assert_eq!(exit_code(&["completions", "dos"]), 2);
    let error = fake(&["man", "dos"]).unwrap_err().to_string();
    assert!(
        error.starts_with("no command `dos`, only `info`"),
        "{error}"
    );
    let binary = Binary::new(&fake::NETWORK);
    for command in crate::args::command(&binary).get_subcommands() {
        let name = command.get_name();
        let page = fake(&["man", name]).unwrap();
        let title = format!("fake\\-{name}");
        assert!(
            page.contains(&title) && page.contains("Examples:"),
            "{page}"
        );
        let help = fake(&[name, "--help"]).unwrap_err().to_string();
        assert!(help.contains("Examples:\n  fake"), "{help}");
    }
}
