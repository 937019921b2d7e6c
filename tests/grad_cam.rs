//! Explanations by the emitted backward code against PyTorch in float64: the
//! gradient of a class's logit by the last map, in evaluation, and Grad-CAM.

#[path = "reference/formula.rs"]
mod formula;
#[path = "reference/networks.rs"]
mod networks;

use formula::{Role, fill, images, labels};
use networks::networks;
use resnet_runtime::{DynNetwork, Error, Explanation, Parameters, resnet};
use safetensors::SafeTensors;

networks! {
    basic_projection = "tests/reference/specs/basic_projection.yaml",
    bottleneck_identity = "tests/reference/specs/bottleneck_identity.yaml",
    key_drop_path = "tests/reference/specs/key_drop_path.yaml",
    key_dropout = "tests/reference/specs/key_dropout.yaml",
    layers_dense = "tests/reference/specs/layers_dense.yaml",
    layers_gate = "tests/reference/specs/layers_gate.yaml",
    layers_head = "tests/reference/specs/layers_head.yaml",
    timm_antialias = "tests/reference/specs/timm_antialias.yaml",
    timm_preact = "tests/reference/specs/timm_preact.yaml",
    timm_se = "tests/reference/specs/timm_se.yaml",
    wide_average = "tests/reference/specs/wide_average.yaml",
}

resnet!(
    frozen = "tests/reference/specs/basic_projection.yaml",
    freeze = ["conv1", "bn1", "layer1", "layer2", "layer3"]
);
resnet!("tests/reference/specs/layers_plain.yaml");

/// A network with the weights, images and classes of its fixture.
struct Case {
    network: &'static dyn DynNetwork,
    parameters: Parameters,
    images: Vec<f32>,
    classes: Vec<usize>,
}

impl Case {
    fn new(network: &'static dyn DynNetwork) -> Self {
        let info = network.info();
        let path = format!("tests/reference/{}.safetensors", info.name);
        let bytes = std::fs::read(path).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let setting = |key: &str| &header.metadata().as_ref().unwrap()[key];
        let seed = setting("seed").parse().unwrap();
        let batch = setting("batch").parse().unwrap();
        let mut parameters = Parameters::init(info, 0);
        for parameter in info.parameters {
            let (name, shape) = (parameter.name, parameter.shape);
            let role = Role::of(name, shape, setting("scaled_norm"));
            parameters
                .set(name, &fill(name, role, shape, seed))
                .unwrap();
        }
        let [channels, height, width] = info.input;
        Self {
            network,
            parameters,
            images: images(&[batch, channels, height, width], seed),
            classes: labels(batch, info.outputs[0].elements(), seed),
        }
    }

    /// The logits, and why they are what they are.
    fn explain(&self) -> (Vec<f32>, Explanation<f32>) {
        let (classes, batch) = (
            self.network.info().outputs[0].elements(),
            self.classes.len(),
        );
        let mut d_logits = vec![0.0; batch * classes];
        for (d_logits, &class) in d_logits.chunks_mut(classes).zip(&self.classes) {
            d_logits[class] = 1.0;
        }
        let mut trainer = self
            .network
            .trainer(&self.parameters, batch + 1, 2)
            .unwrap();
        let before = trainer.parameters();
        let explanation = trainer.explain(&self.images, &d_logits).unwrap();
        let logits = trainer.output(self.network.info().outputs[0].name).unwrap();
        let logits = logits.to_vec();
        let after = trainer.parameters();
        assert_eq!((trainer.steps(), after.to_bytes()), (0, before.to_bytes()));
        assert!(matches!(
            trainer.backward(&d_logits),
            Err(Error::BackwardBeforeForward)
        ));
        (logits, explanation)
    }
}

fn assert_near(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let length = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let pairs = found.iter().zip(expected);
    let error = length(&mut pairs.map(|(a, b)| f64::from(a - b)));
    let norm = length(&mut expected.iter().map(|&v| f64::from(v)));
    assert!(
        error <= 1e-4 * norm || error <= 1e-7,
        "{what}: {error:e} of {norm:e}"
    );
}

#[test]
fn explanations_are_those_of_pytorch() {
    let bytes = std::fs::read("tests/reference/grad_cam.safetensors").unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.len(), 2 * NETWORKS.len());
    for &network in NETWORKS {
        let name = network.info().name;
        let expected = |what: &str| {
            let tensor = file.tensor(&format!("{name}.{what}")).unwrap();
            let (values, _) = tensor.data().as_chunks();
            let values = values.iter().map(|&bytes| f32::from_le_bytes(bytes));
            values.collect::<Vec<_>>()
        };
        let case = Case::new(network);
        let (_, explanation) = case.explain();
        assert_eq!(Some(explanation.shape), network.info().explained, "{name}");
        assert_near(&explanation.gradient, &expected("gradient"), name);
        let maps = (0..case.classes.len()).flat_map(|image| explanation.grad_cam(image));
        assert_near(&maps.collect::<Vec<_>>(), &expected("cam"), name);
    }
}

/// Behind a global average pool and a linear layer Grad-CAM is CAM (Zhou et al.
/// 2016) over the number of pixels, and an evaluation with gradients is one
/// without.
#[test]
fn grad_cam_is_cam_where_one_linear_layer_reads_the_means() {
    let case = Case::new(&basic_projection::Network);
    let (logits, explanation) = case.explain();
    let batch = case.classes.len();
    let mut model = case.network.model(&case.parameters, batch, 1).unwrap();
    assert_near(&logits, model.forward(&case.images).unwrap(), "logits");
    let weight = case.parameters.get("fc.weight").unwrap();
    let [channels, height, width] = explanation.shape;
    let pixels = height * width;
    for (image, &class) in case.classes.iter().enumerate() {
        let map = &explanation.map[image * channels * pixels..][..channels * pixels];
        let mut cam = vec![0.0; pixels];
        for (channel, map) in map.chunks(pixels).enumerate() {
            let weight = weight[class * channels + channel] / pixels as f32;
            cam.iter_mut()
                .zip(map)
                .for_each(|(sum, v)| *sum += weight * v);
        }
        cam.iter_mut().for_each(|sum| *sum = sum.max(0.0));
        assert_near(&explanation.grad_cam(image), &cam, "class-activation map");
    }
}

#[test]
fn networks_without_a_map_to_explain_by_say_so() {
    // A map as first output has no classes, and what is frozen no gradients.
    let networks: [&dyn DynNetwork; 2] = [&layers_plain::Network, &frozen::Network];
    for network in networks {
        let info = network.info();
        assert_eq!(info.explained, None);
        let mut trainer = network.trainer(&Parameters::init(info, 0), 1, 1).unwrap();
        let images = vec![0.0; info.input.iter().product()];
        let error = trainer.explain(&images, &[]).unwrap_err().to_string();
        assert!(error.contains("has no map that explains"), "{error}");
    }
}
