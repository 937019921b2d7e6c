//! Inference of a batch, a few images at a time.

use super::Forward;
use crate::Element;

impl<E: Element> Forward<'_, E> {
    /// Has a network run the batch by as many images at a time as the arena was
    /// made for, each time through all layers, so that what one layer writes is
    /// near when the next one reads it.
    pub(crate) fn in_micro_batches(mut self, run: impl Fn(&mut Forward<'_, E>)) {
        let image = self.images.len() / self.batch;
        for (index, images) in self.images.chunks(self.limit * image).enumerate() {
            run(&mut Forward {
                images,
                outputs: self.outputs.from(index * self.limit),
                arena: self.arena,
                packed: self.packed,
                workspace: self.workspace,
                batch: images.len() / image,
                limit: self.limit,
                threads: self.threads,
                observed: self.observed.again(),
            });
        }
    }
}
