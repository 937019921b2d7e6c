//! What inference and training sweep alike.

use crate::Element;
use crate::geometry::{Activation, Buffer, Pool2d};
use crate::ops::rows::Sweep;
use crate::ops::{average_pool, elementwise, layout, max_pool, subsample};
use crate::seam::{Arena, Forward, Step};

/// The same functions for each of the named types.
macro_rules! shared_sweeps {
    ($($name:ident),*) => {$(
        impl<E: Element> $name<'_, E> {
            /// The images to a map, which may lack whole channel blocks.
            pub fn input(&mut self, to: Buffer) {
                let mut arena = Arena::new(self.arena, self.batch, self.limit);
                let to = arena.write_packed(to);
                layout::input(Sweep::new(self.threads), self.images, to);
            }

            /// The maximum of each window.
            pub fn max_pool(&mut self, pool: &Pool2d, input: Buffer, output: Buffer) {
                let mut arena = Arena::new(self.arena, self.batch, self.limit);
                let output = arena.write(output);
                let input = arena.read(input);
                max_pool::max_pool(Sweep::new(self.threads), pool, input, output);
            }

            /// The mean of each window; padding counts as zeros.
            pub fn average_pool(&mut self, pool: &Pool2d, input: Buffer, output: Buffer) {
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
                let mut arena = Arena::new(self.arena, self.batch, self.limit);
                let output = arena.write(output);
                let input = arena.read(input);
                subsample::subsample(Sweep::new(self.threads), stride, input, output);
            }

            /// `activation(a + b)`; the output may be exactly `a` or `b`.
            pub fn add(&mut self, a: Buffer, b: Buffer, output: Buffer, activation: Activation) {
                let mut arena = Arena::new(self.arena, self.batch, self.limit);
                let output = arena.write(output);
                let a = arena.read_in_place(a, &[output]);
                let b = arena.read_in_place(b, &[output]);
                elementwise::combine(Sweep::new(self.threads), a, None, Some(b), activation, output);
            }

            /// `activation(input)`; the output may be exactly the input.
            pub fn activate(&mut self, activation: Activation, input: Buffer, output: Buffer) {
                let mut arena = Arena::new(self.arena, self.batch, self.limit);
                let output = arena.write(output);
                let input = arena.read_in_place(input, &[output]);
                elementwise::combine(Sweep::new(self.threads), input, None, None, activation, output);
            }

            /// A map to the output that begins at `to`, in elements per image.
            pub fn output(&mut self, from: Buffer, to: usize) {
                let mut arena = Arena::new(self.arena, self.batch, self.limit);
                let from = arena.read(from);
                let output = &mut self.outputs[to * self.limit..];
                layout::output(Sweep::new(self.threads), from, output);
            }
        }
    )*};
}

shared_sweeps!(Forward, Step);
