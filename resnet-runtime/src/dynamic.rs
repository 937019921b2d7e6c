//! Object-safe views of networks, models and trainers, so that command lines
//! and training loops are compiled once for all networks.

use crate::{Error, Model, ModelInfo, Network, Observer, Parameters, Sgd, Trainer, Weights};

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
    fn update(&mut self, sgd: &Sgd) -> Result<(), Error>;
    /// See [`Trainer::evaluate`].
    ///
    /// # Errors
    ///
    /// As [`Trainer::evaluate`].
    fn evaluate(&mut self, images: &[f32]) -> Result<&[f32], Error>;
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
    fn update(&mut self, sgd: &Sgd) -> Result<(), Error> {
        self.update(sgd)
    }
    fn evaluate(&mut self, images: &[f32]) -> Result<&[f32], Error> {
        self.evaluate(images)
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
