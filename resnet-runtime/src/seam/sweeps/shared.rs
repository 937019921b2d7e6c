//! What inference and training sweep alike.

use crate::geometry::{Activation, BlurPool, Buffer, Pool2d};
use crate::ops::rows::Sweep;
use crate::ops::{
    activation, average_pool, blur_pool, concat, elementwise, layout, max_pool, scale, subsample,
};
use crate::seam::{Arena, Forward, Step};

/// The same functions for each of the named types.
macro_rules! shared_sweeps {
    ($($name:ident),*) => { for_each_element! { $(
        impl $name<'_, E> {
            /// The images to a map, which may lack whole channel blocks.
            pub fn input(&mut self, to: Buffer) {
                self.observed.sweep("input", to, to);
                let mut arena = Arena::new(self.arena, self.batch, self.limit);
                let to = arena.write_packed(to);
                layout::input(Sweep::new(self.threads), self.images, to);
            }

            /// The maximum of each window.
            pub fn max_pool(&mut self, pool: &Pool2d, input: Buffer, output: Buffer) {
                self.observed.sweep("max_pool", input, output);
                let mut arena = Arena::new(self.arena, self.batch, self.limit);
                let output = arena.write(output);
                let input = arena.read(input);
                max_pool::max_pool(Sweep::new(self.threads), pool, input, output);
            }

            /// The mean of each window.
            pub fn average_pool(&mut self, pool: &Pool2d, input: Buffer, output: Buffer) {
                self.observed.sweep("average_pool", input, output);
                let mut arena = Arena::new(self.arena, self.batch, self.limit);
                let output = arena.write(output);
                let input = arena.read(input);
                average_pool::average_pool(Sweep::new(self.threads), pool, input, output);
            }

            /// The mean of each channel, a map of a single pixel.
            pub fn global_average_pool(&mut self, input: Buffer, output: Buffer) {
                self.average_pool(&average_pool::global(&input.map), input, output);
            }

            /// Every `stride`-th pixel; channels beyond the input's are zero.
            pub fn subsample(&mut self, stride: [usize; 2], input: Buffer, output: Buffer) {
                self.observed.sweep("subsample", input, output);
                let mut arena = Arena::new(self.arena, self.batch, self.limit);
                let output = arena.write(output);
                let input = arena.read(input);
                subsample::subsample(Sweep::new(self.threads), stride, input, output);
            }

            /// `activation(a + b)`; the output may be exactly `a` or `b`.
            pub fn add(&mut self, a: Buffer, b: Buffer, output: Buffer, activation: Activation) {
                self.observed.sweep("add", a, output);
                let mut arena = Arena::new(self.arena, self.batch, self.limit);
                let output = arena.write(output);
                let a = arena.read_in_place(a, &[output]);
                let b = arena.read_in_place(b, &[output]);
                elementwise::combine(Sweep::new(self.threads), a, None, Some(b), activation, output);
            }

            /// `activation(input)`; the output may be exactly the input.
            pub fn activate(&mut self, activation: Activation, input: Buffer, output: Buffer) {
                self.observed.sweep("activate", input, output);
                let mut arena = Arena::new(self.arena, self.batch, self.limit);
                let output = arena.write(output);
                let input = arena.read_in_place(input, &[output]);
                activation::activate(Sweep::new(self.threads), activation, input, output);
            }

            /// Each channel times its factor, plus `accumulate`; the output may
            /// be exactly the input or `accumulate`. Backward scales the
            /// gradient alike.
            pub fn scale(
                &mut self,
                input: Buffer,
                factors: Buffer,
                output: Buffer,
                accumulate: Option<Buffer>,
            ) {
                self.observed.sweep("scale", input, output);
                let mut arena = Arena::new(self.arena, self.batch, self.limit);
                let output = arena.write(output);
                let factors = arena.read(factors);
                let input = arena.read_in_place(input, &[output]);
                let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[output]));
                scale::scale(Sweep::new(self.threads), input, factors, accumulate, output);
            }

            /// The input to the channels of the output from `first` on. The
            /// call that writes the last ones completes the map.
            pub fn concat(&mut self, first: usize, input: Buffer, output: Buffer) {
                // One layer, though each of its inputs takes a call.
                if first == 0 {
                    self.observed.sweep("concat", input, output);
                }
                let mut arena = Arena::new(self.arena, self.batch, self.limit);
                let output = arena.write(output);
                let input = arena.read(input);
                concat::concat(Sweep::new(self.threads), first, input, output);
            }

            /// A binomial filter at every `stride`-th pixel.
            pub fn blur_pool(&mut self, kernel: usize, stride: usize, input: Buffer, output: Buffer) {
                self.observed.sweep("blur_pool", input, output);
                let sizes = BlurPool::new(kernel, stride);
                let mut arena = Arena::new(self.arena, self.batch, self.limit);
                let output = arena.write(output);
                let input = arena.read(input);
                blur_pool::blur_pool(Sweep::new(self.threads), &sizes, input, output);
            }

            /// A map to the output that begins at `to`, in elements per image.
            pub fn output(&mut self, from: Buffer, to: usize) {
                self.observed.sweep("output", from, from);
                let mut arena = Arena::new(self.arena, self.batch, self.limit);
                let from = arena.read(from);
                let map = &from.map;
                let outputs = self.outputs.at(to, map.channels * map.height * map.width);
                layout::output(Sweep::new(self.threads), from, outputs);
            }
        }
    )* } };
}

shared_sweeps!(Forward, Step);
