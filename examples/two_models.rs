//! Two networks in one program, and one network for two threads: weights are
//! shared, arenas are not. `cargo run --release --example two_models`

use std::thread;

use resnet_runtime::{DynNetwork, Error, Parameters, resnet};

resnet!(digits = "specs/digits.yaml", training = false);
resnet!(cifar = "specs/cifar_resnet20.yaml", training = false);

/// Whatever the network, through its trait object.
fn describe(network: &dyn DynNetwork) -> Result<(), Error> {
    let info = network.info();
    let mut model = network.model(&Parameters::init(info, 1), 1, 1)?;
    let image = vec![0.5; info.input.iter().product()];
    let logits = model.forward(&image)?;
    println!(
        "{}: {} parameters, {} logits",
        info.name,
        info.parameter_count,
        logits.len()
    );
    Ok(())
}

/// Runs it.
pub(crate) fn main() -> Result<(), Error> {
    describe(&digits::Network)?;
    describe(&cifar::Network)?;

    let model = cifar::Model::new(&cifar::Weights::init(1), 1, 1)?;
    thread::scope(|scope| {
        for number in 0..2 {
            let mut model = model.fork();
            scope.spawn(move || {
                let image = vec![number as f32; 3 * 32 * 32];
                if let Ok(logits) = model.forward(&image) {
                    println!("thread {number}: {:.3?}", &logits[..3]);
                }
            });
        }
    });
    Ok(())
}
