//! As little as a program can be that runs a network: it loads ResNet-50's
//! weights, answers one image, and tells how long either took.
//!
//!     cargo run -p resnet-runtime --profile smallest --example smallest -- resnet50.safetensors

use std::time::Instant;

use resnet_runtime::{Error, resnet};

resnet!(
    "../specs/resnet50.yaml",
    training = false,
    algorithm = direct
);

fn main() -> Result<(), Error> {
    let Some(path) = std::env::args_os().nth(1) else {
        println!("which weights? smallest FILE.safetensors");
        return Ok(());
    };
    let start = Instant::now();
    let weights = resnet50::Weights::load(path)?;
    let loaded = start.elapsed();
    let mut model = resnet50::Model::new(&weights, 1, 2)?;
    let logits = model.forward(&vec![0.5; 3 * 224 * 224])?;
    let best = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
    println!(
        "class {}; loaded in {} ms, answered after {} ms",
        best.unwrap_or_default(),
        loaded.as_millis(),
        start.elapsed().as_millis()
    );
    Ok(())
}
