//! A network without `std`, linked into a program in C, gives what it gives
//! with `std`. Compiles the runtime anew: run by name.

use std::fs;
use std::path::Path;
use std::process::Command;

use resnet_runtime::{Network, Parameters, resnet};

resnet!("specs/digits.yaml", training = false);

fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "compiles the runtime a second time, and needs a C compiler"]
fn the_same_without_std() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/no_std");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no_std");
    succeeds(
        Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--target-dir"])
            .arg(&target)
            .current_dir(&package),
    );
    let main = target.join("main");
    succeeds(
        Command::new("cc")
            .arg(package.join("main.c"))
            .arg(target.join("debug/libwithout_std.a"))
            .arg("-o")
            .arg(&main),
    );

    let bytes = Parameters::<f32>::init(digits::Network::INFO, 3).to_bytes();
    let image: Vec<f32> = (0..64u8).map(|i| f32::from(i % 7) / 7.0).collect();
    let weights = digits::Weights::from_bytes(&bytes).unwrap();
    let mut model = digits::Model::new(&weights, 1, 1).unwrap();
    let logits = model.forward(&image).unwrap();
    let expected: String = logits
        .iter()
        .map(|logit| format!("{:08x}\n", logit.to_bits()))
        .collect();

    let file = |name| target.join(name);
    fs::write(file("weights"), &bytes).unwrap();
    let image: Vec<u8> = image.iter().flat_map(|x| x.to_le_bytes()).collect();
    fs::write(file("image"), image).unwrap();
    let found = succeeds(
        Command::new(&main)
            .args([file("weights"), file("image")])
            .env_remove("RESNET_ISA"),
    );
    assert_eq!(found, expected);
}
