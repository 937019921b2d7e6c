//! Which images make which batch, and their conversion to floats.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::dataset::DataSet;

/// The order in which an epoch visits `len` images. It depends on the seed
/// and the epoch alone: each epoch has a stream of the generator to itself,
/// so a run that starts in the middle sees what an uninterrupted one sees.
pub(crate) fn shuffled(seed: u64, epoch: usize, len: usize) -> Vec<usize> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(epoch as u64);
    let mut order: Vec<_> = (0..len).collect();
    for last in (1..len).rev() {
        // Multiplication instead of a remainder; its bias is below len / 2^64.
        let chosen = (u128::from(random.next_u64()) * (last as u128 + 1)) >> 64;
        order.swap(last, chosen as usize);
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

/// The images and labels of one batch; its memory is used again by the next.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Pixels from 0 to 1, `[image][channel][row][column]`.
    pub(crate) images: Vec<f32>,
    /// Class of each image.
    pub(crate) labels: Vec<usize>,
}

impl Batch {
    /// Replaces the batch by images of a data set.
    pub(crate) fn fill(&mut self, data: &DataSet, indices: impl IntoIterator<Item = usize>) {
        self.images.clear();
        self.labels.clear();
        for index in indices {
            let pixels = data.image(index).iter();
            self.images
                .extend(pixels.map(|&pixel| f32::from(pixel) / 255.0));
            self.labels.push(data.label(index));
        }
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
