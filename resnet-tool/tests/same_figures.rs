//! The tool, which reads a spec, and the binary that was compiled from it say
//! the same of a network.

use resnet_runtime::{ModelInfo, Network, resnet};

resnet!("../specs/digits.yaml");

#[test]
fn tool_and_network_agree() {
    let spec = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/digits.yaml");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_resnet"))
        .args(["info", "--json", spec])
        .output()
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let info: &ModelInfo = digits::Network::INFO;
    assert_eq!(json["spec_hash"], info.spec_hash);
    assert_eq!(json["parameters"], info.parameter_count);
    assert_eq!(json["macs"], info.macs);
    assert_eq!(json["classes"], digits::CLASSES);
    assert_eq!(json["outputs"][0]["name"], info.outputs[0].name);
    assert_eq!(json["outputs"][0]["shape"][0], info.outputs[0].shape[0]);
    let memory = &json["memory"];
    assert_eq!(memory["workspace_per_thread"], 4 * info.sizes.workspace);
    assert!(info.sizes.workspace > 0);
    assert_eq!(memory["inference"]["fixed"], 4 * info.sizes.packed);
    let peak = 4 * info.training_plan.peak;
    assert_eq!(memory["training"]["peak_per_image"], peak);
    let algorithms = json["layers"].as_array().unwrap();
    let algorithms: Vec<_> = algorithms.iter().map(|layer| &layer["algorithm"]).collect();
    let expected: Vec<_> = info.layers.iter().map(|layer| layer.algorithm).collect();
    assert_eq!(algorithms, expected);
}
