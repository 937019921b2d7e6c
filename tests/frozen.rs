//! Frozen layers: what training leaves as it is, to the bit, and what it costs.

use resnet_runtime::{Error, ModelInfo, Network, Optimizer, Parameters, Sgd, Trainer, resnet};

resnet!(whole = "tests/gradients/projection_max.yaml");
resnet!(
    tuned = "tests/gradients/projection_max.yaml",
    freeze = ["conv1", "bn1", "layer1"]
);
resnet!(
    head = "tests/gradients/projection_max.yaml",
    freeze = ["conv1", "bn1", "layer1", "layer2"]
);
resnet!(
    behind = "tests/gradients/projection_max.yaml",
    freeze = ["layer2", "fc"]
);
resnet!(
    before = "tests/gradients/pre_activation.yaml",
    freeze = ["stem", "stages", "norm"]
);

const BATCH: usize = 4;
const SGD: Optimizer = Optimizer::Sgd(Sgd {
    lr: 0.1,
    momentum: 0.9,
    weight_decay: 1e-2,
    l1: 0.0,
    nesterov: false,
});

fn images() -> Vec<f32> {
    let len = BATCH * whole::Network::INFO.input.iter().product::<usize>();
    (0..len).map(|i| (i as f32 * 0.37).sin()).collect()
}

/// Random parameters whose norms are not the identity.
fn parameters() -> Parameters {
    parameters_of(whole::Network::INFO)
}

fn parameters_of(info: &'static ModelInfo) -> Parameters {
    let mut parameters = Parameters::init(info, 3);
    for parameter in info.parameters.iter().filter(|p| p.shape.len() == 1) {
        let mut values = parameters.get(parameter.name).unwrap();
        let moved = values.iter_mut().zip(1u8..);
        moved.for_each(|(value, i)| *value += 0.3 / f32::from(i));
        parameters.set(parameter.name, &values).unwrap();
    }
    parameters
}

/// A few steps towards arbitrary outputs; gives the trainer after them.
fn trained<N: Network<Element = f32>>() -> Result<Trainer<N>, Error> {
    let mut trainer = Trainer::<N>::new(&parameters(), BATCH, 2)?;
    for _ in 0..3 {
        let outputs = trainer.forward(&images())?;
        let d_outputs: Vec<_> = outputs
            .iter()
            .zip(0u8..)
            .map(|(o, i)| o - f32::from(i % 3))
            .collect();
        trainer.backward(&d_outputs)?;
        trainer.update(&SGD)?;
    }
    Ok(trainer)
}

fn frozen_stay_and_others_move<N: Network<Element = f32>>() {
    let (before, trainer) = (parameters(), trained::<N>().unwrap());
    let after = trainer.parameters();
    let mut frozen = 0;
    for parameter in N::INFO.parameters {
        let name = parameter.name;
        let same = before.get(name) == after.get(name);
        assert_eq!(same, parameter.frozen, "{name}");
        let trains = !parameter.frozen && !parameter.role.is_running();
        assert_eq!(trainer.gradient(name).is_some(), trains, "{name}");
        assert_eq!(trainer.momentum(name).is_some(), trains, "{name}");
        frozen += usize::from(parameter.frozen);
    }
    assert!(frozen > 0);
}

#[test]
fn frozen_parameters_and_statistics_stay_to_the_bit() {
    frozen_stay_and_others_move::<tuned::Network>();
    frozen_stay_and_others_move::<head::Network>();
    frozen_stay_and_others_move::<behind::Network>();
}

#[test]
fn momenta_of_frozen_parameters_cannot_be_set() {
    let mut trainer = tuned::Trainer::new(&parameters(), 1, 1).unwrap();
    let len = parameters().get("bn1.weight").unwrap().len();
    assert!(trainer.set_momentum("bn1.weight", &vec![0.0; len]).is_err());
    let len = parameters().get("fc.bias").unwrap().len();
    trainer.set_momentum("fc.bias", &vec![1.0; len]).unwrap();
    assert_eq!(trainer.momentum("fc.bias").unwrap(), vec![1.0; len]);
}

/// With every batch norm frozen, training and inference compute the same.
#[test]
fn frozen_batch_norms_use_their_running_statistics() {
    let mut trainer = trained::<head::Network>().unwrap();
    let training = trainer.forward(&images()).unwrap().to_vec();
    let inference = trainer.evaluate(&images()).unwrap();
    for (a, b) in training.iter().zip(inference) {
        assert!((a - b).abs() <= 1e-4 * a.abs().max(1.0), "{a} and {b}");
    }
    let mut trainer = trained::<tuned::Network>().unwrap();
    let training = trainer.forward(&images()).unwrap().to_vec();
    let inference = trainer.evaluate(&images()).unwrap();
    let differ = |(a, b): (&f32, &f32)| (a - b).abs() > 1e-2;
    assert!(training.iter().zip(inference).any(differ));
}

/// Norms before convolutions can't be folded into weights: inference computes
/// them on their own.
#[test]
fn norms_before_their_convolutions() {
    let parameters = parameters_of(before::Network::INFO);
    let mut trainer = before::Trainer::new(&parameters, BATCH, 1).unwrap();
    let images = &images()[..BATCH * before::Network::INFO.input.iter().product::<usize>()];
    let training = trainer.forward(images).unwrap().to_vec();
    let weights = before::Weights::from_parameters(&parameters).unwrap();
    let mut model = before::Model::new(&weights, BATCH, 1).unwrap();
    for (a, b) in training.iter().zip(model.forward(images).unwrap()) {
        assert!((a - b).abs() <= 1e-4 * a.abs().max(1.0), "{a} and {b}");
    }
}

/// One spec's parameters fit all its modules, however each lays them out.
#[test]
fn parameters_move_between_modules_of_one_spec() {
    let tuned = trained::<tuned::Network>().unwrap();
    let weights = whole::Weights::from_parameters(&tuned.parameters()).unwrap();
    let mut model = whole::Model::new(&weights, BATCH, 1).unwrap();
    let mut evaluated = tuned;
    assert_eq!(
        model.forward(&images()).unwrap(),
        evaluated.evaluate(&images()).unwrap()
    );
    let again = behind::Trainer::new(&evaluated.parameters(), 1, 1).unwrap();
    assert_eq!(
        again.parameters().to_bytes(),
        evaluated.parameters().to_bytes()
    );
}

#[test]
fn frozen_layers_cost_less() {
    let [whole, tuned, head] = [
        whole::Network::INFO,
        tuned::Network::INFO,
        head::Network::INFO,
    ];
    assert_eq!(whole.sizes.trained, whole.sizes.master);
    assert_eq!(tuned.sizes.master, whole.sizes.master);
    assert!(head.sizes.trained < tuned.sizes.trained);
    assert!(tuned.sizes.trained < whole.sizes.trained);
    assert!(head.sizes.packed_backward < tuned.sizes.packed_backward);
    assert!(head.training_bytes(8, 1) < tuned.training_bytes(8, 1));
    assert!(tuned.training_bytes(8, 1) < whole.training_bytes(8, 1));
}
