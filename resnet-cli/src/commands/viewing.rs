//! What commands have in common that run a network on pictures.

use anyhow::Result;
use resnet_runtime::{DynModel, DynNetwork, Parameters};

use super::load;
use crate::args::{Pictures, Weights};
use crate::images::{Seen, Source, Transform, in_batches, sources};

/// A network and the pictures that it is shown.
pub(super) struct Viewing {
    pub(super) parameters: Parameters<f32>,
    model: Box<dyn DynModel>,
    transform: Transform,
    sources: Vec<Source>,
    threads: usize,
}

impl Viewing {
    /// Finds the pictures, then loads the weights.
    pub(super) fn new(
        network: &dyn DynNetwork,
        pictures: &Pictures,
        weights: &Weights,
    ) -> Result<Self> {
        let info = network.info();
        let transform = Transform::of(info)?;
        let sources = sources(&pictures.pictures)?;
        let parameters = load(info, weights)?;
        let threads = pictures.threads.count();
        let batch = pictures.batch_size.min(sources.len());
        Ok(Self {
            model: network.model(&parameters, batch, threads)?,
            parameters,
            transform,
            sources,
            threads,
        })
    }

    /// Runs the model on all pictures, and gives `each` the batches with their
    /// values; see [`in_batches`].
    pub(super) fn run(
        &mut self,
        mut each: impl FnMut(&dyn DynModel, &[Seen], &[f32]) -> Result<()>,
    ) -> Result<()> {
        let model = &mut *self.model;
        let sizes = [model.batch_limit(), self.threads];
        in_batches(&self.sources, &self.transform, sizes, |seen, values| {
            model.forward(values)?;
            each(model, seen, values)
        })
    }
}
