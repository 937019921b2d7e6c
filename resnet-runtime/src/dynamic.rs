//! Object-safe views of networks, models and trainers, so that command lines
//! and training loops are compiled once for all networks.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use crate::{
    Error, Explanation, Model, ModelInfo, Network, Observer, Optimizer, Parameters, Trainer,
    Weights,
};

/// Any network over `f32`: what a command line is given.
pub trait DynNetwork: Send + Sync {
    /// The network as data.
    fn info(&self) -> &'static ModelInfo;

    /// A model with these parameters, folded and packed; see [`Model::new`].
    ///
    /// # Errors
    ///
    /// As [`Weights::from_parameters`] and [`Model::new`].
    fn model(
        &self,
        parameters: &Parameters<f32>,
        batch_limit: usize,
        threads: usize,
    ) -> Result<Box<dyn DynModel>, Error>;

    /// A model with the weights of a file, which may be packed ones; see
    /// [`Weights::load`].
    ///
    /// # Errors
    ///
    /// As [`Weights::load`] and [`Model::new`].
    #[cfg(feature = "std")]
    fn model_of_file(
        &self,
        path: &std::path::Path,
        batch_limit: usize,
        threads: usize,
    ) -> Result<Box<dyn DynModel>, Error>;

    /// These parameters as a file of packed weights; see
    /// [`Weights::to_packed_bytes`].
    ///
    /// # Errors
    ///
    /// As [`Weights::from_parameters`].
    fn packed(&self, parameters: &Parameters<f32>) -> Result<Vec<u8>, Error>;

    /// A trainer that starts from these parameters; see [`Trainer::new`].
    ///
    /// # Errors
    ///
    /// As [`Trainer::new`].
    fn trainer(
        &self,
        parameters: &Parameters<f32>,
        batch_limit: usize,
        threads: usize,
    ) -> Result<Box<dyn DynTrainer>, Error>;
}

/// A [`Model`] of any network over `f32`.
pub trait DynModel: Send {
    /// The network as data.
    fn info(&self) -> &'static ModelInfo;
    /// The most images of a batch.
    fn batch_limit(&self) -> usize;
    /// The threads that share a batch.
    fn threads(&self) -> usize;
    /// See [`Model::forward`].
    ///
    /// # Errors
    ///
    /// As [`Model::forward`].
    fn forward(&mut self, images: &[f32]) -> Result<&[f32], Error>;
    /// See [`Model::output`].
    fn output(&self, name: &str) -> Option<&[f32]>;
    /// See [`Model::observe`].
    fn observe(&mut self, observer: Option<Observer>);
    /// See [`Model::fork`].
    fn fork(&self) -> Box<dyn DynModel>;
}

/// A [`Trainer`] of any network over `f32`.
pub trait DynTrainer: Send {
    /// The network as data.
    fn info(&self) -> &'static ModelInfo;
    /// The most images of a batch.
    fn batch_limit(&self) -> usize;
    /// The threads that share a batch.
    fn threads(&self) -> usize;
    /// See [`Trainer::forward`].
    ///
    /// # Errors
    ///
    /// As [`Trainer::forward`].
    fn forward(&mut self, images: &[f32]) -> Result<&[f32], Error>;
    /// See [`Trainer::output`].
    fn output(&self, name: &str) -> Option<&[f32]>;
    /// See [`Trainer::backward`].
    ///
    /// # Errors
    ///
    /// As [`Trainer::backward`].
    fn backward(&mut self, d_output: &[f32]) -> Result<(), Error>;
    /// See [`Trainer::backward_outputs`].
    ///
    /// # Errors
    ///
    /// As [`Trainer::backward_outputs`].
    fn backward_outputs(&mut self, d_outputs: &[(&str, &[f32])]) -> Result<(), Error>;
    /// See [`Trainer::update`].
    ///
    /// # Errors
    ///
    /// As [`Trainer::update`].
    fn update(&mut self, optimizer: &Optimizer) -> Result<(), Error>;
    /// See [`Trainer::evaluate`].
    ///
    /// # Errors
    ///
    /// As [`Trainer::evaluate`].
    fn evaluate(&mut self, images: &[f32]) -> Result<&[f32], Error>;
    /// See [`Trainer::explain`].
    ///
    /// # Errors
    ///
    /// As [`Trainer::explain`].
    fn explain(&mut self, images: &[f32], d_output: &[f32]) -> Result<Explanation<f32>, Error>;
    /// See [`Trainer::parameters`].
    fn parameters(&self) -> Parameters<f32>;
    /// See [`Trainer::gradient`].
    fn gradient(&self, name: &str) -> Option<Vec<f32>>;
    /// See [`Trainer::momentum`].
    fn momentum(&self, name: &str) -> Option<Vec<f32>>;
    /// See [`Trainer::set_momentum`].
    ///
    /// # Errors
    ///
    /// As [`Trainer::set_momentum`].
    fn set_momentum(&mut self, name: &str, values: &[f32]) -> Result<(), Error>;
    /// See [`Trainer::second_moment`].
    fn second_moment(&self, name: &str) -> Option<Vec<f32>>;
    /// See [`Trainer::set_second_moment`].
    ///
    /// # Errors
    ///
    /// As [`Trainer::set_second_moment`].
    fn set_second_moment(&mut self, name: &str, values: &[f32]) -> Result<(), Error>;
    /// See [`Trainer::gradient_norm`].
    fn gradient_norm(&self) -> f64;
    /// See [`Trainer::clip_gradients`].
    fn clip_gradients(&mut self, longest: f64) -> f64;
    /// See [`Trainer::accumulate`].
    ///
    /// # Errors
    ///
    /// As [`Trainer::accumulate`].
    fn accumulate(&mut self) -> Result<(), Error>;
    /// See [`Trainer::average`].
    ///
    /// # Errors
    ///
    /// As [`Trainer::average`].
    fn average(&mut self, decay: f64) -> Result<(), Error>;
    /// See [`Trainer::averaged`].
    fn averaged(&self) -> Option<Parameters<f32>>;
    /// See [`Trainer::set_averaged`].
    ///
    /// # Errors
    ///
    /// As [`Trainer::set_averaged`].
    fn set_averaged(&mut self, parameters: &Parameters<f32>) -> Result<(), Error>;
    /// See [`Trainer::evaluate_averaged`].
    ///
    /// # Errors
    ///
    /// As [`Trainer::evaluate_averaged`].
    fn evaluate_averaged(&mut self, images: &[f32]) -> Result<&[f32], Error>;
    /// See [`Trainer::estimate_statistics`].
    ///
    /// # Errors
    ///
    /// As [`Trainer::estimate_statistics`].
    fn estimate_statistics(&mut self, images: &[f32], batches: usize) -> Result<(), Error>;
    /// See [`Trainer::updates`].
    fn updates(&self) -> u64;
    /// See [`Trainer::set_updates`].
    fn set_updates(&mut self, updates: u64);
    /// See [`Trainer::set_seed`].
    fn set_seed(&mut self, seed: u64);
    /// See [`Trainer::observe`].
    fn observe(&mut self, observer: Option<Observer>);
    /// See [`Trainer::steps`].
    fn steps(&self) -> u64;
    /// See [`Trainer::set_steps`].
    fn set_steps(&mut self, steps: u64);
}

impl<N: Network<Element = f32>> DynNetwork for N {
    fn info(&self) -> &'static ModelInfo {
        N::INFO
    }

    fn model(
        &self,
        parameters: &Parameters<f32>,
        batch_limit: usize,
        threads: usize,
    ) -> Result<Box<dyn DynModel>, Error> {
        let weights = Weights::<N>::from_parameters(parameters)?;
        Ok(Box::new(Model::new(&weights, batch_limit, threads)?))
    }

    #[cfg(feature = "std")]
    fn model_of_file(
        &self,
        path: &std::path::Path,
        batch_limit: usize,
        threads: usize,
    ) -> Result<Box<dyn DynModel>, Error> {
        let weights = Weights::<N>::load(path)?;
        Ok(Box::new(Model::new(&weights, batch_limit, threads)?))
    }

    fn packed(&self, parameters: &Parameters<f32>) -> Result<Vec<u8>, Error> {
        let weights = Weights::<N>::from_parameters(parameters)?;
        Ok(weights.to_packed_bytes())
    }

    fn trainer(
        &self,
        parameters: &Parameters<f32>,
        batch_limit: usize,
        threads: usize,
    ) -> Result<Box<dyn DynTrainer>, Error> {
        Ok(Box::new(Trainer::<N>::new(
            parameters,
            batch_limit,
            threads,
        )?))
    }
}

// Inherent functions go before those of a trait: none of these calls itself.

impl<N: Network<Element = f32>> DynModel for Model<N> {
    fn info(&self) -> &'static ModelInfo {
        N::INFO
    }
    fn batch_limit(&self) -> usize {
        self.batch_limit()
    }
    fn threads(&self) -> usize {
        self.threads()
    }
    fn forward(&mut self, images: &[f32]) -> Result<&[f32], Error> {
        self.forward(images)
    }
    fn output(&self, name: &str) -> Option<&[f32]> {
        self.output(name)
    }
    fn observe(&mut self, observer: Option<Observer>) {
        self.observe(observer);
    }
    fn fork(&self) -> Box<dyn DynModel> {
        Box::new(self.fork())
    }
}

impl<N: Network<Element = f32>> DynTrainer for Trainer<N> {
    fn info(&self) -> &'static ModelInfo {
        N::INFO
    }
    fn batch_limit(&self) -> usize {
        self.batch_limit()
    }
    fn threads(&self) -> usize {
        self.threads()
    }
    fn forward(&mut self, images: &[f32]) -> Result<&[f32], Error> {
        self.forward(images)
    }
    fn output(&self, name: &str) -> Option<&[f32]> {
        self.output(name)
    }
    fn backward(&mut self, d_output: &[f32]) -> Result<(), Error> {
        self.backward(d_output)
    }
    fn backward_outputs(&mut self, d_outputs: &[(&str, &[f32])]) -> Result<(), Error> {
        self.backward_outputs(d_outputs)
    }
    fn update(&mut self, optimizer: &Optimizer) -> Result<(), Error> {
        self.update(optimizer)
    }
    fn evaluate(&mut self, images: &[f32]) -> Result<&[f32], Error> {
        self.evaluate(images)
    }
    fn explain(&mut self, images: &[f32], d_output: &[f32]) -> Result<Explanation<f32>, Error> {
        self.explain(images, d_output)
    }
    fn parameters(&self) -> Parameters<f32> {
        self.parameters()
    }
    fn gradient(&self, name: &str) -> Option<Vec<f32>> {
        self.gradient(name)
    }
    fn momentum(&self, name: &str) -> Option<Vec<f32>> {
        self.momentum(name)
    }
    fn set_momentum(&mut self, name: &str, values: &[f32]) -> Result<(), Error> {
        self.set_momentum(name, values)
    }
    fn second_moment(&self, name: &str) -> Option<Vec<f32>> {
        self.second_moment(name)
    }
    fn set_second_moment(&mut self, name: &str, values: &[f32]) -> Result<(), Error> {
        self.set_second_moment(name, values)
    }
    fn gradient_norm(&self) -> f64 {
        self.gradient_norm()
    }
    fn clip_gradients(&mut self, longest: f64) -> f64 {
        self.clip_gradients(longest)
    }
    fn accumulate(&mut self) -> Result<(), Error> {
        self.accumulate()
    }
    fn average(&mut self, decay: f64) -> Result<(), Error> {
        self.average(decay)
    }
    fn averaged(&self) -> Option<Parameters<f32>> {
        self.averaged()
    }
    fn set_averaged(&mut self, parameters: &Parameters<f32>) -> Result<(), Error> {
        self.set_averaged(parameters)
    }
    fn evaluate_averaged(&mut self, images: &[f32]) -> Result<&[f32], Error> {
        self.evaluate_averaged(images)
    }
    fn estimate_statistics(&mut self, images: &[f32], batches: usize) -> Result<(), Error> {
        self.estimate_statistics(images, batches)
    }
    fn updates(&self) -> u64 {
        self.updates()
    }
    fn set_updates(&mut self, updates: u64) {
        self.set_updates(updates);
    }
    fn set_seed(&mut self, seed: u64) {
        self.set_seed(seed);
    }
    fn observe(&mut self, observer: Option<Observer>) {
        self.observe(observer);
    }
    fn steps(&self) -> u64 {
        self.steps()
    }
    fn set_steps(&mut self, steps: u64) {
        self.set_steps(steps);
    }
}
