//! Networks of a library, used from another crate, and networks in other
//! places where the macro may stand.

mod portable;

use std::path::Path;

use resnet_compile_tests::{carried, halves, inner, measured, plain};
use resnet_runtime::{
    Algorithm, DynNetwork, Error, ModelInfo, Network, Parameters, Weights, resnet,
};

const WEIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/weights/digits.safetensors");

/// With `UPDATE_SNAPSHOTS` set, makes the file anew.
#[test]
fn the_embedded_file_holds_initial_parameters() {
    let parameters = Parameters::<f32>::init(inner::whole::Network::INFO, 11);
    let bytes = parameters.to_bytes();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(WEIGHTS, &bytes).unwrap();
    }
    assert_eq!(std::fs::read(WEIGHTS).unwrap(), bytes);
}

resnet!(direct = "../specs/digits.yaml", algorithm = direct);

/// The same parameters, packed for the portable kernels: whole, and cut off.
#[test]
fn the_packed_file_holds_them_too() {
    if !portable::kernels_run_here("the_packed_file_holds_them_too") {
        return;
    }
    let weights = direct::Weights::load(WEIGHTS).unwrap();
    let bytes = weights.to_packed_bytes();
    let cut = &bytes[..bytes.len() - 4];
    for (name, bytes) in [("digits.packed", &bytes[..]), ("cut.packed", cut)] {
        let path = Path::new(WEIGHTS).with_file_name(name);
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&path, bytes).unwrap();
        }
        assert_eq!(std::fs::read(path).unwrap(), bytes);
    }
}

#[test]
fn a_library_s_network_runs_in_another_crate() {
    let weights = plain::Weights::init(1);
    let mut model = plain::Model::new(&weights, 2, 1).unwrap();
    assert_eq!(model.forward(&[0.5; 2 * 60]).unwrap().len(), 8);
    let parameters = Parameters::init(plain::Network::INFO, 1);
    plain::Trainer::new(&parameters, 2, 1).unwrap();
}

#[test]
fn embedded_weights_are_those_of_the_file() {
    let images: Vec<f32> = (0..2 * 64).map(|i| (i as f32).cos()).collect();
    let embedded = carried::Weights::embedded().unwrap();
    let mut embedded = carried::Model::new(&embedded, 2, 1).unwrap();
    let loaded = inner::whole::Weights::load(WEIGHTS).unwrap();
    let mut loaded = inner::whole::Model::new(&loaded, 2, 1).unwrap();
    assert_eq!(
        embedded.forward(&images).unwrap(),
        loaded.forward(&images).unwrap()
    );
    let bytes = <carried::Network as resnet_runtime::Embedded>::WEIGHTS;
    assert!(bytes.as_ptr().addr().is_multiple_of(64));
    assert_eq!(bytes, std::fs::read(WEIGHTS).unwrap());
}

/// What `convert --dtype f16` makes of the file takes half the room, in the program
/// too, and gives nearly the same.
#[test]
fn embedded_weights_of_half_precision() {
    let images: Vec<f32> = (0..2 * 64).map(|i| (i as f32).cos()).collect();
    let whole = carried::Weights::embedded().unwrap();
    let mut whole = carried::Model::new(&whole, 2, 1).unwrap();
    let half = halves::Weights::embedded().unwrap();
    let mut half = halves::Model::new(&half, 2, 1).unwrap();
    let pairs = whole.forward(&images).unwrap().iter();
    let pairs = pairs.zip(half.forward(&images).unwrap());
    let (mut errors, mut squares) = (0.0, 0.0);
    for (whole, half) in pairs {
        errors += (whole - half).powi(2);
        squares += whole.powi(2);
    }
    let error = (errors / squares).sqrt();
    assert!(error > 0.0 && error < 2e-3, "{error}");

    let [whole, half] = [
        <carried::Network as resnet_runtime::Embedded>::WEIGHTS,
        <halves::Network as resnet_runtime::Embedded>::WEIGHTS,
    ];
    assert!(half.len() < whole.len() * 3 / 4);
}

#[test]
fn a_tuning_file_chooses_algorithms() {
    let algorithms = |info: &'static ModelInfo| -> Vec<_> {
        let chosen = info.layers.iter().filter(|layer| layer.output == [4, 8, 8]);
        chosen.map(|layer| (layer.name, layer.algorithm)).collect()
    };
    let winograd2 = Algorithm::Winograd2.name();
    let tuned = algorithms(measured::Network::INFO);
    assert_eq!(tuned[0].1, "direct", "the stem reads one channel");
    assert_eq!(
        tuned[1..].iter().filter(|(_, a)| *a == winograd2).count(),
        2
    );
    assert_ne!(tuned, algorithms(inner::whole::Network::INFO));
}

#[test]
fn batches_above_the_limit_are_refused() {
    assert_eq!(carried::MAX_BATCH, 3);
    let weights = carried::Weights::init(1);
    carried::Model::new(&weights, carried::MAX_BATCH, 1).unwrap();
    let refused = carried::Model::new(&weights, 4, 1).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "batch limit: found 4, expected 1 to 3, as digits was compiled for"
    );
}

#[test]
fn inference_only_networks_have_no_trainer() {
    let info = carried::Network::INFO;
    assert!(!info.trainable);
    assert_eq!(info.sizes.packed_backward + info.training_plan.peak, 0);
    let network: &dyn DynNetwork = &carried::Network;
    let parameters = Parameters::init(inner::whole::Network::INFO, 1);
    network.model(&parameters, 1, 1).unwrap();
    let refused = network.trainer(&parameters, 1, 1).map(|_| ()).unwrap_err();
    assert!(matches!(refused, Error::InferenceOnly { model: "digits" }));
    assert_eq!(
        refused.to_string(),
        "digits was compiled for inference only: \
         leave out `training = false` where `resnet!` compiles it to train it"
    );
}

#[test]
fn frozen_layers_of_a_library() {
    let names = inner::trained_names().unwrap();
    assert_eq!(names.first(), Some(&"layer2.0.conv1.weight"));
    assert_eq!(names.last(), Some(&"fc.bias"));
}

#[test]
fn the_macro_inside_a_function() {
    resnet!(here = "specs/digits.yaml", algorithm = winograd);
    fn classes<N: Network<Element = f32>>() -> usize {
        let weights = Weights::<N>::init(1);
        let mut model = resnet_runtime::Model::new(&weights, 1, 1).unwrap();
        model.forward(&[0.1; 64]).unwrap().len()
    }
    assert_eq!(classes::<here::Network>(), 10);
}
