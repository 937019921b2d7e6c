//! What `resnet expand` prints compiles where it is pasted, and runs.

use std::path::Path;
use std::process::Command;

const RUNS: &str = "
fn main() {
    let weights = NAME::Weights::init(1);
    let mut model = NAME::Model::new(&weights, 1, 1).unwrap();
    let images = [0.5; PIXELS];
    assert!(model.forward(&images).unwrap().iter().all(|logit| logit.is_finite()));
}
";

#[test]
fn expanded_code_compiles_without_unsafe() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("expanded");
    std::fs::create_dir_all(&folder).unwrap();
    let tests = trybuild::TestCases::new();
    for (name, pixels) in [("digits", "8 * 8"), ("cifar_resnet20", "3 * 32 * 32")] {
        let spec = format!("{}/../specs/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let mut resnet = Command::new(env!("CARGO_BIN_EXE_resnet"));
        let output = resnet.args(["expand", &spec]).output().unwrap();
        assert!(output.status.success());
        let module = String::from_utf8(output.stdout).unwrap();
        assert!(module.contains("// conv1 = conv2d 3x3"), "comments");
        let main = RUNS.replace("NAME", name).replace("PIXELS", pixels);
        let path = folder.join(format!("{name}.rs"));
        let text = format!("#![forbid(unsafe_code)]\n#![deny(warnings)]\n\n{module}{main}");
        std::fs::write(&path, text).unwrap();
        tests.pass(path);
    }
}
