//! A residual network that tells which way stripes run, and pictures to train
//! it on. Put your own spec in place of `specs/stripes.yaml`, and your own
//! pictures in place of [`batch`].

use resnet_runtime::{Error, Network, Optimizer, Parameters, Sgd, resnet, softmax_cross_entropy};

// Compiles the network while this crate is compiled.
resnet!(pub "specs/stripes.yaml");

/// Height and width of a picture.
const SIDE: usize = 16;

/// Pictures of stripes with some noise, and which way they run: the same for
/// the same number.
pub fn batch(number: u64, count: usize) -> (Vec<f32>, Vec<usize>) {
    // Knuth's linear congruential generator, its upper bits.
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32
    };
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let vertical = usize::from(random() < 0.5);
        let (width, start) = (2 + (random() * 3.0) as usize, (random() * 8.0) as usize);
        for row in 0..SIDE {
            for column in 0..SIDE {
                let along = if vertical == 1 { column } else { row };
                let bright = (along + start) / width % 2;
                images.push(bright as f32 - 0.5 + (random() - 0.5));
            }
        }
        labels.push(vertical);
    }
    (images, labels)
}

/// Trains for some steps; gives the parameters and the loss of the last step.
pub fn train(steps: u64, threads: usize) -> Result<(Parameters, f32), Error> {
    const BATCH: usize = 32;
    let parameters = Parameters::init(stripes::Network::INFO, 1);
    let mut trainer = stripes::Trainer::new(&parameters, BATCH, threads)?;
    let sgd = Optimizer::from(Sgd {
        lr: 0.05,
        weight_decay: 1e-4,
        nesterov: true,
        ..Sgd::default()
    });
    let mut loss = 0.0;
    let mut d_logits = vec![0.0; BATCH * stripes::CLASSES];
    for step in 0..steps {
        let (images, labels) = batch(step, BATCH);
        let logits = trainer.forward(&images)?;
        loss = softmax_cross_entropy(logits, &labels, stripes::CLASSES, &mut d_logits);
        trainer.backward(&d_logits)?;
        trainer.update(&sgd)?;
    }
    Ok((trainer.parameters(), loss))
}

/// The share of pictures that a model is right about.
pub fn accuracy(
    model: &mut stripes::Model,
    images: &[f32],
    labels: &[usize],
) -> Result<f64, Error> {
    let mut right = 0;
    let limit = model.batch_limit();
    for (images, labels) in images.chunks(limit * SIDE * SIDE).zip(labels.chunks(limit)) {
        let logits = model.forward(images)?.chunks_exact(stripes::CLASSES);
        for (logits, &label) in logits.zip(labels) {
            right += usize::from(logits[label] >= logits[1 - label]);
        }
    }
    Ok(right as f64 / labels.len() as f64)
}
