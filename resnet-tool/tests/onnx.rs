//! ONNX both ways. Models are PyTorch's, by `tests/reference/onnx_models.py`,
//! which also checks full-size networks with ONNX Runtime.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use resnet_compiler::emit::{Network, Summary, summary};
use resnet_compiler::source::Source;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/reference/onnx");
    folder.join(name).display().to_string()
}

/// What a call prints, or its messages and code.
fn resnet(args: &[&str]) -> Result<String, (String, Option<i32>)> {
    let output = Command::new(env!("CARGO_BIN_EXE_resnet"))
        .args(args)
        .output();
    let output = output.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    match output.status.success() {
        true => Ok(text(output.stdout)),
        false => Err((text(output.stderr), output.status.code())),
    }
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// Imports a model; gives the spec.
    fn import(&self, model: &str) -> String {
        let (spec, weights) = (self.path("m.yaml"), self.path("m.safetensors"));
        let args = ["import", model, "-o", &spec, "--weights", &weights];
        resnet(&[&args[..], &["--name", "tiny_onnx"]].concat()).unwrap();
        fs::read_to_string(spec).unwrap()
    }

    fn tensors(&self) -> BTreeMap<String, (Vec<usize>, Vec<u8>)> {
        tensors(&self.path("m.safetensors"))
    }
}

fn tensors(path: &str) -> BTreeMap<String, (Vec<usize>, Vec<u8>)> {
    let bytes = fs::read(PathBuf::from(path)).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensors = file.iter();
    tensors
        .map(|(name, tensor)| {
            let (shape, data) = (tensor.shape().to_vec(), tensor.data().to_vec());
            (name.to_owned(), (shape, data))
        })
        .collect()
}

/// The spec and the weights that the root package's tests run.
#[test]
fn imports_what_pytorch_exports() {
    let folder = Folder::new();
    let spec = folder.import(&fixture("opset13.onnx"));
    let expected = fs::read_to_string(fixture("tiny.yaml")).unwrap();
    assert_eq!(spec, expected);
    assert_eq!(folder.tensors(), tensors(&fixture("tiny.safetensors")));

    // With norms that aren't folded, and by the newer exporter.
    let spec = folder.import(&fixture("training.onnx"));
    assert!(spec.contains("{name: bn1, norm: batch}"), "{spec}");
    let spec = folder.import(&fixture("dynamo.onnx"));
    assert_eq!(spec.lines().count(), expected.lines().count());
    let weights =
        |tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)>| tensors.into_keys().collect::<Vec<_>>();
    assert_eq!(
        weights(folder.tensors()),
        weights(tensors(&fixture("tiny.safetensors")))
    );
}

#[test]
fn tells_all_that_it_cannot_import() {
    let (message, code) = resnet(&["import", &fixture("unknown.onnx")]).unwrap_err();
    assert_eq!(code, Some(1));
    for part in [
        "unknown.onnx: 3 parts of the model cannot be imported",
        "`/Clip` (Clip): no layer does this",
        "`/DepthToSpace` (DepthToSpace)",
        "`/Softmax` (Softmax)",
    ] {
        assert!(message.contains(part), "`{part}` missing in {message}");
    }
    let folder = Folder::new();
    let whole = fs::read(fixture("opset13.onnx")).unwrap();
    let cut = folder.path("cut.onnx");
    for len in (0..whole.len()).step_by(101) {
        fs::write(&cut, &whole[..len]).unwrap();
        let (message, code) = resnet(&["import", &cut]).unwrap_err();
        assert!(code == Some(1) && message.contains("cut.onnx"), "{message}");
    }
}

/// What is exported comes back as it was.
#[test]
fn exports_what_it_imports() {
    let folder = Folder::new();
    let model = folder.path("again.onnx");
    let (spec, weights) = (fixture("tiny.yaml"), fixture("tiny.safetensors"));
    resnet(&["graph", &spec, "--weights", &weights, "-o", &model]).unwrap();
    assert_eq!(folder.import(&model), fs::read_to_string(&spec).unwrap());
    assert_eq!(folder.tensors(), tensors(&weights));
}

/// Every kind of layer there is: the networks that are compared with PyTorch.
#[test]
fn every_network_that_is_exported_comes_back() {
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/reference/specs");
    let mut count = 0;
    for entry in fs::read_dir(specs).unwrap() {
        let folder = Folder::new();
        let spec = entry.unwrap().path();
        let weights = folder.path("w.safetensors");
        let network = analyse(&spec);
        save_random(&network, &weights);
        let model = folder.path("m.onnx");
        let spec = spec.display().to_string();
        for fold in [None, Some("--fold")] {
            let args = ["graph", &spec, "--weights", &weights, "-o", &model];
            resnet(&args.into_iter().chain(fold).collect::<Vec<_>>()).unwrap();
            folder.import(&model);
            let again = analyse(Path::new(&folder.path("m.yaml")));
            let (found, expected) = (summary(&again), summary(&network));
            assert_eq!(found.macs, expected.macs, "{spec}");
            let shapes = |summary: &Summary| -> Vec<_> {
                let outputs = summary.outputs.iter();
                outputs.map(|output| output.shape).collect()
            };
            assert_eq!(shapes(&found), shapes(&expected), "{spec}");
            if fold.is_none() {
                assert_eq!(folder.tensors(), tensors(&weights), "{spec}");
            }
        }
        count += 1;
    }
    assert!(count > 40);
}

fn analyse(spec: &Path) -> Network {
    let shown = spec.display().to_string();
    let source = Source::new(&shown, &fs::read_to_string(spec).unwrap());
    resnet_compiler::analyse(&source).unwrap()
}

/// Weights that differ from one another, and variances above zero.
fn save_random(network: &Network, path: &str) {
    let mut values = (1..).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 8) as f32);
    let parameters = network.inference.graph.parameters();
    let data: Vec<_> = parameters
        .iter()
        .map(|parameter| {
            let values = values.by_ref().take(parameter.len());
            let bytes: Vec<u8> = values
                .flat_map(|value| (value / 16_777_216.0 + 0.01).to_le_bytes())
                .collect();
            (parameter, bytes)
        })
        .collect();
    let views = data.iter().map(|(parameter, bytes)| {
        let shape = parameter.shape.clone();
        let view = TensorView::new(Dtype::F32, shape, bytes).unwrap();
        (parameter.name.as_str(), view)
    });
    let bytes = safetensors::serialize(views, None).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Shortcuts without parameters in all the ways that people write them, and a
/// blur pool, by both of PyTorch's exporters.
#[test]
fn imports_shortcuts_and_blur_pools_of_pytorch() {
    for name in ["shortcuts", "shortcuts_dynamo"] {
        let folder = Folder::new();
        let spec = folder.import(&fixture(&format!("{name}.onnx")));
        for part in [
            "subsample: {channels: 6, stride: 2}",
            "subsample: {channels: 12}",
            "conv: {channels: 16, kernel: 1}",
            "blur_pool: {kernel: 3, stride: 2}",
            "activation: gelu",
        ] {
            assert!(spec.contains(part), "`{part}` missing in {spec}");
        }
    }
}

#[test]
fn folding_leaves_no_norm() {
    let folder = Folder::new();
    let spec = folder.import(&fixture("training.onnx"));
    assert!(spec.contains("bn1"));
    let (spec, weights) = (folder.path("m.yaml"), folder.path("m.safetensors"));
    let model = folder.path("folded.onnx");
    let args = [
        "graph",
        &spec,
        "--weights",
        &weights,
        "--fold",
        "-o",
        &model,
    ];
    resnet(&args).unwrap();
    let spec = folder.import(&model);
    assert!(!spec.contains("norm"), "{spec}");
    // PyTorch folded the same norm when it exported the fixture.
    let (found, expected) = (folder.tensors(), tensors(&fixture("tiny.safetensors")));
    for (name, (shape, data)) in expected {
        let (found_shape, found) = &found[&name];
        assert_eq!(*found_shape, shape, "{name}");
        let numbers = |data: &[u8]| -> Vec<f32> {
            let (fours, _) = data.as_chunks::<4>();
            fours.iter().map(|four| f32::from_le_bytes(*four)).collect()
        };
        for (a, b) in numbers(found).iter().zip(numbers(&data)) {
            assert!((a - b).abs() <= 1e-6 * b.abs().max(1.0), "{name}: {a} {b}");
        }
    }
}

#[test]
fn exports_need_weights_that_fit() {
    let folder = Folder::new();
    let (spec, model) = (fixture("tiny.yaml"), folder.path("m.onnx"));
    let (message, code) = resnet(&["graph", &spec, "-o", &model]).unwrap_err();
    assert!(
        code == Some(2) && message.contains("--weights"),
        "{message}"
    );
    let weights = fixture("expected.safetensors");
    let args = ["graph", &spec, "--weights", &weights, "-o", &model];
    let (message, code) = resnet(&args).unwrap_err();
    assert!(
        code == Some(1) && message.contains("conv1.weight: missing"),
        "{message}"
    );
    let args = ["graph", &spec, "--weights", &weights, "--format", "svg"];
    let (message, code) = resnet(&args).unwrap_err();
    assert!(
        code == Some(2) && message.contains("--format onnx"),
        "{message}"
    );
}
