//! The products of a block of transformed tiles with weights.

use super::weights::PanelWeights;
use super::{Room, Winograd};
use crate::Element;
use crate::kernels::ConvKernels;
use crate::kernels::winograd::Product;
use crate::ops::extent::{part, pieces};

impl<E: Element> Winograd<'_, E> {
    /// Runs of channels that count at a frequency, and channels of a run; they
    /// are two phases apart.
    ///
    /// A kernel's odd taps are one fewer than its even ones, so that they have
    /// nothing at infinity, the last frequency of a row and of a column: of
    /// rows these are the last two phases, of columns every other.
    fn runs(&self, frequency: usize) -> (usize, usize) {
        if self.depth == self.phase {
            return (1, self.depth);
        }
        let last = self.tiles.side - 1;
        let is_last = (
            frequency / (last + 1) == last,
            frequency % (last + 1) == last,
        );
        match is_last {
            (false, false) => (1, self.depth),
            (true, false) => (1, 2 * self.phase),
            (false, true) => (2, self.phase),
            (true, true) => (1, self.phase),
        }
    }

    /// Multiplies a block of transformed tiles with one panel of weights, at
    /// every frequency.
    ///
    /// # Safety
    ///
    /// The room holds the block.
    pub(super) unsafe fn multiply(
        &self,
        kernels: &ConvKernels<E>,
        tiles: usize,
        panel: usize,
        weights: PanelWeights<'_, E>,
        room: &mut Room<'_, E>,
    ) {
        let Room {
            values,
            sums,
            ahead,
        } = room;
        let table = kernels.winograd().product[self.vectors(kernels, panel) - 1];
        let groups = pieces(tiles, table.len());
        let width = kernels.panel();
        for frequency in 0..self.frequencies() {
            let weight = &weights.values[frequency * weights.frequency..][..self.depth * width];
            let values = &values[frequency * self.values_frequency(tiles)..];
            let sums = &mut sums[frequency * self.sums_frequency(kernels, tiles)..];
            let (runs, depth) = self.runs(frequency);
            for index in 0..groups {
                let group = part(tiles, index, groups);
                // One group asks for all of the next weights, or two for one
                // half each.
                let next = weight.as_ptr().wrapping_add(weights.frequency);
                let (ahead, ahead_vectors) = match index {
                    _ if weights.are_near => match ahead.take(self.depth * kernels.lanes) {
                        Some(place) => (place, 1),
                        None => (next, 0),
                    },
                    0 if groups == 1 => (next, 2),
                    0 => (next, 1),
                    _ if index == groups / 2 => (next.wrapping_add(weight.len() / 2), 1),
                    _ => (next, 0),
                };
                let product = Product {
                    values: values[group.start * self.tile_stride..].as_ptr(),
                    values_tile: self.tile_stride,
                    runs,
                    depth,
                    run_step: 2 * self.phase,
                    weight: weight.as_ptr(),
                    sums: sums[group.start * width..].as_mut_ptr(),
                    ahead,
                    ahead_vectors,
                };
                // SAFETY: as the caller promises, and the table is of this
                // processor's instructions.
                unsafe { table[group.len() - 1](&product) };
            }
        }
    }
}
