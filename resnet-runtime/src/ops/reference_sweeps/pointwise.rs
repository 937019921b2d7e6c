//! Additions and activations.

use super::{Bench, Case, Dense, everywhere, maps, variant};
use crate::Element;
use crate::geometry::{Activation, Map};
use crate::ops::reference_activations::{ALL, derivative, kept, value};
use crate::ops::rows::Sweep;
use crate::ops::{activation, elementwise};

/// Which of the inputs the output lies in.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Apart,
    First,
    Second,
}

struct Add(Map, Option<Map>, Activation, Place);

impl Case for Add {
    fn run<E: Element>(&self, sweep: Sweep<E>, tolerance: f64) -> Vec<u64> {
        let Self(map, other, activation, place) = *self;
        let a = wide(3, map, 3);
        let b = Dense::random(3, map, 4);
        let mut bench = Bench::new(3);
        let from = bench.place(&a, map);
        let residual = other.map(|other| bench.place(&b, other));
        let to = match place {
            Place::Apart => bench.room(variant(map, 4)),
            Place::First => from,
            Place::Second => residual.unwrap(),
        };
        let mut arena = bench.arena();
        let target = arena.write(to);
        let source = arena.read_in_place(from, &[target]);
        let added = residual.map(|residual| arena.read_in_place(residual, &[target]));
        match added {
            Some(_) => elementwise::combine(sweep, source, None, added, activation, target),
            None => activation::activate(sweep, activation, source, target),
        }
        let expected = a.zip(&b, |a, b| {
            value(activation, if other.is_some() { a + b } else { a })
        });
        bench.take(to).assert_near(&expected, tolerance);
        bench.bits()
    }
}

/// Values in -5..5.
fn wide(n: usize, map: Map, seed: u64) -> Dense {
    let dense = Dense::random(n, map, seed);
    dense.zip(&dense, |x, _| 5.0 * x)
}

#[test]
fn additions_and_activations() {
    let mut activations = ALL.into_iter().cycle();
    for map in maps() {
        let other = Some(variant(map, 5));
        for (added, place) in [
            (other, Place::Apart),
            (other, Place::First),
            (other, Place::Second),
            (None, Place::Apart),
            (None, Place::First),
        ] {
            for activation in activations.by_ref().take(3) {
                everywhere(&Add(map, added, activation, place));
            }
        }
    }
}

struct Gradient(Map, Activation, bool, Place);

impl Case for Gradient {
    fn run<E: Element>(&self, sweep: Sweep<E>, tolerance: f64) -> Vec<u64> {
        let Self(map, activation, accumulates, place) = *self;
        let input = wide(2, map, 5);
        let [gradient, more] = [6, 7].map(|seed| Dense::random(2, map, seed));
        let mut bench = Bench::new(2);
        let from = bench.place(&input.zip(&input, |x, _| kept(activation, x)), map);
        let d_output = bench.place(&gradient, variant(map, 2));
        let accumulate = accumulates.then(|| bench.place(&more, variant(map, 7)));
        let to = match place {
            Place::Apart => bench.room(variant(map, 4)),
            Place::First => d_output,
            Place::Second => accumulate.unwrap(),
        };
        let mut arena = bench.arena();
        let target = arena.write(to);
        let source = arena.read(from);
        let d_output = arena.read_in_place(d_output, &[target]);
        let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[target]));
        activation::activate_backward(sweep, activation, source, d_output, accumulate, target);
        let mut expected = input.zip(&gradient, |x, gradient| {
            derivative(activation, x) * gradient
        });
        if accumulates {
            expected = expected.zip(&more, |a, b| a + b);
        }
        bench.take(to).assert_near(&expected, tolerance);
        bench.bits()
    }
}

#[test]
fn gradients_of_activations() {
    let mut activations = ALL.into_iter().cycle();
    for map in maps() {
        for (accumulates, place) in [
            (false, Place::Apart),
            (false, Place::First),
            (true, Place::Apart),
            (true, Place::First),
            (true, Place::Second),
        ] {
            for activation in activations.by_ref().take(3) {
                everywhere(&Gradient(map, activation, accumulates, place));
            }
        }
    }
}

#[test]
#[should_panic(expected = "overlap")]
fn half_overlapping_buffers_are_refused() {
    let map = Map::new(16, 2, 2);
    let mut elements = vec![0.0_f32; 3 * map.len()];
    let mut arena = super::Arena::new(&mut elements, 1, 1);
    let target = arena.write(map.at(0));
    arena.read_in_place(map.at(16), &[target]);
}
