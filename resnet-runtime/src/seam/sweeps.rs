//! Sweeps over maps.

use core::ops::Range;

use crate::geometry::{CHANNEL_BLOCK, round_up};

mod backward;
mod batch_norm;
#[cfg(test)]
mod derivatives;
mod drop;
mod fixed_norm;
mod gates;
mod shared;
#[cfg(test)]
mod tests;

/// The elements of a vector with one value for each channel.
pub(in crate::seam) fn vector(offset: usize, channels: usize) -> Range<usize> {
    offset..offset.saturating_add(round_up(channels, CHANNEL_BLOCK))
}

/// Two parts of a slice that don't overlap.
#[track_caller]
pub(in crate::seam) fn pair<E>(
    of: &mut [E],
    first: Range<usize>,
    second: Range<usize>,
) -> (&mut [E], &mut [E]) {
    match of.get_disjoint_mut([first.clone(), second.clone()]) {
        Ok([first, second]) => (first, second),
        Err(error) => panic!("{first:?} and {second:?}: {error}"),
    }
}
