//! What the products of a block ask for while they compute: maps don't stay
//! in a core's own cache, and transforms that wait for them take longer than
//! the products between them.

use core::ops::Range;

use super::Winograd;
use crate::Element;

/// Stretches of maps that are asked for bit by bit.
pub(super) struct Ahead<E> {
    /// From where on, and how many elements.
    stretches: [(*const E, usize); STRETCHES],
}

/// The next block's input; this block's output and residual.
const STRETCHES: usize = 3;

impl<E> Ahead<E> {
    /// Nothing.
    pub(super) fn nothing() -> Self {
        Self {
            stretches: [(core::ptr::null(), 0); STRETCHES],
        }
    }

    /// Adds a range of a batch that starts at `base`.
    pub(super) fn add(&mut self, base: *const E, range: Range<usize>) {
        let free = self.stretches.iter_mut().find(|(_, left)| *left == 0);
        if let Some(stretch) = free {
            *stretch = (base.wrapping_add(range.start), range.len());
        }
    }

    /// Where the next elements are asked for, if any are left.
    pub(super) fn take(&mut self, elements: usize) -> Option<*const E> {
        let (from, left) = self.stretches.iter_mut().find(|(_, left)| *left > 0)?;
        let at = *from;
        *from = at.wrapping_add(elements);
        *left = left.saturating_sub(elements);
        Some(at)
    }
}

impl<E: Element> Winograd<'_, E> {
    /// What the products of a block ask for, where weights are near.
    pub(super) fn ahead(&self, block: Range<usize>, next: Range<usize>) -> Ahead<E> {
        let mut ahead = Ahead::nothing();
        let Self {
            tiles,
            input,
            output,
            ..
        } = self;
        let outputs = tiles.outputs(&output.map, block.clone());
        ahead.add(output.image(0).cast_const(), outputs);
        if let Some(residual) = self.epilogue.residual {
            ahead.add(residual.image(0), tiles.outputs(&residual.map, block));
        }
        ahead.add(input.image(0), tiles.inputs(&input.map, next));
        ahead
    }
}
