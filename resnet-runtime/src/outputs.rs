//! Where a network's outputs stay until the next run.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use crate::aligned::Aligned;
use crate::model::per_image;
use crate::{Element, Error, ModelInfo};

/// The outputs of a batch, one after the other: each begins at its offset
/// times the batch limit, image by image.
pub(crate) struct Outputs<E: Element> {
    info: &'static ModelInfo,
    elements: Aligned<E>,
    limit: usize,
    /// Images of the last run.
    batch: usize,
}

impl<E: Element> Outputs<E> {
    /// Room for batches of up to a limit; no run yet.
    pub(crate) fn new(info: &'static ModelInfo, limit: usize) -> Result<Self, Error> {
        Ok(Self {
            info,
            elements: per_image(info.output_elements(), limit, "the outputs")?,
            limit,
            batch: 0,
        })
    }

    /// A run of `batch` images begins.
    pub(crate) fn begin(&mut self, batch: usize) {
        self.batch = batch;
    }

    /// Where a run writes to.
    pub(crate) fn slots(&mut self) -> Slots<'_, E> {
        Slots::new(&mut self.elements, self.limit)
    }

    /// The first output of the last run.
    pub(crate) fn first(&self) -> &[E] {
        self.at(0)
    }

    /// An output of the last run (nothing before the first), or `None` for a
    /// name that no output has.
    pub(crate) fn get(&self, name: &str) -> Option<&[E]> {
        let outputs = self.info.outputs;
        let index = outputs.iter().position(|output| output.name == name)?;
        Some(self.at(index))
    }

    /// All outputs of the last run with their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &[E])> {
        let outputs = self.info.outputs.iter().enumerate();
        outputs.map(|(index, output)| (output.name, self.at(index)))
    }

    fn at(&self, index: usize) -> &[E] {
        let output = &self.info.outputs[index];
        &self.elements[output.offset * self.limit..][..output.elements() * self.batch]
    }
}

/// Where the outputs of some images of a batch go: of all, or of those from one
/// on.
#[derive(Debug)]
pub(crate) struct Slots<'a, E> {
    elements: &'a mut [E],
    limit: usize,
    first: usize,
}

impl<'a, E> Slots<'a, E> {
    /// Those of a whole batch, in outputs for `limit` images.
    pub(crate) fn new(elements: &'a mut [E], limit: usize) -> Self {
        Self {
            elements,
            limit,
            first: 0,
        }
    }

    /// Those of the images from one on.
    pub(crate) fn from(&mut self, first: usize) -> Slots<'_, E> {
        Slots {
            elements: self.elements,
            limit: self.limit,
            first,
        }
    }

    /// Those of the output at `offset`, which has so many elements an image.
    pub(crate) fn at(&mut self, offset: usize, per_image: usize) -> &mut [E] {
        &mut self.elements[offset * self.limit + self.first * per_image..]
    }
}

/// Refuses gradients that don't belong to outputs of `batch` images.
pub(crate) fn check_gradients<E>(
    info: &ModelInfo,
    batch: usize,
    d_outputs: &[(&str, &[E])],
) -> Result<(), Error> {
    for (index, &(name, d_output)) in d_outputs.iter().enumerate() {
        let known = info.outputs.iter().find(|output| output.name == name);
        let output = known.ok_or_else(|| Error::UnknownOutput {
            name: name.to_owned(),
            model: info.name,
            known: info.outputs.iter().map(|output| output.name).collect(),
        })?;
        if d_outputs[..index].iter().any(|(other, _)| *other == name) {
            let name = name.to_owned();
            return Err(Error::RepeatedOutput { name });
        }
        let expected = batch * output.elements();
        if d_output.len() != expected {
            return Err(Error::Length {
                what: format!("gradient of `{name}`"),
                found: d_output.len(),
                expected: format!("{expected} ({:?})", output.batch_shape(batch)),
            });
        }
    }
    Ok(())
}
