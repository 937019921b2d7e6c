//! Images, outputs and their gradients.

use super::{Bench, Case, Dense, bits, everywhere, maps};
use crate::Element;
use crate::geometry::Map;
use crate::ops::layout;
use crate::ops::rows::Sweep;

/// The same batch as an array, `[image][channel][row][column]`.
fn planes<E: Element>(dense: &Dense) -> Vec<E> {
    let Map {
        channels,
        height,
        width,
        ..
    } = dense.map;
    let mut planes = Vec::new();
    for n in 0..dense.n {
        for c in 0..channels {
            for pixel in 0..height * width {
                let at = [n, pixel / width, pixel % width, c];
                planes.push(E::from_f64(dense.at(at)));
            }
        }
    }
    planes
}

struct Input(Map);

impl Case for Input {
    fn run<E: Element>(&self, sweep: Sweep<E>, _: f64) -> Vec<u64> {
        let images = Dense::random(2, self.0, 1);
        let mut bench = Bench::new(2);
        let to = bench.room(self.0);
        layout::input(sweep, &planes(&images), bench.arena().write_packed(to));
        bench.take(to).assert_near(&images, 0.0);
        bench.bits()
    }
}

#[test]
fn inputs_become_pixels() {
    for map in maps() {
        everywhere(&Input(map));
        everywhere(&Input(map.channel_stride(map.channels)));
        everywhere(&Input(map.channel_stride(map.channels + 1)));
    }
}

struct Output(Map);

impl Case for Output {
    fn run<E: Element>(&self, sweep: Sweep<E>, _: f64) -> Vec<u64> {
        let dense = Dense::random(3, self.0, 2);
        let mut bench = Bench::new(3);
        let from = bench.place(&dense, self.0);
        let expected = planes(&dense);
        // Other outputs may follow.
        let mut outputs = vec![E::ZERO; expected.len() + 1];
        layout::output(sweep, bench.arena().read(from), &mut outputs);
        assert!(outputs[..expected.len()] == expected);
        assert!(outputs[expected.len()] == E::ZERO);
        bits(&outputs)
    }
}

#[test]
fn outputs_are_planes() {
    for map in maps() {
        everywhere(&Output(map));
    }
    for classes in [1, 10, 16, 100] {
        everywhere(&Output(Map::new(classes, 1, 1).halo(1)));
    }
}

/// Whether there is a gradient, and where the gradient so far lies.
struct Gradient(Map, bool, Option<Place>);

#[derive(Clone, Copy)]
enum Place {
    Apart,
    InPlace,
}

impl Case for Gradient {
    fn run<E: Element>(&self, sweep: Sweep<E>, _: f64) -> Vec<u64> {
        let Self(map, given, so_far) = *self;
        let [gradient, more] = [3, 4].map(|seed| Dense::random(2, map, seed));
        let mut bench = Bench::new(2);
        let accumulate = so_far.map(|_| bench.place(&more, map));
        let to = match (so_far, accumulate) {
            (Some(Place::InPlace), Some(buffer)) => buffer,
            _ => bench.room(map),
        };
        let d_output = planes(&gradient);
        let mut arena = bench.arena();
        let target = arena.write(to);
        let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[target]));
        let d_output = given.then_some(&d_output[..]);
        layout::d_output(sweep, d_output, accumulate, target);
        let pick = |is: bool| if is { 1.0 } else { 0.0 };
        let (given, so_far) = (pick(given), pick(so_far.is_some()));
        let expected = gradient.zip(&more, |new, old| given * new + so_far * old);
        bench.take(to).assert_near(&expected, 0.0);
        bench.bits()
    }
}

#[test]
fn gradients_of_outputs() {
    for map in maps() {
        for given in [true, false] {
            for so_far in [None, Some(Place::Apart), Some(Place::InPlace)] {
                everywhere(&Gradient(map, given, so_far));
            }
        }
    }
}
