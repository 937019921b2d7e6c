//! A network that came from ONNX gives the logits of the one that it was
//! exported from.
//!
//! `tests/reference/onnx_models.py` exported it from PyTorch; that
//! `resnet import` makes this spec and these weights of it, the tool's tests show.

use resnet_runtime::resnet;
use safetensors::SafeTensors;

resnet!(
    "tests/reference/onnx/tiny.yaml",
    weights = "tests/reference/onnx/tiny.safetensors",
    training = false
);

#[test]
fn logits_as_in_pytorch() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/reference/onnx/expected.safetensors"
    );
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let read = |name| -> Vec<f32> {
        let tensor = file.tensor(name).unwrap();
        let (fours, _) = tensor.data().as_chunks::<4>();
        fours.iter().map(|four| f32::from_le_bytes(*four)).collect()
    };
    let weights = tiny_onnx::Weights::embedded().unwrap();
    let mut model = tiny_onnx::Model::new(&weights, 1, 1).unwrap();
    let logits = model.forward(&read("x")).unwrap();
    for (found, expected) in logits.iter().zip(read("logits")) {
        assert!((found - expected).abs() < 1e-5, "{found} {expected}");
    }
}
