//! What works on many elements, compiled here.
//!
//! A generic function is compiled in every crate that calls it: anew for each
//! program, and without optimisation in a debug build. Callers of these reach
//! them through a table for each element, which compiles them with the runtime.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use crate::checkpoint::Bytes;
use crate::ops::flat;
use crate::parameters::{self, NewHead, from_file, to_file};
use crate::{Element, Error, ModelInfo, ParameterInfo, Parameters, Precision, checkpoint, loss};

/// Logits, labels, sizes and room for the gradient, to the loss.
type CrossEntropy<E> = fn(&[E], &[usize], [usize; 2], &mut [E]) -> E;

/// Logits, soft labels, classes and room for the gradient, to the loss.
type SoftCrossEntropy<E> = fn(&[E], &[E], usize, &mut [E]) -> E;

/// A file to parameters, with a head of its own if asked for.
type Decode<E> =
    fn(&'static ModelInfo, &dyn Bytes, Option<NewHead>) -> Result<Parameters<E>, Error>;

/// The functions for one element.
pub struct Compiled<E: Element> {
    pub(crate) init: fn(&'static ModelInfo, u64) -> Result<Parameters<E>, Error>,
    pub(crate) decode: Decode<E>,
    pub(crate) encode: fn(&Parameters<E>, Precision) -> Vec<u8>,
    pub(crate) suspicious: fn(&Parameters<E>) -> Vec<String>,
    pub(crate) to_file: fn(&ParameterInfo, &[E]) -> Vec<E>,
    pub(crate) from_file: fn(&ParameterInfo, &[E], &mut [E]),
    pub(crate) cross_entropy: CrossEntropy<E>,
    pub(crate) soft_cross_entropy: SoftCrossEntropy<E>,
    pub(crate) sum_of_squares: fn(usize, &[E]) -> f64,
    pub(crate) blend: fn(usize, &mut [E], &[E], [f64; 2]),
    pub(crate) scale: fn(usize, &mut [E], f64),
}

impl<E: Element> Compiled<E> {
    const TABLE: Self = Self {
        init: parameters::init,
        decode: parameters::decode,
        encode: checkpoint::encode,
        suspicious: parameters::suspicious,
        to_file,
        from_file: |parameter, values, region| from_file(parameter, |i| values[i], region),
        cross_entropy: loss::cross_entropy_of_maps,
        soft_cross_entropy: loss::cross_entropy_of_targets,
        sum_of_squares: flat::sum_of_squares,
        blend: flat::blend,
        scale: flat::scale,
    };
}

// Statics, since these are compiled where they stand.
pub(crate) static F32: Compiled<f32> = Compiled::TABLE;
pub(crate) static F64: Compiled<f64> = Compiled::TABLE;
