//! Which images make which batch.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;

use crate::augment::Augmenter;
use crate::dataset::DataSet;
use crate::random::Draws;

/// The order in which an epoch visits `len` images. It depends on the seed
/// and the epoch alone.
pub(crate) fn shuffled(seed: u64, epoch: usize, len: usize) -> Vec<usize> {
    let mut draws = Draws::of_epoch(seed, epoch);
    let mut order: Vec<_> = (0..len).collect();
    for last in (1..len).rev() {
        order.swap(last, draws.below(last + 1));
    }
    order
}

/// The batches of an epoch. A last batch of a single image is left out, since
/// batch norm has no variance of one.
pub(crate) fn batches(order: &[usize], size: usize) -> impl ExactSizeIterator<Item = &[usize]> {
    let used = if order.len() % size == 1 {
        order.len() - 1
    } else {
        order.len()
    };
    order[..used].chunks(size)
}

/// The images and labels of one batch; its memory is used again by another.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Normalised values, `[image][channel][row][column]`.
    pub(crate) images: Vec<f32>,
    /// Class of each image.
    pub(crate) labels: Vec<usize>,
}

impl Batch {
    /// Replaces the batch by images of a data set as they are.
    pub(crate) fn fill(
        &mut self,
        data: &DataSet,
        indices: impl IntoIterator<Item = usize>,
    ) -> Result<()> {
        self.fill_augmented(data, (&Augmenter::none(), 0), indices)
    }

    /// Replaces it by images changed as they are in an epoch.
    fn fill_augmented(
        &mut self,
        data: &DataSet,
        (augmenter, epoch): (&Augmenter, usize),
        indices: impl IntoIterator<Item = usize>,
    ) -> Result<()> {
        self.images.clear();
        self.labels.clear();
        for index in indices {
            let picture = data.picture(index)?;
            augmenter.add(picture, (epoch, index), &data.transform, &mut self.images);
            self.labels.push(data.label(index));
        }
        Ok(())
    }
}

/// The batches of all epochs, numbered through.
pub(crate) struct Epochs<'a> {
    data: &'a DataSet,
    augmenter: &'a Augmenter,
    seed: u64,
    /// Images of a batch.
    size: usize,
    /// Batches of an epoch.
    pub(crate) len: usize,
    /// Of the last epochs that were asked for.
    orders: Mutex<Vec<(usize, Arc<[usize]>)>>,
}

impl<'a> Epochs<'a> {
    pub(crate) fn new(
        data: &'a DataSet,
        augmenter: &'a Augmenter,
        (seed, size): (u64, usize),
    ) -> Self {
        let order: Vec<_> = (0..data.len()).collect();
        Self {
            data,
            augmenter,
            seed,
            size,
            len: batches(&order, size).len(),
            orders: Mutex::default(),
        }
    }

    /// Fills the batch of this number, counted from 0.
    pub(crate) fn fill(&self, number: usize, batch: &mut Batch) -> Result<()> {
        let epoch = number / self.len + 1;
        let order = self.order(epoch);
        let indices = batches(&order, self.size).nth(number % self.len);
        let indices = indices.into_iter().flatten().copied();
        batch.fill_augmented(self.data, (self.augmenter, epoch), indices)
    }

    /// The order of an epoch, counted from 1.
    fn order(&self, epoch: usize) -> Arc<[usize]> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, order)) = orders.iter().find(|(known, _)| *known == epoch) {
            return Arc::clone(order);
        }
        let order: Arc<[usize]> = shuffled(self.seed, epoch, self.data.len()).into();
        // Workers are at the end of one epoch and at the start of the next.
        if orders.len() == 2 {
            orders.remove(0);
        }
        orders.push((epoch, Arc::clone(&order)));
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_a_permutation() {
        let mut order = shuffled(1, 2, 1000);
        assert_ne!(order, (0..1000).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn an_order_depends_on_seed_and_epoch_only() {
        assert_eq!(shuffled(1, 2, 100), shuffled(1, 2, 100));
        assert_ne!(shuffled(1, 2, 100), shuffled(1, 3, 100));
        assert_ne!(shuffled(1, 2, 100), shuffled(2, 2, 100));
        // Pinned, so that old runs stay reproducible.
        assert_eq!(shuffled(42, 1, 8), [6, 3, 7, 0, 4, 2, 1, 5]);
    }

    #[test]
    fn a_last_batch_needs_two_images() {
        let order: Vec<_> = (0..9).collect();
        let sizes = |size| batches(&order, size).map(<[_]>::len).collect::<Vec<_>>();
        assert_eq!(sizes(4), [4, 4]);
        assert_eq!(sizes(7), [7, 2]);
        assert_eq!(sizes(9), [9]);
        assert_eq!(batches(&order[..1], 4).len(), 0);
    }
}
