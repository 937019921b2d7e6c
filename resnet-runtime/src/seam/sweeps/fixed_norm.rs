//! Batch norm over statistics that stay as they are: frozen layers in training,
//! and layers of inference that no convolution took.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use super::{pair, vector};
use crate::Element;
use crate::geometry::{Activation, BatchNorm, Buffer};
use crate::ops::elementwise::{self, Norm};
use crate::ops::rows::Sweep;
use crate::seam::{Arena, Forward, Pack, Step};

for_each_element! {
impl Pack<'_, E> {
    /// Packs scale, shift, mean and `1 / sqrt(variance + epsilon)` of each
    /// channel, one vector after the other.
    pub fn fixed_norm(&mut self, norm: &BatchNorm, channels: usize, packed: usize) {
        let block = vector(0, channels).end;
        let (vectors, inv_std) = self.packed[packed..][..4 * block].split_at_mut(3 * block);
        let sources = [
            self.values.master(norm.weight, block),
            self.values.master(norm.bias, block),
            self.values.running(norm.running_mean, block),
        ];
        for (vector, source) in vectors.chunks_exact_mut(block).zip(sources) {
            vector.copy_from_slice(&source);
        }
        let variances = self.values.running(norm.running_var, block);
        invert(&variances, norm.epsilon, inv_std);
    }
}

impl Forward<'_, E> {
    /// `activation(weight * (input - mean) * inv_std + bias)` with the vectors
    /// at offset `packed`. The output may be exactly the input.
    pub fn fixed_norm(
        &mut self,
        input: Buffer,
        output: Buffer,
        activation: Activation,
        packed: usize,
    ) {
        self.observed.sweep("fixed_norm", input, output);
        let block = vector(0, input.map.channels).end;
        let packed = &self.packed[packed..][..4 * block];
        let at = |i: usize| &packed[i * block..][..block];
        let vectors = Norm {
            weight: at(0),
            bias: at(1),
            mean: at(2),
            inv_std: at(3),
        };
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let output = arena.write(output);
        let input = arena.read_in_place(input, &[output]);
        let sweep = Sweep::new(self.threads);
        elementwise::combine(sweep, input, Some(vectors), None, activation, output);
    }
}

impl Step<'_, E> {
    /// Saves the running mean and `1 / sqrt(variance + epsilon)` of each
    /// channel, when the trainer is made: no step changes them. Zeros follow.
    pub fn fix_norm(&mut self, norm: &BatchNorm, saved: usize, channels: usize) {
        if self.optimizer.is_none() {
            self.save_running(norm, saved, channels);
        }
    }

    /// Saves the running mean and `1 / sqrt(variance + epsilon)` of each channel.
    pub(crate) fn save_running(&mut self, norm: &BatchNorm, saved: usize, channels: usize) {
        let at = vector(saved, channels);
        let (mean, inv_std) = pair(self.saved, at.clone(), vector(at.end, channels));
        mean.copy_from_slice(&self.running[vector(norm.running_mean, channels)]);
        let variances = &self.running[vector(norm.running_var, channels)];
        invert(variances, norm.epsilon, inv_std);
    }

    /// `weight * (input - mean) * inv_std + bias` with the fixed statistics.
    /// The output may be exactly the input.
    pub fn fixed_norm(&mut self, norm: &BatchNorm, saved: usize, input: Buffer, output: Buffer) {
        self.observed.sweep("fixed_norm", input, output);
        let channels = input.map.channels;
        let mean = vector(saved, channels);
        let vectors = Norm {
            weight: &self.master[vector(norm.weight, channels)],
            bias: &self.master[vector(norm.bias, channels)],
            mean: &self.saved[mean.clone()],
            inv_std: &self.saved[vector(mean.end, channels)],
        };
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let output = arena.write(output);
        let input = arena.read_in_place(input, &[output]);
        let sweep = Sweep::new(self.threads);
        let identity = Activation::Identity;
        elementwise::combine(sweep, input, Some(vectors), None, identity, output);
    }

    /// `d_input = weight * inv_std * d_output + accumulate`. `d_input` may be
    /// exactly `d_output` or `accumulate`.
    pub fn fixed_norm_backward(
        &mut self,
        norm: &BatchNorm,
        saved: usize,
        d_output: Buffer,
        d_input: Buffer,
        accumulate: Option<Buffer>,
    ) {
        self.observed.sweep("fixed_norm_backward", d_output, d_input);
        let channels = d_output.map.channels;
        let inv_std = vector(vector(saved, channels).end, channels);
        // The gradient is scaled as the values are, and not shifted.
        let zeros = &self.saved[vector(inv_std.end, channels)];
        let vectors = Norm {
            weight: &self.master[vector(norm.weight, channels)],
            bias: zeros,
            mean: zeros,
            inv_std: &self.saved[inv_std],
        };
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let d_input = arena.write(d_input);
        let d_output = arena.read_in_place(d_output, &[d_input]);
        let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[d_input]));
        let sweep = Sweep::new(self.threads);
        let identity = Activation::Identity;
        elementwise::combine(
            sweep,
            d_output,
            Some(vectors),
            accumulate,
            identity,
            d_input,
        );
    }
}
}

/// `1 / sqrt(variance + epsilon)` of each channel.
fn invert<E: Element>(variances: &[E], epsilon: f64, inv_std: &mut [E]) {
    for (inv_std, variance) in inv_std.iter_mut().zip(variances) {
        *inv_std = E::from_f64(1.0 / (variance.to_f64() + epsilon).sqrt());
    }
}
