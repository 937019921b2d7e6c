//! What layers compute, forward and backward: loops around the kernels.
//!
//! Operators take checked views of the arena, are safe to call, and take the
//! table of kernels they run as an argument.

pub(crate) mod activation;
pub(crate) mod average_pool;
#[cfg(feature = "std")]
pub(crate) mod bandwidth;
pub(crate) mod batch_norm;
pub(crate) mod blur_pool;
pub(crate) mod concat;
pub(crate) mod conv2d;
pub(crate) mod conv2d_backward_input;
pub(crate) mod conv2d_backward_weight;
pub(crate) mod conv2d_by_rows;
pub(crate) mod conv2d_max_pool;
pub(crate) mod direct;
pub(crate) mod drop;
pub(crate) mod elementwise;
pub(crate) mod extent;
pub(crate) mod flat;
pub(crate) mod layout;
pub(crate) mod max_pool;
pub(crate) mod pack;
pub(crate) mod pack_winograd;
pub(crate) mod rows;
pub(crate) mod scale;
mod shares;
pub(crate) mod statistics;
pub(crate) mod subsample;
mod weighted;
mod windows;
pub(crate) mod winograd;

#[cfg(test)]
mod conv2d_max_pool_tests;
#[cfg(test)]
mod conv2d_tests;
#[cfg(test)]
pub(crate) mod reference;
#[cfg(test)]
pub(crate) mod reference_activations;
#[cfg(test)]
mod reference_sweeps;
#[cfg(test)]
mod statistics_tests;
#[cfg(test)]
mod winograd_tests;
