//! A program that needs no file: its weights are in the binary, checked against
//! the spec while it is compiled. `cargo run --release --example embedded`
//!
//! Weights of half the size, by `convert w.safetensors h.safetensors --dtype f16`
//! of the network's binary, may be embedded just so.

use resnet_runtime::{Error, resnet, softmax};

resnet!(
    tiny = "tests/reference/onnx/tiny.yaml",
    weights = "tests/reference/onnx/tiny.safetensors",
    training = false,
    max_batch = 1
);

// What the program takes of memory is known here, and a spec that grew too large
// would not compile.
const BYTES: u64 = {
    use resnet_runtime::Network;
    tiny::Network::INFO.inference_bytes(1, 1)
};
const _: () = assert!(BYTES < 4 << 20);

/// Runs it.
pub(crate) fn main() -> Result<(), Error> {
    let weights = tiny::Weights::embedded()?;
    let mut model = tiny::Model::new(&weights, 1, 1)?;
    let mut probabilities = [0.0; tiny::CLASSES];
    softmax(model.forward(&[0.5; 3 * 16 * 16])?, &mut probabilities);
    println!("{BYTES} bytes of memory; probabilities {probabilities:.3?}");
    Ok(())
}
