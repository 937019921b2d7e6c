//! A feature extractor: named outputs beside the logits, and how alike two
//! pictures are to the network. `cargo run --release --example features`

use resnet_runtime::{Error, resnet};

resnet!("examples/features.yaml", training = false);

/// The cosine of the angle between two vectors.
fn likeness(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Runs it.
pub(crate) fn main() -> Result<(), Error> {
    let mut model = features::Model::new(&features::Weights::init(3), 3, 1)?;
    // A picture, the same a little brighter, and its mirror image.
    let picture: Vec<f32> = (0..64).map(|i| (i * 7 % 13) as f32 / 13.0).collect();
    let brighter = picture.iter().map(|pixel| pixel + 0.05);
    let mirrored = picture.iter().rev().copied();
    let images: Vec<f32> = picture
        .iter()
        .copied()
        .chain(brighter)
        .chain(mirrored)
        .collect();

    model.forward(&images)?;
    for (name, values) in model.outputs() {
        println!("{name}: {} values for 3 pictures", values.len());
    }
    let embedding = model.output("embedding").unwrap_or_default();
    let [a, b, c] = [0, 1, 2].map(|i| &embedding[i * 32..][..32]);
    println!(
        "brighter: {:.4}, mirrored: {:.4}",
        likeness(a, b),
        likeness(a, c)
    );
    Ok(())
}
