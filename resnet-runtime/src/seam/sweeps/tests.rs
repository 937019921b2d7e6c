//! One step through the seam: offsets, saved and running statistics.

mod activations;

use crate::geometry::{Activation, BatchNorm, Map};
use crate::outputs::Slots;
use crate::seam::Step;

const NORM: BatchNorm = BatchNorm {
    weight: 16,
    bias: 0,
    running_mean: 0,
    running_var: 16,
    epsilon: 1e-5,
    momentum: 0.1,
};

/// Everything a step borrows.
#[derive(Default)]
struct Memory {
    images: Vec<f64>,
    outputs: Vec<f64>,
    d_outputs: Vec<f64>,
    arena: Vec<f64>,
    master: Vec<f64>,
    gradients: Vec<f64>,
    running: Vec<f64>,
    saved: Vec<f64>,
}

impl Memory {
    fn step(&mut self) -> Step<'_, f64> {
        Step {
            images: &self.images,
            outputs: Slots::new(&mut self.outputs, 3),
            d_outputs: &[],
            arena: &mut self.arena,
            master: &mut self.master,
            gradients: &mut self.gradients,
            state: [&mut [], &mut []],
            statistics_share: None,
            evaluates: false,
            explained: None,
            running: &mut self.running,
            saved: &mut self.saved,
            packed_forward: &mut [],
            packed_backward: &mut [],
            workspace: &mut [],
            seed: 0,
            step: 0,
            batch: 2,
            limit: 3,
            threads: 2,
            observed: Default::default(),
            optimizer: None,
        }
    }
}

fn memory() -> Memory {
    let mut memory = Memory {
        // Two images of two channels: means 3 and 10, variances 5 and 0.
        images: vec![0.0, 2.0, 10.0, 10.0, 4.0, 6.0, 10.0, 10.0],
        // Of three images, after another output of one element each.
        outputs: vec![0.0; 3 + 3 * 2],
        d_outputs: vec![1.0, 2.0, 3.0, 4.0],
        arena: vec![f64::NAN; 3 * 1000],
        master: vec![0.0; 32],
        gradients: vec![f64::NAN; 32],
        running: vec![0.0; 32],
        saved: vec![f64::NAN; 40],
    };
    memory.master[16..18].fill(2.0);
    memory.master[0..2].copy_from_slice(&[0.5, -0.5]);
    memory
}

#[test]
fn a_step() {
    let map = Map::new(2, 1, 2);
    let (input, output, pooled) = (map.at(0), map.halo(1).at(100), Map::new(2, 1, 1).at(400));
    let mut memory = memory();
    let d_outputs = memory.d_outputs.clone();
    let d_outputs = [("other", &d_outputs[..2]), ("pooled", &d_outputs[..])];
    let mut step = Step {
        d_outputs: &d_outputs,
        ..memory.step()
    };
    step.input(input);
    step.batch_norm_statistics(input, 8, 900, NORM.epsilon);
    step.batch_norm(&NORM, 8, input, None, output, Activation::Identity);
    step.global_average_pool(output, pooled);
    step.output(pooled, 1);
    step.d_output("pooled", pooled, None);
    // Nothing was given for this one.
    step.d_output("missing", pooled, Some(pooled));
    step.global_average_pool_backward(pooled, output, None);
    step.batch_norm_backward(
        &NORM,
        8,
        900,
        Activation::Identity,
        input,
        None,
        output,
        map.at(500),
        Some(output),
    );
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}");
    let scale = 2.0 / (5.0_f64 + NORM.epsilon).sqrt();
    near(memory.outputs[3], 0.5 - 2.0 * scale);
    near(memory.outputs[3 + 1], -0.5);
    near(memory.outputs[3 + 2], 0.5 + 2.0 * scale);
    near(memory.running[0], 0.3);
    near(memory.running[1], 1.0);
    near(memory.running[16], 0.1 * 5.0 * 4.0 / 3.0);
    near(memory.running[17], 0.0);
    near(memory.gradients[0], 4.0);
    near(memory.gradients[1], 6.0);
    near(memory.gradients[16], (3.0 - 1.0) * scale);
    near(memory.gradients[17], 0.0);
}

#[test]
#[should_panic(expected = "overlap")]
fn buffers_apart() {
    let map = Map::new(2, 1, 2);
    memory()
        .step()
        .activate(Activation::Relu, map.at(0), map.at(16));
}

#[test]
#[should_panic(expected = "maps differ")]
fn maps_alike() {
    let (a, b) = (Map::new(2, 1, 2).at(0), Map::new(2, 2, 1).at(100));
    memory().step().add(a, a, b, Activation::Relu);
}

#[test]
#[should_panic(expected = "not a pool")]
fn strides_above_zero() {
    let map = Map::new(2, 1, 2);
    memory().step().subsample([1, 0], map.at(0), map.at(100));
}
