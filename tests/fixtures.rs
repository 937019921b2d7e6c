//! Small networks against PyTorch in float64, recorded in `reference/`: weights,
//! images and labels come from a formula that both sides share, so that only
//! results are stored.

#[path = "reference/formula.rs"]
mod formula;
#[path = "reference/networks.rs"]
mod networks;

use std::collections::BTreeMap;
use std::path::Path;

use formula::{Role, Words, fill, images, labels, project, value};
use networks::networks;
use resnet_runtime::{DynNetwork, Parameters, resnet, softmax_cross_entropy_of_maps};
use safetensors::SafeTensors;

networks! {
    basic_identity = "tests/reference/specs/basic_identity.yaml",
    basic_projection = "tests/reference/specs/basic_projection.yaml",
    bottleneck_identity = "tests/reference/specs/bottleneck_identity.yaml",
    bottleneck_projection = "tests/reference/specs/bottleneck_projection.yaml",
    cifar_resnet20 = "tests/reference/specs/cifar_resnet20.yaml",
    deep_identity = "tests/reference/specs/deep_identity.yaml",
    digits = "tests/reference/specs/digits.yaml",
    key_activation_elu = "tests/reference/specs/key_activation_elu.yaml",
    key_activation_gelu = "tests/reference/specs/key_activation_gelu.yaml",
    key_activation_hard_swish = "tests/reference/specs/key_activation_hard_swish.yaml",
    key_activation_identity = "tests/reference/specs/key_activation_identity.yaml",
    key_activation_leaky_relu = "tests/reference/specs/key_activation_leaky_relu.yaml",
    key_activation_sigmoid = "tests/reference/specs/key_activation_sigmoid.yaml",
    key_activation_silu = "tests/reference/specs/key_activation_silu.yaml",
    key_activation_tanh = "tests/reference/specs/key_activation_tanh.yaml",
    key_base = "tests/reference/specs/key_base.yaml",
    key_block_activation = "tests/reference/specs/key_block_activation.yaml",
    key_bottleneck = "tests/reference/specs/key_bottleneck.yaml",
    key_drop_path = "tests/reference/specs/key_drop_path.yaml",
    key_dropout = "tests/reference/specs/key_dropout.yaml",
    key_head_bias = "tests/reference/specs/key_head_bias.yaml",
    key_norm_epsilon = "tests/reference/specs/key_norm_epsilon.yaml",
    key_norm_momentum = "tests/reference/specs/key_norm_momentum.yaml",
    key_norm_none = "tests/reference/specs/key_norm_none.yaml",
    key_pairs = "tests/reference/specs/key_pairs.yaml",
    key_projection_all = "tests/reference/specs/key_projection_all.yaml",
    key_shortcut_identity = "tests/reference/specs/key_shortcut_identity.yaml",
    key_shortcut_none = "tests/reference/specs/key_shortcut_none.yaml",
    key_stage_activation = "tests/reference/specs/key_stage_activation.yaml",
    key_stage_kind = "tests/reference/specs/key_stage_kind.yaml",
    key_stage_shortcut = "tests/reference/specs/key_stage_shortcut.yaml",
    key_stride_on = "tests/reference/specs/key_stride_on.yaml",
    layers_dense = "tests/reference/specs/layers_dense.yaml",
    layers_extra_padding = "tests/reference/specs/layers_extra_padding.yaml",
    layers_gate = "tests/reference/specs/layers_gate.yaml",
    layers_head = "tests/reference/specs/layers_head.yaml",
    layers_plain = "tests/reference/specs/layers_plain.yaml",
    plain_basic = "tests/reference/specs/plain_basic.yaml",
    plain_bottleneck = "tests/reference/specs/plain_bottleneck.yaml",
    timm_antialias = "tests/reference/specs/timm_antialias.yaml",
    timm_antialias_basic = "tests/reference/specs/timm_antialias_basic.yaml",
    timm_average_projection = "tests/reference/specs/timm_average_projection.yaml",
    timm_base = "tests/reference/specs/timm_base.yaml",
    timm_dilated_average = "tests/reference/specs/timm_dilated_average.yaml",
    timm_deep = "tests/reference/specs/timm_deep.yaml",
    timm_deep_tiered = "tests/reference/specs/timm_deep_tiered.yaml",
    timm_dilation = "tests/reference/specs/timm_dilation.yaml",
    timm_groups = "tests/reference/specs/timm_groups.yaml",
    timm_preact = "tests/reference/specs/timm_preact.yaml",
    timm_preact_basic = "tests/reference/specs/timm_preact_basic.yaml",
    timm_preact_d = "tests/reference/specs/timm_preact_d.yaml",
    timm_se = "tests/reference/specs/timm_se.yaml",
    timm_se_basic = "tests/reference/specs/timm_se_basic.yaml",
    timm_width = "tests/reference/specs/timm_width.yaml",
    wide_average = "tests/reference/specs/wide_average.yaml",
}

/// The same again, inference by Winograd's algorithms wherever they can be.
mod winograd {
    use resnet_runtime::{DynNetwork, resnet};

    resnet!(
        "tests/reference/specs/basic_identity.yaml",
        algorithm = winograd
    );
    resnet!(
        "tests/reference/specs/bottleneck_projection.yaml",
        algorithm = winograd
    );
    resnet!(
        "tests/reference/specs/cifar_resnet20.yaml",
        algorithm = winograd
    );
    resnet!(
        "tests/reference/specs/wide_average.yaml",
        algorithm = winograd
    );

    pub(crate) const NETWORKS: [&dyn DynNetwork; 4] = [
        &cifar_resnet20::Network,
        &basic_identity::Network,
        &bottleneck_projection::Network,
        &wide_average::Network,
    ];
}

/// And by direct convolution alone.
mod direct {
    use resnet_runtime::{DynNetwork, resnet};

    resnet!(
        "tests/reference/specs/cifar_resnet20.yaml",
        algorithm = direct
    );

    pub(crate) const NETWORKS: [&dyn DynNetwork; 1] = [&cifar_resnet20::Network];
}

/// Largest relative error of a tensor in L2, and the absolute floor.
const TOLERANCE: f64 = 1e-4;
const FLOOR: f64 = 1e-7;

/// What PyTorch found: tensors by name, and the settings they were made with.
struct Reference {
    bytes: Vec<u8>,
    settings: BTreeMap<String, String>,
}

impl Reference {
    fn load(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
        let bytes = std::fs::read(folder.join(format!("{name}.safetensors"))).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let settings = header.metadata().clone().unwrap().into_iter().collect();
        Self { bytes, settings }
    }

    fn number(&self, key: &str) -> u64 {
        self.settings[key].parse().unwrap()
    }

    fn tensors(&self) -> BTreeMap<String, Vec<f64>> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let values = |bytes: &[u8]| {
            let (chunks, _) = bytes.as_chunks();
            let values = chunks
                .iter()
                .map(|&chunk| f64::from(f32::from_le_bytes(chunk)));
            values.collect()
        };
        let tensors = file.tensors().into_iter();
        tensors
            .map(|(name, tensor)| (name, values(tensor.data())))
            .collect()
    }
}

/// Everything that a fixture's numbers are made from.
#[derive(Clone, Copy)]
struct Settings<'a> {
    seed: u64,
    batch: usize,
    scaled_norm: &'a str,
}

/// The same tensors, computed by the compiled network.
fn compute(network: &dyn DynNetwork, settings: Settings<'_>) -> BTreeMap<String, Vec<f64>> {
    let info = network.info();
    let Settings {
        seed,
        batch,
        scaled_norm,
    } = settings;
    let mut parameters = Parameters::init(info, 0);
    for parameter in info.parameters {
        let (name, shape) = (parameter.name, parameter.shape);
        let values = fill(name, Role::of(name, shape, scaled_norm), shape, seed);
        parameters.set(name, &values).unwrap();
    }
    let [channels, height, width] = info.input;
    let images = images(&[batch, channels, height, width], seed);
    let (first, others) = info.outputs.split_first().unwrap();
    let [classes, rows, columns] = first.shape;
    let labels = labels(batch * rows * columns, classes, seed);

    let mut found = BTreeMap::new();
    // One image more than needed, so that limit and batch differ.
    let mut model = network.model(&parameters, batch + 1, 2).unwrap();
    model.forward(&images).unwrap();
    let mut trainer = network.trainer(&parameters, batch + 1, 2).unwrap();
    trainer.forward(&images).unwrap();
    for output in info.outputs {
        let (name, trained) = (output.name, trainer.output(output.name).unwrap());
        found.insert(name.to_owned(), wide(model.output(name).unwrap()));
        found.insert(format!("{name}_train"), wide(trained));
    }
    let logits = trainer.output(first.name).unwrap();
    let mut gradients = vec![(first.name, vec![0.0; logits.len()])];
    let d_logits = &mut gradients[0].1;
    let loss = softmax_cross_entropy_of_maps(logits, &labels, [classes, rows * columns], d_logits);
    found.insert("loss".to_owned(), vec![f64::from(loss)]);
    for output in others {
        let name = output.name;
        let len = trainer.output(name).unwrap().len();
        let words = Words::new(&format!("d_{name}"), 0);
        let d_output = (0..len).map(|i| (value(words.at(i)) / len as f64) as f32);
        gradients.push((name, d_output.collect()));
    }
    let gradients: Vec<_> = gradients.iter().map(|(n, d)| (*n, &d[..])).collect();
    trainer.backward_outputs(&gradients).unwrap();
    let after = trainer.parameters();
    for parameter in info.parameters {
        let name = parameter.name;
        if parameter.role.is_running() {
            found.insert(format!("after.{name}"), wide(&after.get(name).unwrap()));
        } else {
            let gradient = trainer.gradient(name).unwrap();
            found.insert(format!("grad.{name}"), wide(&gradient));
            let projections = project(&gradient).to_vec();
            found.insert(format!("grad_projections.{name}"), projections);
        }
    }
    found
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

/// L2 norm of the difference, and of what was expected.
fn difference(found: &[f64], expected: &[f64]) -> (f64, f64) {
    let square = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let error = square(&mut found.iter().zip(expected).map(|(a, b)| a - b));
    (error, square(&mut expected.iter().copied()))
}

/// Tensors of a network that are not what PyTorch found.
fn far_tensors(network: &dyn DynNetwork) -> Vec<String> {
    let name = network.info().name;
    let reference = Reference::load(name);
    let settings = Settings {
        seed: reference.number("seed"),
        batch: reference.number("batch") as usize,
        scaled_norm: &reference.settings["scaled_norm"],
    };
    let mut found = compute(network, settings);
    let expected = reference.tensors();
    let gradients = expected
        .keys()
        .filter(|key| key.starts_with("grad"))
        .count();
    let trained = network
        .info()
        .parameters
        .iter()
        .filter(|p| !p.role.is_running())
        .count();
    assert_eq!(gradients, trained, "{name}: a gradient of every parameter");
    let mut far = Vec::new();
    for (key, expected) in expected {
        let found = found
            .remove(&key)
            .unwrap_or_else(|| panic!("{name}: no {key}"));
        assert_eq!(found.len(), expected.len(), "{name}: {key}");
        let (error, norm) = difference(&found, &expected);
        // Not the other way round, so that NaN fails.
        if !(error <= TOLERANCE * norm || error <= FLOOR) {
            far.push(format!("{name}: {key} differs by {error:e} of {norm:e}"));
        }
    }
    far
}

#[test]
fn networks_agree_with_pytorch() {
    let forced = winograd::NETWORKS.into_iter().chain(direct::NETWORKS);
    let networks = NETWORKS.iter().copied().chain(forced);
    let far: Vec<_> = networks.flat_map(far_tensors).collect();
    assert!(far.is_empty(), "{far:#?}");
}

/// `key_X` and `timm_X` differ from their base in one key, and so in what they compute.
#[test]
fn every_key_changes_what_is_computed() {
    let settings = Settings {
        seed: 1,
        batch: 2,
        scaled_norm: "",
    };
    let named = |name: &str| {
        let mut networks = NETWORKS.iter();
        *networks.find(|n| n.info().name == name).unwrap()
    };
    let mut compared = 0;
    for network in NETWORKS {
        let name = network.info().name;
        let base = match name {
            // Their other keys are those of these.
            "key_stride_on" => "key_bottleneck",
            "timm_antialias_basic" | "timm_se_basic" => "key_drop_path",
            "key_drop_path" => "timm_se_basic",
            _ if name.starts_with("key_") => "key_base",
            _ if name.starts_with("timm_") => "timm_base",
            _ => continue,
        };
        if name == base {
            continue;
        }
        let (found, base) = (compute(*network, settings), compute(named(base), settings));
        let common = found.iter().filter_map(|(key, values)| {
            let others = base.get(key)?;
            (values.len() == others.len()).then(|| difference(values, others))
        });
        let differs = |(error, norm): (f64, f64)| error > 1e-3 * norm;
        assert!(
            common.into_iter().any(differs),
            "{name} computes what its base does"
        );
        compared += 1;
    }
    assert!(compared > 35);
}

#[test]
fn algorithms_are_what_was_asked_for() {
    let count = |network: &dyn DynNetwork, start: &str| {
        let layers = network.info().layers.iter();
        layers.filter(|l| l.algorithm.starts_with(start)).count()
    };
    // Of 19 convolutions of 3x3 two have a stride of 2.
    assert_eq!(count(winograd::NETWORKS[0], "winograd"), 19);
    assert_eq!(count(winograd::NETWORKS[0], "winograd F(4x4, 2x2)"), 2);
    assert_eq!(count(direct::NETWORKS[0], "winograd"), 0);
}

/// The instruction set is chosen once a process, so each has one of its own.
#[test]
fn networks_agree_with_pytorch_on_every_instruction_set() {
    let this = std::env::current_exe().unwrap();
    for isa in ["portable", "neon", "avx2", "avx512"] {
        let supported = match isa {
            #[cfg(target_arch = "x86_64")]
            "avx2" => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            "avx512" => is_x86_feature_detected!("avx512f"),
            "neon" => cfg!(all(target_arch = "aarch64", target_feature = "neon")),
            other => other == "portable",
        };
        if supported {
            let run = std::process::Command::new(&this)
                .args(["--exact", "networks_agree_with_pytorch"])
                .env("RESNET_ISA", isa)
                .output()
                .unwrap();
            let output = String::from_utf8_lossy(&run.stdout);
            assert!(run.status.success(), "{isa}:\n{output}");
            assert!(output.contains("1 passed"), "{isa}:\n{output}");
        }
    }
}
