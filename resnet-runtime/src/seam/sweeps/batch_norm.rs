//! Batch norm over the statistics of the batch.

use super::{pair, vector};
use crate::geometry::{Activation, Algorithm, BatchNorm, Buffer, Conv2d};
use crate::ops::batch_norm::{self, Backward};
use crate::ops::elementwise::{self, Norm};
use crate::ops::rows::Sweep;
use crate::ops::statistics::Statistics;
use crate::seam::conv2d::Saved;
use crate::seam::{Arena, Step};

for_each_element! {
impl Step<'_, E> {
    /// A convolution without bias, and its output's statistics: the batch's
    /// mean and `1 / sqrt(variance + epsilon)` of each channel, saved.
    #[allow(clippy::too_many_arguments, reason = "emitted code names each once")]
    pub fn conv2d_statistics(
        &mut self,
        conv: &Conv2d,
        input: Buffer,
        output: Buffer,
        packed: usize,
        saved: usize,
        scratch: usize,
        epsilon: f64,
        algorithm: Algorithm,
    ) {
        let saved = Saved { at: saved, scratch, epsilon };
        self.convolve(conv, [input, output], None, packed, algorithm, Some(saved));
    }

    /// Saves the statistics of a map, where no convolution computed them.
    pub fn batch_norm_statistics(
        &mut self,
        of: Buffer,
        saved: usize,
        scratch: usize,
        epsilon: f64,
    ) {
        if self.evaluates {
            return;
        }
        self.observed.sweep("batch_norm_statistics", of, of);
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let input = arena.read(of);
        let scratch_of = arena.scratch(scratch, of.map.reduction_scratch());
        let statistics =
            Statistics::new(Sweep::new(self.threads), of.map, self.batch, scratch_of);
        statistics.of_all(input);
        let saved = Saved { at: saved, scratch, epsilon };
        let [mean, inv_std] = saved.vectors(self.saved, of.map.channels);
        statistics.merge(epsilon, mean, inv_std);
    }

    /// `activation(weight * (input - mean) * inv_std + bias + residual)` with
    /// the saved statistics, which the running ones follow (in an evaluation it
    /// is the other way round). The output may be exactly the input or the
    /// residual.
    pub fn batch_norm(
        &mut self,
        norm: &BatchNorm,
        saved: usize,
        input: Buffer,
        residual: Option<Buffer>,
        output: Buffer,
        activation: Activation,
    ) {
        self.observed.sweep("batch_norm", input, output);
        self.normalise(norm, saved, input, residual, output, activation);
        if self.evaluates {
            return;
        }
        let map = input.map;
        let mean = vector(saved, map.channels);
        let (mean, inv_std) = (&self.saved[mean.clone()], &self.saved[vector(mean.end, map.channels)]);
        let (running_mean, running_var) = pair(
            self.running,
            norm.running_mean..norm.running_mean.saturating_add(map.channels),
            norm.running_var..norm.running_var.saturating_add(map.channels),
        );
        let count = self.batch * map.height * map.width;
        let momentum = self.statistics_share.unwrap_or(norm.momentum);
        let norm = &BatchNorm { momentum, ..*norm };
        batch_norm::update_running(norm, count, mean, inv_std, running_mean, running_var);
    }

    /// The same once more in backward, where the running statistics have
    /// followed those of the batch.
    pub fn batch_norm_again(
        &mut self,
        norm: &BatchNorm,
        saved: usize,
        input: Buffer,
        residual: Option<Buffer>,
        output: Buffer,
        activation: Activation,
    ) {
        self.observed.sweep("batch_norm_again", input, output);
        self.normalise(norm, saved, input, residual, output, activation);
    }

    fn normalise(
        &mut self,
        norm: &BatchNorm,
        saved: usize,
        input: Buffer,
        residual: Option<Buffer>,
        output: Buffer,
        activation: Activation,
    ) {
        let map = input.map;
        if self.evaluates {
            self.save_running(norm, saved, map.channels);
        }
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let output = arena.write(output);
        let input = arena.read_in_place(input, &[output]);
        let residual = residual.map(|residual| arena.read_in_place(residual, &[output]));
        let vectors = vectors(self.master, self.saved, norm, saved, map.channels);
        elementwise::combine(
            Sweep::new(self.threads),
            input,
            Some(vectors),
            residual,
            activation,
            output,
        );
    }

    /// The gradients of a batch norm's parameters, of its input and, when
    /// asked for, of what was added to its output. `output` is that of the
    /// activation, needed unless that is the identity, or a ReLU with nothing
    /// added before it. `d_residual` may be exactly `d_output`, and so may
    /// `d_input` where `d_residual` isn't.
    #[allow(clippy::too_many_arguments, reason = "emitted code names each once")]
    pub fn batch_norm_backward(
        &mut self,
        norm: &BatchNorm,
        saved: usize,
        scratch: usize,
        activation: Activation,
        input: Buffer,
        output: Option<Buffer>,
        d_output: Buffer,
        d_input: Buffer,
        d_residual: Option<Buffer>,
    ) {
        self.observed.sweep("batch_norm_backward", d_output, d_input);
        let map = input.map;
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let d_input = arena.write(d_input);
        let d_residual = d_residual.map(|d_residual| arena.write(d_residual));
        let scratch = arena.scratch(scratch, map.reduction_scratch());
        let d_output = arena.read_in_place(d_output, &[d_input, d_residual.unwrap_or(d_input)]);
        let backward = Backward {
            activation,
            input: arena.read(input),
            follows_batch: !self.evaluates,
            output: output.map(|output| arena.read(output)),
            d_output,
            d_residual,
            d_input,
        };
        let vectors = vectors(self.master, self.saved, norm, saved, map.channels);
        let (d_weight, d_bias) = pair(
            self.gradients,
            vector(norm.weight, map.channels),
            vector(norm.bias, map.channels),
        );
        backward.run(Sweep::new(self.threads), vectors, scratch, d_weight, d_bias);
    }
}
}

/// Parameters and saved statistics of a batch norm.
fn vectors<'a, E>(
    master: &'a [E],
    saved: &'a [E],
    norm: &BatchNorm,
    at: usize,
    channels: usize,
) -> Norm<'a, E> {
    let mean = vector(at, channels);
    Norm {
        weight: &master[vector(norm.weight, channels)],
        bias: &master[vector(norm.bias, channels)],
        mean: &saved[mean.clone()],
        inv_std: &saved[vector(mean.end, channels)],
    }
}
