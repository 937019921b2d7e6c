//! Gradients of what [`shared`](super::shared) sweeps.

use crate::geometry::{Activation, Buffer, Pool2d};
use crate::ops::rows::Sweep;
use crate::ops::{activation, average_pool, layout, max_pool, subsample};
use crate::seam::{Arena, Step};

for_each_element! {
impl Step<'_, E> {
    /// The gradient of an output to a map; zero where none was given.
    /// `accumulate` is added; it may be exactly `to`.
    pub fn d_output(&mut self, output: &str, to: Buffer, accumulate: Option<Buffer>) {
        self.observed.sweep("d_output", to, to);
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let to = arena.write(to);
        let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[to]));
        let given = self.d_outputs.iter().find(|(name, _)| *name == output);
        let d_output = given.map(|(_, d_output)| *d_output);
        layout::d_output(Sweep::new(self.threads), d_output, accumulate, to);
    }

    /// Copies the last map and its gradient to where they were asked for;
    /// `true` if they were: nothing else is wanted of this backward pass.
    pub fn explain(&mut self, map: Buffer, d_map: Buffer) -> bool {
        let Some(explained) = &mut self.explained else {
            return false;
        };
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        for (buffer, to) in [map, d_map].into_iter().zip(explained) {
            layout::output(Sweep::new(self.threads), arena.read(buffer), to);
        }
        true
    }

    /// The gradient of a maximum goes to the first winner in scan order.
    /// `accumulate` is added; it may be exactly `d_input`.
    pub fn max_pool_backward(
        &mut self,
        pool: &Pool2d,
        input: Buffer,
        d_output: Buffer,
        d_input: Buffer,
        accumulate: Option<Buffer>,
    ) {
        self.observed.sweep("max_pool_backward", d_output, d_input);
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let d_input = arena.write(d_input);
        let input = arena.read(input);
        let d_output = arena.read(d_output);
        let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[d_input]));
        max_pool::max_pool_backward(
            Sweep::new(self.threads),
            pool,
            input,
            d_output,
            accumulate,
            d_input,
        );
    }

    /// The gradient of a mean is shared among the window.
    /// `accumulate` is added; it may be exactly `d_input`.
    pub fn average_pool_backward(
        &mut self,
        pool: &Pool2d,
        d_output: Buffer,
        d_input: Buffer,
        accumulate: Option<Buffer>,
    ) {
        self.observed.sweep("average_pool_backward", d_output, d_input);
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let d_input = arena.write(d_input);
        let d_output = arena.read(d_output);
        let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[d_input]));
        average_pool::average_pool_backward(
            Sweep::new(self.threads),
            pool,
            d_output,
            accumulate,
            d_input,
        );
    }

    /// The gradient of a channel's mean is shared among its pixels.
    /// `accumulate` is added; it may be exactly `d_input`.
    pub fn global_average_pool_backward(
        &mut self,
        d_output: Buffer,
        d_input: Buffer,
        accumulate: Option<Buffer>,
    ) {
        let pool = average_pool::global(&d_input.map);
        self.average_pool_backward(&pool, d_output, d_input, accumulate);
    }

    /// The gradient of the pixels that were taken, zero elsewhere.
    /// `accumulate` is added; it may be exactly `d_input`.
    pub fn subsample_backward(
        &mut self,
        stride: [usize; 2],
        d_output: Buffer,
        d_input: Buffer,
        accumulate: Option<Buffer>,
    ) {
        self.observed.sweep("subsample_backward", d_output, d_input);
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let d_input = arena.write(d_input);
        let d_output = arena.read(d_output);
        let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[d_input]));
        subsample::subsample_backward(
            Sweep::new(self.threads),
            stride,
            d_output,
            accumulate,
            d_input,
        );
    }

    /// The gradient times the activation's derivative, which is computed from
    /// `kept`: the output if it follows from that, else the input.
    /// `accumulate` is added; it may be exactly `d_input`, and so may
    /// `d_output`.
    pub fn activate_backward(
        &mut self,
        activation: Activation,
        kept: Buffer,
        d_output: Buffer,
        d_input: Buffer,
        accumulate: Option<Buffer>,
    ) {
        self.observed.sweep("activate_backward", d_output, d_input);
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let d_input = arena.write(d_input);
        let kept = arena.read(kept);
        let d_output = arena.read_in_place(d_output, &[d_input]);
        let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[d_input]));
        activation::activate_backward(
            Sweep::new(self.threads),
            activation,
            kept,
            d_output,
            accumulate,
            d_input,
        );
    }
}
}
