//! Maps side by side, and the gradients of each.

use super::{Bench, Case, Dense, everywhere, variant};
use crate::Element;
use crate::geometry::Map;
use crate::ops::concat::{concat, concat_backward};
use crate::ops::rows::Sweep;

struct Joined<'a> {
    channels: &'a [usize],
    size: [usize; 2],
    which: usize,
    accumulate: bool,
    in_place: bool,
}

impl Joined<'_> {
    fn map(&self, channels: usize, which: usize) -> Map {
        let [height, width] = self.size;
        variant(Map::new(channels, height, width), self.which + which)
    }
}

impl Case for Joined<'_> {
    fn run<E: Element>(&self, sweep: Sweep<E>, tolerance: f64) -> Vec<u64> {
        let joined = self.map(self.channels.iter().sum(), 1);
        let mut expected = Dense::zero(2, joined);
        let gradient = Dense::random(2, joined, 20);
        let mut bench = Bench::new(2);
        let to = bench.room(joined);
        let mut first = 0;
        for (i, &channels) in self.channels.iter().enumerate() {
            let map = self.map(channels, i);
            let input = Dense::random(2, map, 21 + i as u64);
            let from = bench.place(&input, map);
            let mut arena = bench.arena();
            let (target, source) = (arena.write(to), arena.read(from));
            concat(sweep, first, source, target);
            for [n, y, x, c] in input.places() {
                *expected.at_mut([n, y, x, first + c]) = input.at([n, y, x, c]);
            }
            first += channels;
        }
        bench.take(to).assert_near(&expected, 0.0);

        let d_output = bench.place(&gradient, self.map(joined.channels, 2));
        first = 0;
        for (i, &channels) in self.channels.iter().enumerate() {
            let map = self.map(channels, i + 4);
            let more = Dense::random(2, map, 31 + i as u64);
            let accumulate = self.accumulate.then(|| bench.place(&more, map));
            let d_input = match accumulate {
                Some(buffer) if self.in_place => buffer,
                _ => bench.room(map),
            };
            let mut d_expected = match self.accumulate {
                true => more,
                false => Dense::zero(2, map),
            };
            for [n, y, x, c] in d_expected.places() {
                *d_expected.at_mut([n, y, x, c]) += gradient.at([n, y, x, first + c]);
            }
            let mut arena = bench.arena();
            let target = arena.write(d_input);
            let source = arena.read(d_output);
            let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[target]));
            concat_backward(sweep, first, source, accumulate, target);
            bench.take(d_input).assert_near(&d_expected, tolerance);
            first += channels;
        }
        bench.bits()
    }
}

#[test]
fn concatenations() {
    let joins: [&[usize]; 6] = [
        &[1, 1],
        &[16, 16],
        &[3, 17],
        &[40, 5, 16],
        &[7, 1, 2, 30],
        &[9],
    ];
    for (which, channels) in joins.into_iter().enumerate() {
        for size in [[1, 1], [3, 5], [6, 2]] {
            for (accumulate, in_place) in [(false, false), (true, false), (true, true)] {
                everywhere(&Joined {
                    channels,
                    size,
                    which,
                    accumulate,
                    in_place,
                });
            }
        }
    }
}

#[test]
#[should_panic(expected = "channels from 15 on")]
fn channels_outside_are_refused() {
    let mut elements = vec![0.0_f32; 1000];
    let mut arena = super::Arena::new(&mut elements, 1, 1);
    let target = arena.write(Map::new(17, 2, 2).at(0));
    let source = arena.read(Map::new(3, 2, 2).at(500));
    concat(Sweep::new(1), 15, source, target);
}
