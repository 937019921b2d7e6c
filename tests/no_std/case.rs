//! What programs without `std` are given, and what they should answer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use resnet_runtime::{Network, Parameters, resnet};

resnet!("specs/digits.yaml", training = false);

/// The package of the network without `std`.
pub(crate) fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/no_std")
}

/// What a program writes to its standard output.
pub(crate) fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Asserts that a program, given files with weights and an image, prints the
/// bits of this process's logits.
pub(crate) fn assert_same_logits(program: &mut Command, folder: &Path) {
    let bytes = Parameters::<f32>::init(digits::Network::INFO, 3).to_bytes();
    let image: Vec<f32> = (0..64u8).map(|i| f32::from(i % 7) / 7.0).collect();
    let weights = digits::Weights::from_bytes(&bytes).unwrap();
    let mut model = digits::Model::new(&weights, 1, 1).unwrap();
    let logits = model.forward(&image).unwrap();
    let expected: String = logits
        .iter()
        .map(|logit| format!("{:08x}\n", logit.to_bits()))
        .collect();

    let file = |name| folder.join(name);
    fs::write(file("weights"), &bytes).unwrap();
    let image: Vec<u8> = image.iter().flat_map(|x| x.to_le_bytes()).collect();
    fs::write(file("image"), image).unwrap();
    let found = succeeds(program.args([file("weights"), file("image")]));
    assert_eq!(found, expected);
}
