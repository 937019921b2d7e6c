//! Trains a network in a moment, saves it, loads it back and asks it.

use PROJECT_CRATE::{accuracy, batch, stripes, train};
use resnet_runtime::{Error, softmax};

fn main() -> Result<(), Error> {
    let (parameters, loss) = train(60, 2)?;
    println!("trained: the last loss is {loss:.4}");
    parameters.save("stripes.safetensors")?;

    let weights = stripes::Weights::load("stripes.safetensors")?;
    let mut model = stripes::Model::new(&weights, 16, 2)?;
    let (images, labels) = batch(1 << 32, 200);
    let share = accuracy(&mut model, &images, &labels)?;
    println!("right about {:.1}% of 200 new pictures", 100.0 * share);

    let (image, _) = batch(7, 1);
    let mut probabilities = [0.0; stripes::CLASSES];
    softmax(model.forward(&image)?, &mut probabilities);
    for (name, probability) in stripes::CLASS_NAMES.iter().zip(probabilities) {
        println!("{name:>10}: {:.1}%", 100.0 * probability);
    }
    Ok(())
}
