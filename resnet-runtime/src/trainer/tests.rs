//! Steps and evaluations of a network whose arithmetic is easy to follow.

use super::*;
use crate::fixture::{Tiny, images, parameters};
use crate::{AdamW, DynNetwork, Model, Sgd, Weights};

const SGD: Optimizer = Optimizer::Sgd(Sgd {
    lr: 0.5,
    momentum: 0.9,
    weight_decay: 0.0,
    l1: 0.0,
    nesterov: false,
});

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

/// Gradients of `conv1.weight[0]` for `d_logits` of a factor: 8 times it.
fn backward(trainer: &mut Trainer<Tiny>, factor: f32) {
    trainer.forward(&images()).unwrap();
    let d_logits = [[0.1 * factor; 10], [0.2 * factor; 10]].concat();
    trainer.backward(&d_logits).unwrap();
}

fn first(values: Option<Vec<f32>>) -> f32 {
    values.unwrap()[0]
}

#[test]
fn clipped_gradients() {
    let mut trainer = trainer();
    backward(&mut trainer, 1.0);
    assert!((trainer.clip_gradients(10.0) - 8.0).abs() < 1e-5);
    assert!((trainer.gradient_norm() - 8.0).abs() < 1e-5);
    assert!((trainer.clip_gradients(2.0) - 8.0).abs() < 1e-5);
    assert!((first(trainer.gradient("conv1.weight")) - 2.0).abs() < 1e-5);
    backward(&mut trainer, f32::INFINITY);
    assert!(!trainer.clip_gradients(2.0).is_finite());
    assert_eq!(first(trainer.gradient("conv1.weight")), f32::INFINITY);
}

#[test]
fn accumulated_gradients() {
    let mut trainer = trainer();
    for factor in [1.0, 0.5] {
        backward(&mut trainer, factor);
        trainer.accumulate().unwrap();
    }
    backward(&mut trainer, 0.25);
    let sum = first(trainer.gradient("conv1.weight"));
    assert!((sum - 14.0).abs() < 1e-5, "{sum}");
    // And then no more.
    backward(&mut trainer, 0.25);
    let single = first(trainer.gradient("conv1.weight"));
    assert!((single - 2.0).abs() < 1e-5, "{single}");
}

#[test]
fn averages() {
    let mut trainer = trainer();
    let image = &images()[..105];
    assert!(trainer.averaged().is_none());
    assert_eq!(trainer.evaluate_averaged(image).unwrap(), [11.0; 10]);
    trainer.average(0.75).unwrap();
    backward(&mut trainer, 1.0);
    trainer.update(&SGD).unwrap();
    trainer.average(0.75).unwrap();
    // The weight went from 5 to 1, the running mean from 1 to 2.
    let averaged = trainer.averaged().unwrap();
    assert!((first(averaged.get("conv1.weight")) - 4.0).abs() < 1e-5);
    assert_eq!(first(averaged.get("bn1.running_mean")), 1.25);
    let expected = 2.0 * first(averaged.get("conv1.weight")) + 1.25;
    assert_eq!(trainer.evaluate_averaged(image).unwrap(), [expected; 10]);
    let current = 2.0 * first(trainer.parameters().get("conv1.weight")) + 2.0;
    assert_eq!(trainer.evaluate(image).unwrap(), [current; 10]);
    trainer.set_averaged(&parameters(0.5, 3.0)).unwrap();
    assert_eq!(trainer.evaluate_averaged(image).unwrap(), [4.0; 10]);
}

/// A training with second moments goes on where another stopped.
#[test]
fn resumed_second_moments() {
    let adamw = Optimizer::from(AdamW::default());
    let mut whole = trainer();
    assert_eq!(whole.second_moment("conv1.weight"), None);
    for factor in [1.0, -0.5] {
        backward(&mut whole, factor);
        whole.update(&adamw).unwrap();
    }
    let mut resumed = Trainer::<Tiny>::new(&whole.parameters(), 2, 1).unwrap();
    resumed.set_updates(whole.updates());
    for parameter in Tiny::INFO.parameters.into_iter().filter(|p| p.is_trained()) {
        let name = parameter.name;
        resumed
            .set_momentum(name, &whole.momentum(name).unwrap())
            .unwrap();
        resumed
            .set_second_moment(name, &whole.second_moment(name).unwrap())
            .unwrap();
    }
    assert!(
        resumed
            .set_second_moment("bn1.running_var", &[0.0; 17])
            .is_err()
    );
    for trainer in [&mut whole, &mut resumed] {
        backward(trainer, 0.25);
        trainer.update(&adamw).unwrap();
    }
    let weight = |trainer: &Trainer<Tiny>| trainer.parameters().get("conv1.weight");
    assert_eq!(weight(&whole), weight(&resumed));
}
