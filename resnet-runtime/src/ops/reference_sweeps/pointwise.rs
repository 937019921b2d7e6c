//! Additions and activations.

use super::{Bench, Case, Dense, everywhere, maps, variant};
use crate::Element;
use crate::geometry::{Activation, Map};
use crate::ops::elementwise;
use crate::ops::rows::Sweep;

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
        let a = Dense::random(3, map, 3);
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
        elementwise::combine(sweep, source, None, added, activation, target);
        let expected = a.zip(&b, |a, b| {
            let sum = if other.is_some() { a + b } else { a };
            if activation == Activation::Relu {
                sum.max(0.0)
            } else {
                sum
            }
        });
        bench.take(to).assert_near(&expected, tolerance);
        bench.bits()
    }
}

#[test]
fn additions_and_activations() {
    for map in maps() {
        for activation in [Activation::Identity, Activation::Relu] {
            let other = Some(variant(map, 5));
            everywhere(&Add(map, other, activation, Place::Apart));
            everywhere(&Add(map, other, activation, Place::First));
            everywhere(&Add(map, other, activation, Place::Second));
            everywhere(&Add(map, None, activation, Place::Apart));
            everywhere(&Add(map, None, activation, Place::First));
        }
    }
}

struct Masked(Map, Activation, bool, Place);

impl Case for Masked {
    fn run<E: Element>(&self, sweep: Sweep<E>, tolerance: f64) -> Vec<u64> {
        let Self(map, activation, accumulates, place) = *self;
        let [output, gradient, more] = [5, 6, 7].map(|seed| Dense::random(2, map, seed));
        let mut bench = Bench::new(2);
        let from = bench.place(&output, map);
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
        elementwise::activate_backward(sweep, activation, source, d_output, accumulate, target);
        let mut expected = output.zip(&gradient, |output, gradient| {
            let passes = activation == Activation::Identity || output > 0.0;
            if passes { gradient } else { 0.0 }
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
    for map in maps() {
        for activation in [Activation::Identity, Activation::Relu] {
            everywhere(&Masked(map, activation, false, Place::Apart));
            everywhere(&Masked(map, activation, false, Place::First));
            everywhere(&Masked(map, activation, true, Place::Apart));
            everywhere(&Masked(map, activation, true, Place::First));
            everywhere(&Masked(map, activation, true, Place::Second));
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
