//! Small networks against PyTorch in float64, recorded in `reference/`: weights,
//! images and labels come from a formula that both sides share, so that only
//! results are stored.

#[path = "reference/formula.rs"]
mod formula;

use std::collections::BTreeMap;
use std::path::Path;

use formula::{Role, fill, images, labels, project};
use resnet_runtime::{
    DynNetwork, Parameters, Role as ParameterRole, resnet, softmax_cross_entropy,
};
use safetensors::SafeTensors;

resnet!("tests/reference/specs/activations.yaml");
resnet!("tests/reference/specs/antialiased.yaml");
resnet!("tests/reference/specs/basic_identity.yaml");
resnet!("tests/reference/specs/basic_projection.yaml");
resnet!("tests/reference/specs/bottleneck_identity.yaml");
resnet!("tests/reference/specs/bottleneck_projection.yaml");
resnet!("tests/reference/specs/cifar_resnet20.yaml");
resnet!("tests/reference/specs/deep_average.yaml");
resnet!("tests/reference/specs/deep_identity.yaml");
resnet!("tests/reference/specs/digits.yaml");
resnet!("tests/reference/specs/dilated.yaml");
resnet!("tests/reference/specs/plain_basic.yaml");
resnet!("tests/reference/specs/plain_bottleneck.yaml");
resnet!("tests/reference/specs/pre_activation.yaml");
resnet!("tests/reference/specs/pre_activation_basic.yaml");
resnet!("tests/reference/specs/squeeze.yaml");
resnet!("tests/reference/specs/tiered_groups.yaml");
resnet!("tests/reference/specs/wide_average.yaml");

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

const NETWORKS: [&dyn DynNetwork; 18] = [
    &activations::Network,
    &antialiased::Network,
    &basic_identity::Network,
    &basic_projection::Network,
    &bottleneck_identity::Network,
    &bottleneck_projection::Network,
    &cifar_resnet20::Network,
    &deep_average::Network,
    &deep_identity::Network,
    &digits::Network,
    &dilated::Network,
    &plain_basic::Network,
    &plain_bottleneck::Network,
    &pre_activation::Network,
    &pre_activation_basic::Network,
    &squeeze::Network,
    &tiered_groups::Network,
    &wide_average::Network,
];

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

/// The same tensors, computed by the compiled network.
fn compute(network: &dyn DynNetwork, reference: &Reference) -> BTreeMap<String, Vec<f64>> {
    let info = network.info();
    let (seed, batch) = (reference.number("seed"), reference.number("batch") as usize);
    let mut parameters = Parameters::init(info, 0);
    for parameter in info.parameters {
        let (name, shape) = (parameter.name, parameter.shape);
        let role = Role::of(name, shape, &reference.settings["scaled_norm"]);
        parameters
            .set(name, &fill(name, role, shape, seed))
            .unwrap();
    }
    let [channels, height, width] = info.input;
    let images = images(&[batch, channels, height, width], seed);
    let classes = info.classes().unwrap();
    let labels = labels(batch, classes, seed);

    let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
    let mut found = BTreeMap::new();
    // One image more than needed, so that limit and batch differ.
    let mut model = network.model(&parameters, batch + 1, 2).unwrap();
    found.insert("logits".to_owned(), wide(model.forward(&images).unwrap()));
    let mut trainer = network.trainer(&parameters, batch + 1, 2).unwrap();
    let logits = trainer.forward(&images).unwrap().to_vec();
    let mut d_logits = vec![0.0; logits.len()];
    let loss = softmax_cross_entropy(&logits, &labels, classes, &mut d_logits);
    trainer.backward(&d_logits).unwrap();
    found.insert("logits_train".to_owned(), wide(&logits));
    found.insert("loss".to_owned(), vec![f64::from(loss)]);
    let after = trainer.parameters();
    for parameter in info.parameters {
        let name = parameter.name;
        if matches!(
            parameter.role,
            ParameterRole::RunningMean | ParameterRole::RunningVar
        ) {
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

fn check(network: &dyn DynNetwork) {
    let name = network.info().name;
    let reference = Reference::load(name);
    let mut found = compute(network, &reference);
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
    for (key, expected) in expected {
        let found = found
            .remove(&key)
            .unwrap_or_else(|| panic!("{name}: no {key}"));
        assert_eq!(found.len(), expected.len(), "{name}: {key}");
        let square = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
        let error = square(&mut found.iter().zip(&expected).map(|(a, b)| a - b)).sqrt();
        let norm = square(&mut expected.iter().copied()).sqrt();
        // Not the other way round, so that NaN fails.
        let close = error <= TOLERANCE * norm || error <= FLOOR;
        assert!(close, "{name}: {key} differs by {error:e} of {norm:e}");
    }
}

#[test]
fn networks_agree_with_pytorch() {
    let forced = winograd::NETWORKS.into_iter().chain(direct::NETWORKS);
    NETWORKS.into_iter().chain(forced).for_each(check);
}

#[test]
fn algorithms_are_what_was_asked_for() {
    let count = |network: &dyn DynNetwork, start: &str| {
        let layers = network.info().layers.iter();
        layers.filter(|l| l.algorithm.starts_with(start)).count()
    };
    // Of 19 convolutions of 3x3 two have a stride of 2.
    assert_eq!(count(winograd::NETWORKS[0], "winograd"), 17);
    assert_eq!(count(direct::NETWORKS[0], "winograd"), 0);
}

/// The instruction set is chosen once a process, so each has one of its own.
#[test]
fn networks_agree_with_pytorch_on_every_instruction_set() {
    let this = std::env::current_exe().unwrap();
    for isa in ["portable", "avx2", "avx512"] {
        let supported = match isa {
            #[cfg(target_arch = "x86_64")]
            "avx2" => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            "avx512" => is_x86_feature_detected!("avx512f"),
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
