//! What backward computes again is what forward computed, to the bit: outputs,
//! gradients, running statistics, weights and explanations are those of no
//! recomputation.

use resnet_runtime::{DynNetwork, Parameters, Sgd, softmax_cross_entropy};

/// Networks three times each: everything kept, what blocks and what stages read of one another.
macro_rules! networks {
    ($($name:ident = $spec:literal,)*) => {
        $(mod $name {
            use resnet_runtime::resnet;
            resnet!(pub(crate) none = $spec, recompute = none);
            resnet!(pub(crate) block = $spec, recompute = block);
            resnet!(pub(crate) stage = $spec, recompute = stage);
        })*

        const NETWORKS: &[[&dyn DynNetwork; 3]] = &[
            $([&$name::none::Network, &$name::block::Network, &$name::stage::Network],)*
        ];
    };
}

networks! {
    activations = "tests/gradients/activations.yaml",
    antialias = "tests/reference/specs/timm_antialias.yaml",
    basic = "tests/reference/specs/basic_projection.yaml",
    bottleneck = "tests/reference/specs/bottleneck_identity.yaml",
    cifar_resnet20 = "tests/reference/specs/cifar_resnet20.yaml",
    deep_stem = "tests/reference/specs/timm_deep.yaml",
    dilated = "tests/reference/specs/timm_dilated_average.yaml",
    drop_path = "tests/reference/specs/key_drop_path.yaml",
    dropout = "tests/reference/specs/key_dropout.yaml",
    every_operator = "tests/gradients/every_operator.yaml",
    gates = "tests/reference/specs/timm_se.yaml",
    groups = "tests/reference/specs/timm_groups.yaml",
    layers = "tests/reference/specs/layers_dense.yaml",
    no_norm = "tests/reference/specs/key_norm_none.yaml",
    plain = "tests/reference/specs/plain_bottleneck.yaml",
    pre_activation = "tests/reference/specs/timm_preact.yaml",
    wide = "tests/reference/specs/wide_average.yaml",
}

const BATCH: usize = 5;

/// Everything that three steps give and leave, as bits.
fn train(network: &dyn DynNetwork) -> Vec<u32> {
    let info = network.info();
    let parameters = Parameters::init(info, 3);
    let mut trainer = network.trainer(&parameters, BATCH, 2).unwrap();
    let len: usize = info.input.iter().product();
    let outputs: usize = info.outputs[0].shape.iter().product();
    let mut bits = Vec::new();
    for step in 0..3 {
        let images: Vec<f32> = (0..BATCH * len)
            .map(|i| ((i * 7919 + step * 104_729) % 1009) as f32 / 504.5 - 1.0)
            .collect();
        let labels: Vec<usize> = (0..BATCH).map(|i| (i + step) % outputs).collect();
        let logits = trainer.forward(&images).unwrap().to_vec();
        let mut d_logits = vec![0.0; logits.len()];
        softmax_cross_entropy(&logits, &labels, outputs, &mut d_logits);
        trainer.backward(&d_logits).unwrap();
        bits.extend(logits.iter().map(|v| v.to_bits()));
        for parameter in info.parameters {
            let gradient = trainer.gradient(parameter.name).unwrap_or_default();
            bits.extend(gradient.iter().map(|v| v.to_bits()));
        }
        trainer.update(&Sgd::default().into()).unwrap();
    }
    let parameters = trainer.parameters();
    for parameter in info.parameters {
        let values = parameters.get(parameter.name).unwrap();
        assert!(values.iter().all(|v| v.is_finite()), "{}", parameter.name);
        bits.extend(values.iter().map(|v| v.to_bits()));
    }
    if let Some(map) = info.explained {
        let mut d_output = vec![0.0; BATCH * outputs];
        d_output.iter_mut().step_by(outputs).for_each(|d| *d = 1.0);
        let images: Vec<f32> = (0..BATCH * len).map(|i| (i % 17) as f32 / 8.0).collect();
        let explanation = trainer.explain(&images, &d_output).unwrap();
        assert_eq!(explanation.shape, map);
        let values = [explanation.map, explanation.gradient].concat();
        bits.extend(values.iter().map(|v| v.to_bits()));
    }
    bits
}

#[test]
fn recomputed_steps_are_those_of_none_to_the_bit() {
    for [none, block, stage] in NETWORKS {
        let expected = train(*none);
        let name = none.info().name;
        assert!(expected == train(*block), "{name}: block");
        assert!(expected == train(*stage), "{name}: stage");
    }
}

#[test]
fn networks_are_the_same_but_for_their_memory() {
    for [none, block, stage] in NETWORKS {
        let (none, block, stage) = (none.info(), block.info(), stage.info());
        assert_eq!(none.spec_hash, block.spec_hash);
        assert_eq!(none.spec_hash, stage.spec_hash);
        assert_eq!(none.inference_plan.peak, block.inference_plan.peak);
        assert!(
            block.training_plan.peak <= none.training_plan.peak,
            "{}",
            none.name
        );
        assert!(
            stage.training_plan.peak <= none.training_plan.peak,
            "{}",
            none.name
        );
        let bytes = block.training_bytes(8, 1);
        assert!(bytes <= none.training_bytes(8, 1), "{}", none.name);
    }
    let smaller = |[none, block, _]: &&[&dyn DynNetwork; 3]| {
        block.info().training_plan.peak < none.info().training_plan.peak
    };
    assert!(NETWORKS.iter().filter(smaller).count() > NETWORKS.len() / 2);
}
