//! Fine-tuning: weights of a network for ten classes become those of one for
//! two. The head is new, the first layers stay as they are, and what comes out is
//! saved for PyTorch and for `digits`. `cargo run --release --example fine_tune`

use resnet_runtime::{
    Error, Network, Optimizer, Parameters, Sgd, resnet, softmax_cross_entropy, write_atomically,
};

// The same network but for its classes; of the frozen layers there is no backward.
resnet!(ten = "specs/digits.yaml");
resnet!(
    tuned = "examples/odd_or_even.yaml",
    freeze = ["conv1", "bn1", "layer1"]
);

const BATCH: usize = 16;

/// Pictures of bars, and whether their number is odd.
fn batch() -> (Vec<f32>, Vec<usize>) {
    let value = |i: usize| {
        let (image, column) = (i / 64, i % 8);
        // A bar at every second column, as many as the picture's number.
        if column % 2 == 0 && column / 2 <= image % 4 {
            1.0
        } else {
            0.0
        }
    };
    let labels = (0..BATCH).map(|image| (image % 4 + 1) % 2);
    ((0..BATCH * 64).map(value).collect(), labels.collect())
}

/// Runs it.
pub(crate) fn main() -> Result<(), Error> {
    // What `ten` was trained to, from its file; here as it starts.
    let file = Parameters::<f32>::init(ten::Network::INFO, 1).to_bytes();
    let parameters = Parameters::from_bytes_with_new_head(tuned::Network::INFO, &file, 7)?;

    let mut trainer = tuned::Trainer::new(&parameters, BATCH, 2)?;
    let sgd = Optimizer::from(Sgd {
        lr: 0.02,
        weight_decay: 1e-4,
        nesterov: true,
        ..Sgd::default()
    });
    let (images, labels) = batch();
    let mut d_logits = vec![0.0; BATCH * tuned::CLASSES];
    for step in 0..=30 {
        let logits = trainer.forward(&images)?;
        let loss = softmax_cross_entropy(logits, &labels, tuned::CLASSES, &mut d_logits);
        trainer.backward(&d_logits)?;
        trainer.update(&sgd)?;
        if step % 10 == 0 {
            println!("step {step}: loss {loss:.4}");
        }
    }
    let tuned = trainer.parameters();
    assert_eq!(tuned.get("conv1.weight"), parameters.get("conv1.weight"));
    let path = std::env::temp_dir().join("odd_or_even.safetensors");
    write_atomically(&path, &tuned.to_bytes())?;
    println!("saved as {}", path.display());
    Ok(())
}
