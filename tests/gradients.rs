//! Every gradient against finite differences, in double precision, through the
//! same emitted code and the same seam that single precision runs through.

use resnet_runtime::{Error, Network, Parameters, Trainer, resnet};

resnet!("tests/gradients/projection_max.yaml", element = f64);
resnet!("tests/gradients/identity_plain_stem.yaml", element = f64);
resnet!("tests/gradients/bottleneck_average.yaml", element = f64);
resnet!("tests/gradients/plain.yaml", element = f64);

const STEP: f64 = 1e-6;
const ABSOLUTE: f64 = 1e-5;
const RELATIVE: f64 = 1e-3;
const BATCH: usize = 3;
/// Elements tried in each parameter.
const TRIED: usize = 9;

/// Numbers in [-1, 1) that look random and are always the same.
fn noise(seed: u64, len: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// A weighted sum of the outputs of a training-mode forward pass, and its weights.
fn loss<N: Network<Element = f64>>(
    parameters: &Parameters<f64>,
    images: &[f64],
) -> Result<(Trainer<N>, f64, Vec<f64>), Error> {
    let mut trainer = Trainer::<N>::new(parameters, BATCH, 2)?;
    let outputs = trainer.forward(images)?;
    let weights = noise(5, outputs.len());
    let loss = outputs.iter().zip(&weights).map(|(o, w)| o * w).sum();
    Ok((trainer, loss, weights))
}

fn check<N: Network<Element = f64>>() -> Result<(), Error> {
    let info = N::INFO;
    let images = noise(1, BATCH * info.input.iter().product::<usize>());
    let mut parameters = Parameters::init(info, 7);
    // Norms and biases away from their special initial values.
    for (i, parameter) in info.parameters.iter().enumerate() {
        let mut values = parameters.get(parameter.name).unwrap();
        let moved = noise(100 + i as u64, values.len());
        values
            .iter_mut()
            .zip(moved)
            .for_each(|(v, m)| *v += 0.2 * m);
        parameters.set(parameter.name, &values)?;
    }
    let (mut trainer, _, weights) = loss::<N>(&parameters, &images)?;
    trainer.backward(&weights)?;
    let mut largest: f64 = 0.0;
    for parameter in info.parameters.iter().filter(|p| !p.role.is_running()) {
        let name = parameter.name;
        let gradient = trainer.gradient(name).unwrap();
        let values = parameters.get(name).unwrap();
        for element in (0..values.len()).step_by(values.len().div_ceil(TRIED)) {
            let mut at = |delta: f64| -> Result<f64, Error> {
                let mut moved = values.clone();
                moved[element] += delta;
                parameters.set(name, &moved)?;
                Ok(loss::<N>(&parameters, &images)?.1)
            };
            let numeric = (at(STEP)? - at(-STEP)?) / (2.0 * STEP);
            let found = gradient[element];
            let error = (found - numeric).abs();
            let model = info.name;
            assert!(
                error <= ABSOLUTE + RELATIVE * numeric.abs(),
                "{model}: {name}[{element}] is {found}, finite differences say {numeric}"
            );
            largest = largest.max(found.abs());
        }
        parameters.set(name, &values)?;
    }
    assert!(
        largest > 0.1,
        "{}: gradients that all vanish prove nothing",
        info.name
    );
    Ok(())
}

#[test]
fn projection_shortcuts_and_max_pool() {
    check::<projection_max::Network>().unwrap();
}

#[test]
fn identity_shortcuts() {
    check::<identity_plain_stem::Network>().unwrap();
}

#[test]
fn bottlenecks_and_average_pool() {
    check::<bottleneck_average::Network>().unwrap();
}

#[test]
fn plain_networks() {
    check::<plain::Network>().unwrap();
}
