//! The functions that emitted code calls, and nothing else does.
//!
//! Every function is sound for any argument: lengths, offsets and aliasing are
//! checked once a call, and a plan that doesn't fit panics.

/// Its items once for each element, which they call `E`.
///
/// What is generic would be compiled in every crate that calls it: anew for
/// each network, and without optimisation in a debug build. These are compiled
/// here, with everything below them.
macro_rules! for_each_element {
    ($($item:item)*) => {
        mod of_f32 {
            use super::*;
            type E = f32;
            $($item)*
        }
        mod of_f64 {
            use super::*;
            type E = f64;
            $($item)*
        }
    };
}

mod arena;
mod conv2d;
#[cfg(test)]
mod conv2d_tests;
mod max_pooled;
mod micro_batches;
mod observed;
mod pack;
mod parts;
mod sweeps;
mod update;
mod winograd;

pub(crate) use arena::{Arena, Scratch, Source, Target, checked_len};
pub(crate) use observed::Observed;
#[doc(hidden)]
pub use parts::StepParts;

use crate::Element;
use crate::checkpoint::Unpacked;
use crate::optimizer::Rule;
use crate::outputs::Slots;

/// Bytes that start on a cache line, as embedded weights do.
#[doc(hidden)]
#[derive(Debug)]
#[repr(C, align(64))]
pub struct CacheLines<T: ?Sized>(pub T);

/// Weights on their way from training layout to packed panels.
#[derive(Debug)]
pub struct Pack<'a, E: Element> {
    pub(crate) values: &'a dyn Unpacked<E>,
    pub(crate) packed: &'a mut [E],
}

/// One inference of a batch, or of as many of its images as the arena holds.
#[derive(Debug)]
pub struct Forward<'a, E> {
    pub(crate) images: &'a [E],
    pub(crate) outputs: Slots<'a, E>,
    pub(crate) arena: &'a mut [E],
    pub(crate) packed: &'a [E],
    /// As much for each thread as the plan says.
    pub(crate) workspace: &'a mut [E],
    /// Images of this run.
    pub(crate) batch: usize,
    /// Images the arena was made for.
    pub(crate) limit: usize,
    pub(crate) threads: usize,
    /// Told of each call.
    pub(crate) observed: Observed<'a>,
}

/// One training step of a batch: forward, backward and update in turn.
#[derive(Debug)]
pub struct Step<'a, E> {
    pub(crate) images: &'a [E],
    pub(crate) outputs: Slots<'a, E>,
    /// Gradients of outputs by name; of an output that isn't here it is zero.
    pub(crate) d_outputs: &'a [(&'a str, &'a [E])],
    pub(crate) arena: &'a mut [E],
    pub(crate) master: &'a mut [E],
    pub(crate) gradients: &'a mut [E],
    /// Momenta and second moments, as far as the optimiser keeps them.
    pub(crate) state: [&'a mut [E]; 2],
    pub(crate) running: &'a mut [E],
    pub(crate) saved: &'a mut [E],
    pub(crate) packed_forward: &'a mut [E],
    pub(crate) packed_backward: &'a mut [E],
    /// As that of [`Forward`].
    pub(crate) workspace: &'a mut [E],
    /// The share of a batch's statistics in the running ones, instead of the
    /// norms' own momentum.
    pub(crate) statistics_share: Option<f64>,
    /// Whether it is an evaluation with gradients: batch norms take the
    /// running statistics and leave them, nothing is dropped.
    pub(crate) evaluates: bool,
    /// Where the last map and its gradient go, if they are asked for.
    pub(crate) explained: Option<[&'a mut [E]; 2]>,
    /// Key of all random draws.
    pub(crate) seed: u64,
    /// Tells this step's draws from those of others.
    pub(crate) step: u64,
    /// Images in this batch.
    pub(crate) batch: usize,
    /// Images the arena was made for.
    pub(crate) limit: usize,
    pub(crate) threads: usize,
    /// Told of each call.
    pub(crate) observed: Observed<'a>,
    pub(crate) optimizer: Option<Rule<E>>,
}
