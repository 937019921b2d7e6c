//! The examples run to their ends.

#![allow(
    clippy::duplicate_mod,
    reason = "examples that read the same data are programs of their own"
)]

#[path = "../examples/custom_loop.rs"]
mod custom_loop;
#[path = "../examples/degradation.rs"]
#[allow(dead_code, reason = "twenty epochs of all depths take too long")]
mod degradation;
#[path = "../examples/distill.rs"]
#[allow(dead_code, reason = "its arguments are the test's")]
mod distill;
#[path = "../examples/embedded.rs"]
mod embedded;
#[path = "../examples/features.rs"]
mod features;
#[path = "../examples/fine_tune.rs"]
mod fine_tune;
#[path = "../examples/transfer.rs"]
#[allow(dead_code, reason = "two hundred steps of all ways take too long")]
mod transfer;
#[path = "../examples/two_models.rs"]
mod two_models;

/// The least that shows it: eight layers learn either way, in no time, and their
/// gradients are measured layer by layer.
#[test]
fn degradation_of_the_shallowest() {
    let runs = degradation::compare(&degradation::DEPTHS[..1], 3).unwrap();
    for run in runs.iter().map(|runs| &runs[0]) {
        assert_eq!((run.errors.len(), run.gradients.len()), (3, 7));
        assert!(run.errors[2] < 0.1 && run.errors[2] < run.errors[0]);
        assert!(run.test_error < 0.2, "{}", run.test_error);
        assert!(run.gradients.iter().all(|length| *length > 0.0));
    }
    let picture = degradation::picture(&runs);
    // Two kinds, with a point for each of three epochs and seven layers.
    assert_eq!(picture.matches("<circle").count(), 2 * (3 + 7));
}

/// The least of it: a few steps, from a backbone that has learned nothing.
#[test]
fn transfer_by_a_few_steps() {
    use resnet_runtime::{Network, Parameters};
    let info = transfer::whole::Network::INFO;
    let backbone = Parameters::<f32>::init(info, 1).to_bytes();
    let accuracies = transfer::compare(&backbone, &[5], &[1], 4).unwrap();
    for of in &accuracies {
        assert!(of.len() == 1 && (0.0..=100.0).contains(&of[0]), "{of:?}");
    }
    // A frozen backbone learns otherwise than a tuned one.
    assert_ne!(accuracies[0], accuracies[1]);
    let picture = transfer::picture(&[5], &accuracies);
    assert_eq!(picture.matches("<circle").count(), 3);
}

#[test]
fn a_custom_loop() {
    custom_loop::main().unwrap();
}

/// A student learns from a teacher of another spec; without one it learns
/// otherwise.
#[test]
fn distillation() {
    let folder = std::env::temp_dir().join(format!("resnet-distill-{}", std::process::id()));
    let path = |name: &str| folder.join(name).display().to_string();
    std::fs::create_dir_all(&folder).unwrap();
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/data/digits");
    let trained = std::process::Command::new(env!("CARGO_BIN_EXE_digits"))
        .args(["train", "--epochs=4", "--data", data, "--output"])
        .arg(path("teacher"))
        .output()
        .unwrap();
    assert!(trained.status.success());
    let weights = path("teacher/last.safetensors");
    let student = |name: &str, flags: &[&str]| {
        let output = path(name);
        let start = ["student", "train", "--epochs=2", "--data", data];
        let arguments = [&start[..], &["--output", &output], flags].concat();
        let code = distill::binary().call(arguments.into_iter().map(Into::into));
        assert_eq!(code, std::process::ExitCode::SUCCESS);
        std::fs::read(path(&format!("{name}/last.safetensors"))).unwrap()
    };
    let taught = student("taught", &["--teacher", &weights, "--kd-alpha=0.7"]);
    let recipe = path("taught/args.yaml");
    assert!(taught == student("again", &["--recipe", &recipe]));
    assert!(taught != student("alone", &[]));
    let _ = std::fs::remove_dir_all(&folder);
}

#[test]
fn embedded_weights() {
    embedded::main().unwrap();
}

#[test]
fn features_by_name() {
    features::main().unwrap();
}

#[test]
fn fine_tuning() {
    fine_tune::main().unwrap();
}

#[test]
fn two_models_side_by_side() {
    two_models::main().unwrap();
}
