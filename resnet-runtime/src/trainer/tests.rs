//! Steps and evaluations of a network whose arithmetic is easy to follow.

use super::*;
use crate::fixture::{Tiny, images, parameters};
use crate::{DynNetwork, Model, Weights};

const SGD: Sgd = Sgd {
    lr: 0.5,
    momentum: 0.9,
    weight_decay: 0.0,
    nesterov: false,
};

fn trainer() -> Trainer<Tiny> {
    Trainer::new(&parameters(5.0, 1.0), 2, 1).unwrap()
}

#[test]
fn steps_and_evaluations_in_turn() {
    let mut trainer = trainer();
    let images = images();
    assert_eq!(
        trainer.evaluate(&images).unwrap(),
        [[11.0; 10], [16.0; 10]].concat()
    );
    assert_eq!(
        trainer.forward(&images).unwrap(),
        [[10.0; 10], [15.0; 10]].concat()
    );
    trainer.backward(&[[0.1; 10], [0.2; 10]].concat()).unwrap();
    // 2 * 10 * 0.1 + 3 * 10 * 0.2, and everything else untouched.
    let gradient = trainer.gradient("conv1.weight").unwrap();
    assert!((gradient[0] - 8.0).abs() < 1e-5 && gradient[1..].iter().all(|&g| g == 0.0));
    // The running mean moved, and then the weight: evaluation sees both.
    assert_eq!(trainer.evaluate(&images[..105]).unwrap(), [12.0; 10]);
    trainer.update(&SGD).unwrap();
    let momentum = trainer.momentum("conv1.weight").unwrap();
    assert_eq!(momentum, gradient);
    let weight = trainer.parameters().get("conv1.weight").unwrap()[0];
    assert!((weight - 1.0).abs() < 1e-5);
    let expected = weight * 2.0 + 2.0;
    assert_eq!(trainer.evaluate(&images[..105]).unwrap(), [expected; 10]);
    assert_eq!(trainer.forward(&images[..105]).unwrap(), [weight * 2.0; 10]);
    assert_eq!(trainer.parameters().batches_tracked(), 2);
    // A model of the same parameters agrees with evaluation.
    let weights = Weights::<Tiny>::from_parameters(&trainer.parameters()).unwrap();
    let mut model = Model::new(&weights, 1, 1).unwrap();
    assert_eq!(
        model.forward(&images[..105]).unwrap(),
        trainer.evaluate(&images[..105]).unwrap()
    );
}

#[test]
fn backward_needs_its_forward() {
    let mut trainer = trainer();
    let refused = |trainer: &mut Trainer<Tiny>| {
        let error = trainer.backward(&[0.0; 10]).unwrap_err();
        assert!(matches!(error, Error::BackwardBeforeForward));
    };
    refused(&mut trainer);
    trainer.forward(&images()[..105]).unwrap();
    let error = trainer.backward(&[0.0; 20]).unwrap_err();
    let expected = "gradient of `logits`: found 20 elements, expected 10 ([1, 10])";
    assert_eq!(error.to_string(), expected);
    trainer.backward(&[0.0; 10]).unwrap();
    refused(&mut trainer);
    trainer.forward(&images()[..105]).unwrap();
    trainer.evaluate(&images()).unwrap();
    refused(&mut trainer);
    trainer.forward(&images()[..105]).unwrap();
    trainer.update(&SGD).unwrap();
    refused(&mut trainer);
}

#[test]
fn gradients_of_outputs_by_name() {
    let mut trainer = trainer();
    let images = images();
    trainer.forward(&images).unwrap();
    assert_eq!(trainer.output("map"), Some(&[5.0; 12][..]));
    let (logits, map) = (trainer.output("logits").unwrap().to_vec(), [0.5; 12]);
    assert_eq!(logits, [[10.0; 10], [15.0; 10]].concat());
    assert_eq!(trainer.outputs().count(), 2);
    let weight = |trainer: &Trainer<Tiny>| trainer.gradient("conv1.weight").unwrap()[0];
    trainer.backward_outputs(&[("map", &map)]).unwrap();
    assert_eq!(weight(&trainer), 6.0);
    trainer.forward(&images).unwrap();
    trainer
        .backward_outputs(&[("map", &map), ("logits", &[1.0; 20])])
        .unwrap();
    assert_eq!(weight(&trainer), 56.0);
    trainer.forward(&images).unwrap();
    trainer.backward_outputs(&[]).unwrap();
    assert_eq!(weight(&trainer), 0.0);
    // They stay until the next run.
    trainer.update(&SGD).unwrap();
    assert_eq!(trainer.output("logits"), Some(&logits[..]));
}

#[test]
fn gradients_that_fit_no_output() {
    let mut trainer = trainer();
    trainer.forward(&images()).unwrap();
    let mut refused = |gradients: &[(&str, &[f32])]| {
        let error = trainer.backward_outputs(gradients).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        refused(&[("maps", &[0.0; 12])]),
        "tiny has no output `maps`, only `logits`, `map`"
    );
    assert_eq!(
        refused(&[("map", &[0.0; 12]), ("map", &[0.0; 12])]),
        "gradient of `map`: given twice; add them up first"
    );
    assert_eq!(
        refused(&[("logits", &[0.0; 20]), ("map", &[0.0; 6])]),
        "gradient of `map`: found 6 elements, expected 12 ([2, 2, 1, 3])"
    );
    // None of them used the activations up.
    trainer.backward(&[0.0; 20]).unwrap();
}

#[test]
fn resumed_momentum() {
    let mut trainer = Tiny.trainer(&parameters(5.0, 1.0), 2, 1).unwrap();
    let values: Vec<f32> = (0..459).map(|i| i as f32).collect();
    trainer.set_momentum("conv1.weight", &values).unwrap();
    assert_eq!(trainer.momentum("conv1.weight").unwrap(), values);
    assert_eq!(trainer.momentum("bn1.running_mean"), None);
    assert_eq!(trainer.gradient("bn1.running_var"), None);
    assert!(
        trainer
            .set_momentum("bn1.running_mean", &[0.0; 17])
            .is_err()
    );
    assert!(trainer.set_momentum("conv1.weight", &[0.0]).is_err());
}
