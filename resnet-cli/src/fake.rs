//! A network for tests: softmax of a linear layer, four pixels to four
//! classes, with the running mean of all pixels as its only buffer that moves.

use std::fs;
use std::path::Path;

use resnet_runtime::{
    DynModel, DynNetwork, DynTrainer, Error, Explanation, LayerCall, LayerInfo, ModelInfo,
    Observer, Optimizer, OutputInfo, PACKED_MAGIC, ParameterInfo, Parameters, PlanInfo,
    Preprocessing, Role, Sizes, Table,
};

const CLASSES: usize = 4;
const PIXELS: usize = 4;

pub(crate) const INFO: ModelInfo = ModelInfo {
    name: "fake",
    input: [1, 2, 2],
    outputs: &[OutputInfo::new("logits", [CLASSES, 1, 1], 0)],
    class_names: &[],
    preprocessing: Preprocessing::NONE,
    spec_hash: "0123456789abcdef",
    parameters: Table::new(&[
        ParameterInfo::new("bn1.running_mean", &[1], Role::RunningMean, 0),
        ParameterInfo::new("bn1.running_var", &[1], Role::RunningVar, 16),
        ParameterInfo::new("fc.weight", &[CLASSES, PIXELS], Role::LinearWeight, 0),
        ParameterInfo::new("fc.bias", &[CLASSES], Role::Bias, 64),
    ]),
    parameter_count: 20,
    macs: 16,
    layers: Table::new(&[LayerInfo {
        name: "fc",
        op: "linear",
        input: [4, 1, 1],
        output: [4, 1, 1],
        parameters: 20,
        macs: 16,
        algorithm: "direct",
    }]),
    sizes: Sizes {
        master: 80,
        trained: 80,
        running: 32,
        packed: 160,
        workspace: 0,
        training_workspace: 0,
        packed_forward: 128,
        packed_backward: 128,
        saved: 0,
    },
    inference_plan: PlanInfo {
        peak: 32,
        lower_bound: 32,
        logical_lower_bound: 8,
    },
    training_plan: PlanInfo {
        peak: 64,
        lower_bound: 48,
        logical_lower_bound: 12,
    },
    trainable: true,
    explained: Some([2, 1, 2]),
    max_batch: None,
};

/// The same, its values seen as two classes for each of two pixels.
pub(crate) const MAPPED: ModelInfo = ModelInfo {
    name: "mapped",
    outputs: &[OutputInfo::new("map", [2, 1, 2], 0)],
    explained: None,
    ..INFO
};

/// The network, as one of these says it is; every limit on batches is kept as
/// the real ones keep it.
pub(crate) struct Network(&'static ModelInfo);

/// Classes of an image.
pub(crate) static NETWORK: Network = Network(&INFO);

/// Classes of pixels.
pub(crate) static MAPPED_NETWORK: Network = Network(&MAPPED);

impl DynNetwork for Network {
    fn info(&self) -> &'static ModelInfo {
        self.0
    }

    fn model(
        &self,
        parameters: &Parameters<f32>,
        batch_limit: usize,
        threads: usize,
    ) -> Result<Box<dyn DynModel>, Error> {
        Ok(Box::new(Linear::new(parameters, batch_limit, threads)))
    }

    fn model_of_file(
        &self,
        path: &Path,
        batch_limit: usize,
        threads: usize,
    ) -> Result<Box<dyn DynModel>, Error> {
        let bytes = fs::read(path).unwrap();
        let bytes = bytes.strip_prefix(&PACKED_MAGIC).unwrap();
        let parameters = Parameters::from_bytes(self.0, bytes)?;
        self.model(&parameters, batch_limit, threads)
    }

    /// A header before the parameters.
    fn packed(&self, parameters: &Parameters<f32>) -> Result<Vec<u8>, Error> {
        Ok([&PACKED_MAGIC[..], &parameters.to_bytes()].concat())
    }

    fn trainer(
        &self,
        parameters: &Parameters<f32>,
        batch_limit: usize,
        threads: usize,
    ) -> Result<Box<dyn DynTrainer>, Error> {
        Ok(Box::new(Linear::new(parameters, batch_limit, threads)))
    }
}

struct Linear {
    info: &'static ModelInfo,
    weight: Vec<f32>,
    bias: Vec<f32>,
    mean: f32,
    d_weight: Vec<f32>,
    d_bias: Vec<f32>,
    momentum: Vec<f32>,
    averaged: Option<Parameters<f32>>,
    aside: Option<(Vec<f32>, Vec<f32>)>,
    images: Vec<f32>,
    logits: Vec<f32>,
    batch_limit: usize,
    threads: usize,
    observer: Option<Observer>,
}

impl Linear {
    fn new(parameters: &Parameters<f32>, batch_limit: usize, threads: usize) -> Self {
        Self {
            info: parameters.info(),
            weight: parameters.get("fc.weight").unwrap(),
            bias: parameters.get("fc.bias").unwrap(),
            mean: parameters.get("bn1.running_mean").unwrap()[0],
            d_weight: vec![0.0; CLASSES * PIXELS],
            d_bias: vec![0.0; CLASSES],
            momentum: vec![0.0; CLASSES * PIXELS + CLASSES],
            averaged: None,
            aside: None,
            images: Vec::new(),
            logits: Vec::new(),
            batch_limit,
            threads,
            observer: None,
        }
    }

    /// Tells the observer.
    fn calls(&mut self, operation: &'static str) {
        if let Some(observer) = &mut self.observer {
            observer(LayerCall::sweep(operation, [PIXELS, 1, 1], [CLASSES, 1, 1]));
        }
    }

    fn infer(&mut self, images: &[f32]) -> &[f32] {
        for operation in ["input", "linear", "output"] {
            self.calls(operation);
        }
        let count = images.len() / PIXELS;
        assert!(count * PIXELS == images.len() && (1..=self.batch_limit).contains(&count));
        self.logits.clear();
        for image in images.chunks_exact(PIXELS) {
            for (row, bias) in self.weight.chunks_exact(PIXELS).zip(&self.bias) {
                let products = row.iter().zip(image).map(|(weight, pixel)| weight * pixel);
                self.logits.push(bias + products.sum::<f32>());
            }
        }
        &self.logits
    }
}

impl DynModel for Linear {
    fn info(&self) -> &'static ModelInfo {
        self.info
    }
    fn batch_limit(&self) -> usize {
        self.batch_limit
    }
    fn threads(&self) -> usize {
        self.threads
    }
    fn forward(&mut self, images: &[f32]) -> Result<&[f32], Error> {
        Ok(self.infer(images))
    }
    fn output(&self, name: &str) -> Option<&[f32]> {
        (name == self.info.outputs[0].name).then_some(&self.logits)
    }
    fn observe(&mut self, observer: Option<Observer>) {
        self.observer = observer;
    }
    fn fork(&self) -> Box<dyn DynModel> {
        let parameters = self.parameters();
        Box::new(Self::new(&parameters, self.batch_limit, self.threads))
    }
}

impl DynTrainer for Linear {
    fn info(&self) -> &'static ModelInfo {
        self.info
    }
    fn batch_limit(&self) -> usize {
        self.batch_limit
    }
    fn threads(&self) -> usize {
        self.threads
    }

    fn forward(&mut self, images: &[f32]) -> Result<&[f32], Error> {
        let mean = images.iter().sum::<f32>() / images.len() as f32;
        self.mean = 0.9 * self.mean + 0.1 * mean;
        self.images = images.to_vec();
        Ok(self.infer(images))
    }

    fn output(&self, name: &str) -> Option<&[f32]> {
        DynModel::output(self, name)
    }

    fn backward_outputs(&mut self, d_outputs: &[(&str, &[f32])]) -> Result<(), Error> {
        d_outputs.iter().try_for_each(|(_, d)| self.backward(d))
    }

    fn backward(&mut self, d_outputs: &[f32]) -> Result<(), Error> {
        self.calls("linear_backward_weight");
        let zeros = || (vec![0.0; CLASSES * PIXELS], vec![0.0; CLASSES]);
        (self.d_weight, self.d_bias) = self.aside.take().unwrap_or_else(zeros);
        let rows = d_outputs.chunks_exact(CLASSES);
        for (d_row, image) in rows.zip(self.images.chunks_exact(PIXELS)) {
            for (class, d) in d_row.iter().enumerate() {
                self.d_bias[class] += d;
                for (pixel, value) in image.iter().enumerate() {
                    self.d_weight[class * PIXELS + pixel] += d * value;
                }
            }
        }
        Ok(())
    }

    fn update(&mut self, optimizer: &Optimizer) -> Result<(), Error> {
        self.calls("update_linear");
        let Optimizer::Sgd(sgd) = optimizer else {
            panic!("{optimizer:?}: only SGD")
        };
        let values = self.weight.iter_mut().chain(&mut self.bias);
        let gradients = self.d_weight.iter().chain(&self.d_bias);
        for ((value, gradient), momentum) in values.zip(gradients).zip(&mut self.momentum) {
            *momentum = sgd.momentum as f32 * *momentum + gradient;
            *value -= sgd.lr as f32 * (gradient + sgd.momentum as f32 * *momentum);
        }
        Ok(())
    }

    fn evaluate(&mut self, images: &[f32]) -> Result<&[f32], Error> {
        Ok(self.infer(images))
    }

    fn explain(&mut self, images: &[f32], d_output: &[f32]) -> Result<Explanation<f32>, Error> {
        let model = self.info.name;
        let shape = self.info.explained;
        let shape = shape.ok_or(Error::NotExplained { model })?;
        self.infer(images);
        let mut gradient = vec![0.0; images.len()];
        let rows = d_output.chunks_exact(CLASSES);
        for (d_image, d_row) in gradient.chunks_exact_mut(PIXELS).zip(rows) {
            for (d, weights) in d_row.iter().zip(self.weight.chunks_exact(PIXELS)) {
                let products = d_image.iter_mut().zip(weights);
                products.for_each(|(sum, weight)| *sum += d * weight);
            }
        }
        let map = images.to_vec();
        Ok(Explanation {
            shape,
            map,
            gradient,
        })
    }

    fn parameters(&self) -> Parameters<f32> {
        let mut parameters = Parameters::init(self.info, 0);
        parameters.set("fc.weight", &self.weight).unwrap();
        parameters.set("fc.bias", &self.bias).unwrap();
        parameters.set("bn1.running_mean", &[self.mean]).unwrap();
        parameters
    }

    fn gradient(&self, name: &str) -> Option<Vec<f32>> {
        match name {
            "fc.weight" => Some(self.d_weight.clone()),
            "fc.bias" => Some(self.d_bias.clone()),
            _ => None,
        }
    }

    fn momentum(&self, name: &str) -> Option<Vec<f32>> {
        let (weight, bias) = self.momentum.split_at(CLASSES * PIXELS);
        match name {
            "fc.weight" => Some(weight.to_vec()),
            "fc.bias" => Some(bias.to_vec()),
            _ => None,
        }
    }

    fn set_momentum(&mut self, name: &str, values: &[f32]) -> Result<(), Error> {
        let (weight, bias) = self.momentum.split_at_mut(CLASSES * PIXELS);
        match name {
            "fc.weight" => weight.copy_from_slice(values),
            "fc.bias" => bias.copy_from_slice(values),
            _ => panic!("no momentum `{name}`"),
        }
        Ok(())
    }

    fn second_moment(&self, _: &str) -> Option<Vec<f32>> {
        None
    }
    fn set_second_moment(&mut self, name: &str, _: &[f32]) -> Result<(), Error> {
        panic!("no second moment `{name}`")
    }
    fn gradient_norm(&self) -> f64 {
        let gradients = self.d_weight.iter().chain(&self.d_bias);
        gradients.map(|d| f64::from(d * d)).sum::<f64>().sqrt()
    }
    fn clip_gradients(&mut self, longest: f64) -> f64 {
        let norm = self.gradient_norm();
        let factor = (longest / norm).min(1.0) as f32;
        let gradients = self.d_weight.iter_mut().chain(&mut self.d_bias);
        gradients.for_each(|d| *d *= factor);
        norm
    }
    fn accumulate(&mut self) -> Result<(), Error> {
        self.aside = Some((self.d_weight.clone(), self.d_bias.clone()));
        Ok(())
    }
    fn average(&mut self, decay: f64) -> Result<(), Error> {
        let mut averaged = self.averaged.take().unwrap_or_else(|| self.parameters());
        let current = self.parameters();
        for name in ["fc.weight", "fc.bias", "bn1.running_mean"] {
            let (old, new) = (averaged.get(name).unwrap(), current.get(name).unwrap());
            let decay = decay as f32;
            let values = old
                .iter()
                .zip(new)
                .map(|(a, b)| decay * a + (1.0 - decay) * b);
            averaged.set(name, &values.collect::<Vec<_>>())?;
        }
        self.averaged = Some(averaged);
        Ok(())
    }
    fn averaged(&self) -> Option<Parameters<f32>> {
        self.averaged.clone()
    }
    fn set_averaged(&mut self, parameters: &Parameters<f32>) -> Result<(), Error> {
        self.averaged = Some(parameters.clone());
        Ok(())
    }
    fn evaluate_averaged(&mut self, images: &[f32]) -> Result<&[f32], Error> {
        let parameters = self.averaged.clone().unwrap_or_else(|| self.parameters());
        let mut other = Self::new(&parameters, self.batch_limit, self.threads);
        self.logits = other.infer(images).to_vec();
        Ok(&self.logits)
    }
    fn estimate_statistics(&mut self, images: &[f32], batches: usize) -> Result<(), Error> {
        let mean = images.iter().sum::<f32>() / images.len() as f32;
        self.mean += (mean - self.mean) / batches as f32;
        Ok(())
    }
    fn updates(&self) -> u64 {
        0
    }
    fn set_updates(&mut self, _: u64) {}

    // Nothing in it is left to chance.
    fn set_seed(&mut self, _: u64) {}
    fn observe(&mut self, observer: Option<Observer>) {
        self.observer = observer;
    }
    fn steps(&self) -> u64 {
        0
    }
    fn set_steps(&mut self, _: u64) {}
}
