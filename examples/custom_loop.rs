//! A training loop of one's own, with a loss of one's own: a small network
//! learns to answer as a larger one does (distillation).
//! `cargo run --release --example custom_loop`

use resnet_runtime::{Error, Network, Optimizer, Parameters, Sgd, resnet, softmax};

resnet!(teacher = "specs/cifar_resnet20.yaml", training = false);
resnet!(pupil = "examples/pupil.yaml");

const BATCH: usize = 8;
const IMAGE: usize = 3 * 32 * 32;
const CLASSES: usize = pupil::CLASSES;

/// Pictures of waves, the same for the same number.
fn batch(number: usize) -> Vec<f32> {
    let value = |i: usize| {
        let (image, pixel) = (i / IMAGE, i % IMAGE);
        ((pixel % 32 * (1 + (number + image) % 5)) as f32 / 9.0).sin()
    };
    (0..BATCH * IMAGE).map(value).collect()
}

/// Mean cross entropy between two softmaxes, and its gradient.
fn distillation(logits: &[f32], targets: &[f32], d_logits: &mut [f32]) -> f32 {
    let mut loss = 0.0;
    let mut given = [0.0; CLASSES];
    let rows = logits
        .chunks_exact(CLASSES)
        .zip(targets.chunks_exact(CLASSES));
    for ((logits, targets), d_logits) in rows.zip(d_logits.chunks_exact_mut(CLASSES)) {
        softmax(logits, &mut given);
        for ((d, given), wanted) in d_logits.iter_mut().zip(given).zip(targets) {
            *d = (given - wanted) / BATCH as f32;
            loss -= wanted * given.max(1e-12).ln() / BATCH as f32;
        }
    }
    loss
}

/// Runs it.
pub(crate) fn main() -> Result<(), Error> {
    let mut wise = teacher::Model::new(&teacher::Weights::init(1), BATCH, 2)?;
    let parameters = Parameters::init(pupil::Network::INFO, 2);
    let mut trainer = pupil::Trainer::new(&parameters, BATCH, 2)?;
    let mut sgd = Optimizer::from(Sgd {
        lr: 0.05,
        weight_decay: 1e-4,
        nesterov: true,
        ..Sgd::default()
    });
    let mut targets = vec![0.0; BATCH * CLASSES];
    let mut d_logits = vec![0.0; BATCH * CLASSES];
    for step in 0..40 {
        let images = batch(step);
        let answers = wise.forward(&images)?.chunks_exact(CLASSES);
        for (logits, targets) in answers.zip(targets.chunks_exact_mut(CLASSES)) {
            softmax(logits, targets);
        }
        sgd.set_lr(0.05 * (1.0 - step as f64 / 40.0));
        let loss = distillation(trainer.forward(&images)?, &targets, &mut d_logits);
        trainer.backward(&d_logits)?;
        trainer.update(&sgd)?;
        if step % 10 == 0 {
            println!("step {step}: loss {loss:.4}");
        }
    }
    Ok(())
}
