//! Weights of every kind, on their way in and out.

use std::fs;
use std::path::PathBuf;

use resnet_runtime::{ModelInfo, ParameterInfo, Parameters, Role};

use super::fake;
use crate::commands;
use crate::fake as network;

fn checkpoint(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = folder.join("../tests/reference/checkpoints").join(name);
    path.display().to_string()
}

#[test]
fn convert_writes_what_every_command_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let pth = checkpoint("fake.pth");
    for (dtype, error) in [("f32", 0.0), ("f64", 0.0), ("f16", 1e-3), ("bf16", 1e-2)] {
        let to = path(dtype);
        let text = fake(&["convert", &pth, &to, "--dtype", dtype]).unwrap();
        assert_eq!(text, format!("{to}\n"));
        let parameters = Parameters::<f32>::load(&network::INFO, &to).unwrap();
        let weight = parameters.get("fc.weight").unwrap();
        let off = (weight[15] - 15.0 / 7.0).abs();
        assert!(off <= error, "{dtype}: {off}");
        assert_eq!(parameters.batches_tracked(), 9);
    }
    let sizes = ["f64", "f32", "f16"].map(|name| fs::metadata(path(name)).unwrap().len());
    assert!(sizes[0] > sizes[1] && sizes[1] > sizes[2]);
}

#[test]
fn odd_values_are_told_and_refused_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("w").display().to_string();
    let negative = checkpoint("negative.pth");
    fake(&["convert", &negative, &to]).unwrap();
    let error = fake(&["convert", &to, &to, "--strict"])
        .unwrap_err()
        .to_string();
    let expected = "refused, as --strict asks:\n  bn1.running_var: 1 of 1 variances are negative";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn checkpoints_that_do_not_fit_are_refused_by_name() {
    for (file, part) in [
        ("plain.pth", "conv1.weight: unknown, found [3, 2, 3, 3]"),
        ("hostile.pth", "nothing in a file is ever run"),
        ("other.zip", "no `data.pkl`"),
    ] {
        let error = fake(&["convert", &checkpoint(file), "never"]).unwrap_err();
        let message = crate::message(&error);
        assert!(
            message.contains(file) && message.contains(part),
            "{message}"
        );
    }
}

#[test]
fn a_new_head_takes_weights_of_other_classes() {
    static WIDER: ModelInfo = ModelInfo {
        parameters: resnet_runtime::Table::new(&[
            ParameterInfo::new("bn1.running_mean", &[1], Role::RunningMean, 0),
            ParameterInfo::new("bn1.running_var", &[1], Role::RunningVar, 16),
            ParameterInfo::new("fc.weight", &[5, 4], Role::LinearWeight, 0),
            ParameterInfo::new("fc.bias", &[5], Role::Bias, 64),
        ]),
        ..network::INFO
    };
    let path = PathBuf::from(checkpoint("fake.pth"));
    let error = commands::read::<f32>(&WIDER, &path).unwrap_err();
    let message = crate::message(&error);
    assert!(message.contains("train --new-head"), "{message}");
    let parameters = commands::read_with_new_head(&WIDER, &path, 1).unwrap();
    assert_eq!(parameters.get("fc.bias").unwrap().len(), 5);
}
