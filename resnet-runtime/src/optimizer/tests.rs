//! Steps of every optimiser against PyTorch's (`tests/reference/optimizers.py`),
//! and every instruction set against plain arithmetic.

use safetensors::SafeTensors;

use super::*;
use crate::element::sealed::Sealed;
use crate::geometry::Conv2d;
use crate::kernels::sweep::optimize::OptimizeArgs;
use crate::parameters::{from_file, to_file};
use crate::seam::{Step, StepParts};
use crate::{ParameterInfo, Role};

const FIXTURE: &[u8] = include_bytes!("../../../tests/reference/optimizers.safetensors");
const STEPS: usize = 5;

const CONV: Conv2d = Conv2d::new(5, 19).kernel([3, 1]);
const WEIGHT: ParameterInfo = ParameterInfo::new("weight", &[19, 5, 3, 1], Role::ConvWeight, 0);
const BIAS: ParameterInfo = ParameterInfo::new("bias", &[19], Role::Bias, CONV.master_len());
const LEN: usize = CONV.master_len() + 32;

fn recorded(name: &str) -> Option<Vec<f32>> {
    let tensors = SafeTensors::deserialize(FIXTURE).unwrap();
    let tensor = tensors.tensor(name).ok()?;
    let bytes = tensor.data().chunks_exact(4);
    Some(
        bytes
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect(),
    )
}

/// Both parameters in the layout of training.
fn region(key: &str) -> Vec<f32> {
    let mut region = vec![0.0; LEN];
    for parameter in [&WEIGHT, &BIAS] {
        let values = recorded(&format!("{key}.{}", parameter.name)).unwrap();
        from_file(parameter, |i| values[i], &mut region);
    }
    region
}

fn assert_recorded(key: &str, region: &[f32]) {
    for parameter in [&WEIGHT, &BIAS] {
        let name = format!("{key}.{}", parameter.name);
        assert_near(
            &name,
            &to_file(parameter, region),
            &recorded(&name).unwrap(),
        );
    }
    // What pads the channels is zero still.
    let used = region.iter().filter(|value| **value != 0.0).count();
    assert!(used <= 19 * 15 + 19, "{key}: {used}");
}

fn assert_near(name: &str, found: &[f32], expected: &[f32]) {
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs();
        assert!(
            error <= 2e-6 * (1.0 + expected.abs()),
            "{name}: {found} {expected}"
        );
    }
}

/// All steps of one case, by any number of threads.
fn check(name: &str, optimizer: impl Into<Optimizer>, longest: Option<f64>) {
    let optimizer = optimizer.into();
    let steps = |threads| {
        let mut master = region("start");
        let mut state = [vec![0.0; LEN], vec![0.0; LEN]];
        let mut average = master.clone();
        let mut packed = vec![0.0; CONV.packed_len()];
        for update in 1..=STEPS {
            let mut gradients = region(&format!("gradient.{}", update - 1));
            if let Some(longest) = longest {
                let squares = crate::ops::flat::sum_of_squares(threads, &gradients);
                crate::ops::flat::scale(threads, &mut gradients, longest / squares.sqrt());
            }
            let [first, second] = &mut state;
            let parts = StepParts {
                master: &mut master,
                gradients: &mut gradients,
                state: [first, second],
                packed_forward: &mut packed,
                ..StepParts::default()
            };
            let mut step = Step::new(parts, 1, 1, threads);
            step.optimizer = Some(optimizer.rule(update as u64));
            step.update_conv2d(&CONV, 0, 0, None);
            step.update_vector(BIAS.offset, 32);
            crate::ops::flat::blend(threads, &mut average, &master, [0.9, 0.1]);
        }
        (master, state, average)
    };
    let (master, state, average) = steps(1);
    assert_recorded(name, &master);
    assert_near(
        name,
        &to_file(&WEIGHT, &average),
        &recorded(&format!("{name}.average")).unwrap(),
    );
    for (key, state) in ["first", "second"].into_iter().zip(&state) {
        let key = format!("{name}.{key}");
        if recorded(&format!("{key}.weight")).is_some() {
            assert_recorded(&key, state);
        }
    }
    for threads in [2, 3] {
        assert_eq!(
            steps(threads),
            (master.clone(), state.clone(), average.clone())
        );
    }
}

const PLAIN: Sgd = Sgd {
    lr: 0.1,
    momentum: 0.9,
    weight_decay: 1e-2,
    l1: 0.0,
    nesterov: false,
};

#[test]
fn sgd() {
    let still = Sgd {
        momentum: 0.0,
        weight_decay: 0.0,
        ..PLAIN
    };
    let ahead = Sgd {
        nesterov: true,
        ..PLAIN
    };
    check("sgd", still, None);
    check("sgd_momentum", PLAIN, None);
    check("sgd_nesterov", ahead, None);
    check("sgd_l1", Sgd { l1: 5e-2, ..PLAIN }, None);
    check("sgd_clipped", PLAIN, Some(3.0));
}

#[test]
fn adamw() {
    check("adamw", AdamW::default(), None);
    let other = AdamW {
        lr: 0.02,
        betas: [0.8, 0.95],
        epsilon: 1e-3,
        weight_decay: 0.1,
        l1: 0.0,
    };
    check("adamw_other", other, None);
}

#[test]
fn lars() {
    let sgd = Sgd { lr: 1.0, ..PLAIN };
    let plain = Lars {
        sgd,
        ..Lars::default()
    };
    check("lars", plain, None);
    let sgd = Sgd {
        lr: 2.0,
        momentum: 0.8,
        weight_decay: 0.1,
        nesterov: true,
        ..PLAIN
    };
    let other = Lars {
        sgd,
        trust_coefficient: 0.01,
        ..Lars::default()
    };
    check("lars_nesterov", other, None);
    assert_eq!(plain.trust([0.0, 1.0]), 1.0);
    assert_eq!(plain.trust([1.0, 0.0]), 1.0);
}

#[test]
fn rates() {
    let mut optimizers = [
        PLAIN.into(),
        AdamW::default().into(),
        Lars::default().into(),
    ];
    for optimizer in &mut optimizers {
        Optimizer::set_lr(optimizer, 0.375);
        assert_eq!(optimizer.lr(), 0.375);
    }
}

/// The same bits from every instruction set.
#[test]
fn every_instruction_set_agrees() {
    let sgd = Sgd { l1: 1e-3, ..PLAIN };
    for rule in [
        Optimizer::from(sgd).rule(3),
        Optimizer::from(AdamW::default()).rule(3),
    ] {
        let formula: Formula<f32> = rule.of_weight(|| [1.0, 1.0]);
        let results = f32::all().into_iter().map(|kernels| {
            let mut regions = [0.3, 0.7, 1.1, 1.9].map(|step: f32| {
                (0..48)
                    .map(|i| (step * i as f32).sin().max(-0.5))
                    .collect::<Vec<f32>>()
            });
            regions[3]
                .iter_mut()
                .for_each(|second| *second = second.abs());
            let [parameters, gradients, first, second] = &mut regions;
            let args = OptimizeArgs {
                formula,
                len: 48,
                parameters: parameters.as_mut_ptr(),
                gradients: gradients.as_ptr(),
                first: first.as_mut_ptr(),
                second: second.as_mut_ptr(),
            };
            // SAFETY: the processor has these instructions; all have 48
            // elements, whole vectors.
            unsafe { (kernels.sweep.training().optimize)(&args) };
            regions
        });
        let results: Vec<_> = results.collect();
        assert!(results.iter().all(|result| *result == results[0]));
    }
}
