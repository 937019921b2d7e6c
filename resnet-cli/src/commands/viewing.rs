//! What commands have in common that run a network on pictures.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Result;
use resnet_runtime::{DynModel, DynNetwork, PACKED_MAGIC, Parameters};

use super::load;
use crate::args::{Pictures, Weights};
use crate::images::{Seen, Source, Transform, in_batches, sources};

/// A network and the pictures that it is shown.
pub(super) struct Viewing {
    /// What the weights were made of, unless they came packed.
    pub(super) parameters: Option<Parameters<f32>>,
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
        let threads = pictures.threads.count();
        let batch = pictures.batch_size.min(sources.len());
        let (model, parameters) = match begins_packed(&weights.path) {
            true => {
                let model = network.model_of_file(&weights.path, batch, threads)?;
                (model, None)
            }
            false => {
                let parameters = load(info, weights)?;
                let model = network.model(&parameters, batch, threads)?;
                (model, Some(parameters))
            }
        };
        Ok(Self {
            model,
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

/// Whether a file holds packed weights; one that can't be read doesn't.
fn begins_packed(path: &Path) -> bool {
    let mut begin = [0; PACKED_MAGIC.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut begin));
    read.is_ok() && begin == PACKED_MAGIC
}
