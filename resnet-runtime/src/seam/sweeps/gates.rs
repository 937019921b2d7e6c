//! Gradients of what [`shared`](super::shared) joins, scales and blurs.

use crate::geometry::{BlurPool, Buffer};
use crate::ops::rows::Sweep;
use crate::ops::{blur_pool, concat, scale};
use crate::seam::{Arena, Step};

for_each_element! {
impl Step<'_, E> {
    /// The gradient of the factors that a map was scaled by.
    /// `accumulate` is added; it may be exactly `d_factors`.
    pub fn scale_backward_factors(
        &mut self,
        d_output: Buffer,
        input: Buffer,
        d_factors: Buffer,
        accumulate: Option<Buffer>,
    ) {
        self.observed.sweep("scale_backward_factors", d_output, d_factors);
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let d_factors = arena.write(d_factors);
        let d_output = arena.read(d_output);
        let input = arena.read(input);
        let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[d_factors]));
        let sweep = Sweep::new(self.threads);
        scale::scale_backward_factors(sweep, d_output, input, accumulate, d_factors);
    }

    /// The gradient of the input whose channels begin at `first`.
    /// `accumulate` is added; it may be exactly `d_input`.
    pub fn concat_backward(
        &mut self,
        first: usize,
        d_output: Buffer,
        d_input: Buffer,
        accumulate: Option<Buffer>,
    ) {
        self.observed.sweep("concat_backward", d_output, d_input);
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let d_input = arena.write(d_input);
        let d_output = arena.read(d_output);
        let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[d_input]));
        let sweep = Sweep::new(self.threads);
        concat::concat_backward(sweep, first, d_output, accumulate, d_input);
    }

    /// The gradient of the map that was blurred.
    /// `accumulate` is added; it may be exactly `d_input`.
    pub fn blur_pool_backward(
        &mut self,
        kernel: usize,
        stride: usize,
        d_output: Buffer,
        d_input: Buffer,
        accumulate: Option<Buffer>,
    ) {
        self.observed.sweep("blur_pool_backward", d_output, d_input);
        let sizes = BlurPool::new(kernel, stride);
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let d_input = arena.write(d_input);
        let d_output = arena.read(d_output);
        let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[d_input]));
        let sweep = Sweep::new(self.threads);
        blur_pool::blur_pool_backward(sweep, &sizes, d_output, accumulate, d_input);
    }
}
}
