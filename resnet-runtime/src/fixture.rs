//! A small model for the tests of parameters, checkpoints and training.

use crate::{
    ModelInfo, Network, OutputInfo, ParameterInfo, Parameters, PlanInfo, Preprocessing, Role,
    Sizes, Table, seam,
};

/// Elements of the arena an image: one thread takes a batch image by image, two
/// take two at a time.
pub(crate) const ARENA: usize = 200_000;

const PLAN: PlanInfo = PlanInfo {
    peak: ARENA,
    lower_bound: ARENA,
    logical_lower_bound: ARENA,
};

pub(crate) const PARAMETERS: &[ParameterInfo] = &[
    ParameterInfo::new("conv1.weight", &[17, 3, 3, 3], Role::ConvWeight, 0),
    ParameterInfo::new("bn1.weight", &[17], Role::NormWeight, 864),
    ParameterInfo::new("bn1.bias", &[17], Role::NormBias, 896),
    ParameterInfo::new("bn1.running_mean", &[17], Role::RunningMean, 0),
    ParameterInfo::new("bn1.running_var", &[17], Role::RunningVar, 32),
    ParameterInfo::new("fc.weight", &[10, 17], Role::LinearWeight, 928),
    ParameterInfo::new("fc.bias", &[10], Role::Bias, 1200),
];

/// A convolution, its batch norm and a linear layer, of odd sizes.
pub(crate) const INFO: ModelInfo = ModelInfo {
    name: "tiny",
    input: [3, 5, 7],
    outputs: &[
        OutputInfo::new("logits", [10, 1, 1], 0),
        OutputInfo::new("map", [2, 1, 3], 10),
    ],
    class_names: &[],
    preprocessing: Preprocessing::NONE,
    spec_hash: "0123",
    parameters: Table::new(PARAMETERS),
    parameter_count: 673,
    macs: 0,
    layers: Table::new(&[]),
    sizes: Sizes {
        master: 1216,
        trained: 1216,
        running: 64,
        packed: 1024,
        workspace: 8,
        training_workspace: 16,
        packed_forward: 1024,
        packed_backward: 1024,
        saved: 64,
    },
    inference_plan: PLAN,
    training_plan: PLAN,
    trainable: true,
    explained: None,
    max_batch: None,
};

/// A network whose arithmetic is easy to follow: every logit of an image is
/// `w` times the image's first element, plus the running mean `m` in inference,
/// where `w` and `m` are the first elements of their regions; every element of
/// the map is `w`. A training step adds 1 to `m`.
pub(crate) struct Tiny;

impl Network for Tiny {
    type Element = f32;

    const INFO: &'static ModelInfo = &INFO;

    fn pack(pack: &mut seam::Pack<'_, f32>) {
        pack.packed[0] = pack.values.master(0, 1)[0];
        pack.packed[1] = pack.values.running(0, 1)[0];
    }

    fn forward(run: &mut seam::Forward<'_, f32>) {
        assert_eq!(run.images.len(), run.batch * 105);
        assert!(run.arena.len() >= run.limit * ARENA);
        let logits = run.outputs.at(0, 10).chunks_mut(10);
        for (logits, image) in logits.zip(run.images.chunks(105)) {
            logits.fill(run.packed[0] * image[0] + run.packed[1]);
        }
        run.outputs.at(10, 6)[..run.batch * 6].fill(run.packed[0]);
        // The arena belongs to whoever runs.
        run.arena.fill(f32::NAN);
    }

    fn train_forward(step: &mut seam::Step<'_, f32>) {
        assert_eq!(step.arena.len(), step.limit * ARENA);
        for (n, image) in step.images.chunks(105).enumerate() {
            step.arena[n] = image[0];
            step.outputs.at(0, 10)[n * 10..][..10].fill(step.packed_forward[0] * image[0]);
            step.outputs.at(10, 6)[n * 6..][..6].fill(step.packed_forward[0]);
        }
        step.running[0] += 1.0;
    }

    fn train_backward(step: &mut seam::Step<'_, f32>) {
        step.gradients[0] = 0.0;
        for (name, gradient) in step.d_outputs {
            for (n, values) in gradient.chunks(gradient.len() / step.batch).enumerate() {
                let by_weight = if *name == "logits" {
                    step.arena[n]
                } else {
                    1.0
                };
                step.gradients[0] += by_weight * values.iter().sum::<f32>();
            }
        }
    }

    fn train_update(step: &mut seam::Step<'_, f32>) {
        step.update_vector(0, step.master.len());
        step.packed_forward[0] = step.master[0];
        step.packed_backward[0] = step.master[0];
    }
}

/// Two images that begin with 2 and 3.
pub(crate) fn images() -> Vec<f32> {
    let mut images = vec![0.0; 210];
    images[0] = 2.0;
    images[105] = 3.0;
    images
}

/// Parameters with these first elements of the weight and the running mean.
pub(crate) fn parameters(weight: f32, mean: f32) -> Parameters {
    let mut parameters = Parameters::init(&INFO, 0);
    parameters.master[0] = weight;
    parameters.running[0] = mean;
    parameters
}
