//! Every gradient against finite differences, in double precision, through the
//! same emitted code and the same seam that single precision runs through.

use resnet_runtime::{Error, Network, Parameters, Trainer, resnet};

resnet!("tests/gradients/projection_max.yaml", element = f64);
resnet!("tests/gradients/identity_plain_stem.yaml", element = f64);
resnet!("tests/gradients/bottleneck_average.yaml", element = f64);
resnet!("tests/gradients/plain.yaml", element = f64);
resnet!(
    frozen_first = "tests/gradients/projection_max.yaml",
    element = f64,
    freeze = ["conv1", "bn1", "layer1"]
);
resnet!(
    frozen_between = "tests/gradients/projection_max.yaml",
    element = f64,
    freeze = ["layer1.0.bn1", "layer2"]
);
resnet!(
    frozen_last = "tests/gradients/bottleneck_average.yaml",
    element = f64,
    freeze = ["layer1.0", "layer2", "fc"]
);
resnet!("tests/gradients/layers.yaml", element = f64);
resnet!("tests/gradients/every_operator.yaml", element = f64);
resnet!("tests/gradients/activations.yaml", element = f64);
// What the compiler emits for a graph of five outputs that was built by hand.
include!("../resnet-macros/compiler/tests/snapshots/several_outputs.rs");

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

/// Names of outputs and the weights of their values in a loss.
type Weights = Vec<(&'static str, Vec<f64>)>;

/// A weighted sum of the named outputs of a training-mode forward pass, and its
/// weights.
fn loss<N: Network<Element = f64>>(
    parameters: &Parameters<f64>,
    images: &[f64],
    named: &[&str],
) -> Result<(Trainer<N>, f64, Weights), Error> {
    let mut trainer = Trainer::<N>::new(parameters, BATCH, 2)?;
    trainer.forward(images)?;
    let outputs = trainer.outputs().zip(5..);
    let outputs = outputs.filter(|((name, _), _)| named.contains(name));
    let (mut loss, mut all) = (0.0, Vec::new());
    for ((name, values), seed) in outputs {
        let weights = noise(seed, values.len());
        loss += values.iter().zip(&weights).map(|(v, w)| v * w).sum::<f64>();
        all.push((name, weights));
    }
    Ok((trainer, loss, all))
}

/// Gradients of a loss of all outputs.
fn check<N: Network<Element = f64>>() -> Result<(), Error> {
    let outputs = N::INFO.outputs.iter();
    check_outputs::<N>(&outputs.map(|output| output.name).collect::<Vec<_>>())
}

/// Gradients of a loss of the named outputs.
fn check_outputs<N: Network<Element = f64>>(named: &[&str]) -> Result<(), Error> {
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
    let (mut trainer, _, weights) = loss::<N>(&parameters, &images, named)?;
    match &weights[..] {
        // What those with a single output will call.
        [(first, weights)] if *first == info.outputs[0].name => trainer.backward(weights)?,
        _ => {
            let weights: Vec<_> = weights.iter().map(|(name, w)| (*name, &w[..])).collect();
            trainer.backward_outputs(&weights)?;
        }
    }
    let mut largest: f64 = 0.0;
    for parameter in info.parameters.iter().filter(|p| p.is_trained()) {
        let name = parameter.name;
        let gradient = trainer.gradient(name).unwrap();
        let values = parameters.get(name).unwrap();
        for element in (0..values.len()).step_by(values.len().div_ceil(TRIED)) {
            let mut at = |delta: f64| -> Result<f64, Error> {
                let mut moved = values.clone();
                moved[element] += delta;
                parameters.set(name, &moved)?;
                Ok(loss::<N>(&parameters, &images, named)?.1)
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
fn frozen_layers_before_between_and_after_trained_ones() {
    check::<frozen_first::Network>().unwrap();
    check::<frozen_between::Network>().unwrap();
    check::<frozen_last::Network>().unwrap();
}

#[test]
fn plain_networks() {
    check::<plain::Network>().unwrap();
}

/// Every trainer's first step makes the same draws.
#[test]
fn gates_concatenation_blurs_and_chance() {
    check::<every_operator::Network>().unwrap();
}

#[test]
fn several_outputs_together_and_alone() {
    check::<several_outputs::Network>().unwrap();
    for named in [&["logits"][..], &["stem"], &["again", "embedding"]] {
        check_outputs::<several_outputs::Network>(named).unwrap();
    }
}

/// Outputs of inference and of training, the same values under two names.
#[test]
fn several_outputs_by_name() {
    let (info, images) = (several_outputs::Network::INFO, noise(1, 2 * 3 * 7 * 5));
    let weights = several_outputs::Weights::init(3);
    let mut model = several_outputs::Model::new(&weights, BATCH, 2).unwrap();
    let logits = model.forward(&images).unwrap().to_vec();
    assert_eq!(model.output("logits"), Some(&logits[..]));
    assert_eq!(model.output("features"), model.output("again"));
    assert_eq!(model.output("conv1"), None);
    let shapes: Vec<_> = info.outputs.iter().map(|o| o.batch_shape(2)).collect();
    for ((_, values), shape) in model.outputs().zip(shapes) {
        assert_eq!(values.len(), shape.iter().product::<usize>());
        assert!(values.iter().any(|value| *value != 0.0));
    }
    // The last norm starts at zero: the block starts as its shortcut.
    assert_eq!(model.output("features"), model.output("stem"));
    let features = model.output("features").unwrap();
    let means: Vec<f64> = features
        .chunks_exact(35)
        .map(|plane| plane.iter().sum::<f64>() / 35.0)
        .collect();
    for (found, expected) in model.output("embedding").unwrap().iter().zip(&means) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
    let parameters = Parameters::init(info, 3);
    let mut trainer = several_outputs::Trainer::new(&parameters, BATCH, 1).unwrap();
    trainer.evaluate(&images).unwrap();
    for (name, values) in model.outputs() {
        assert_eq!(trainer.output(name), Some(values), "{name}");
    }
    const { assert!(several_outputs::CLASSES == 5 && several_outputs::OUTPUTS.len() == 5) };
    assert_eq!(several_outputs::CLASS_NAMES[3], "fox");
    assert_eq!(several_outputs::PREPROCESSING, info.preprocessing);
    assert_eq!(info.preprocessing.crop, Some([7, 5]));
}

#[test]
fn layers_by_name() {
    check::<layers::Network>().unwrap();
}

#[test]
fn smooth_activations() {
    check::<activations::Network>().unwrap();
}
