//! Blurs over mirrored maps, forward and backward.

use super::{Bench, Case, Dense, everywhere, maps, variant};
use crate::Element;
use crate::geometry::{BlurPool, Map};
use crate::ops::blur_pool::{blur_pool, blur_pool_backward};
use crate::ops::rows::Sweep;

struct Blurred {
    sizes: BlurPool,
    map: Map,
    accumulate: bool,
    in_place: bool,
}

impl Blurred {
    fn blurred(&self) -> Option<Map> {
        let Map {
            channels,
            height,
            width,
            ..
        } = self.map;
        let (height, width) = (self.sizes.pixels(height)?, self.sizes.pixels(width)?);
        Some(variant(Map::new(channels, height, width), 7))
    }

    /// The places along an axis that a pixel reads, and what they weigh.
    fn along(&self, at: usize, len: usize) -> Vec<(usize, f64)> {
        let BlurPool { kernel, stride } = self.sizes;
        let choose = |n: usize, k: usize| {
            (0..k).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64)
        };
        let tap = |k: usize| {
            let place = (at * stride + k) as isize - self.sizes.padding() as isize;
            let last = len as isize - 1;
            let mirrored = last - (last - place.abs()).abs();
            let weight = choose(kernel - 1, k) / 2f64.powi(kernel as i32 - 1);
            (mirrored as usize, weight)
        };
        (0..kernel).map(tap).collect()
    }

    fn weights(&self, [n, y, x, c]: [usize; 4]) -> Vec<([usize; 4], f64)> {
        let mut weights = Vec::new();
        for (row, row_weight) in self.along(y, self.map.height) {
            for (column, weight) in self.along(x, self.map.width) {
                weights.push(([n, row, column, c], row_weight * weight));
            }
        }
        weights
    }
}

impl Case for Blurred {
    fn run<E: Element>(&self, sweep: Sweep<E>, tolerance: f64) -> Vec<u64> {
        let blurred = self.blurred().unwrap();
        let [input, more] = [12, 13].map(|seed| Dense::random(2, self.map, seed));
        let gradient = Dense::random(2, blurred, 14);
        let mut expected = Dense::zero(2, blurred);
        let mut d_expected = match self.accumulate {
            true => more.clone(),
            false => Dense::zero(2, self.map),
        };
        for at in expected.places() {
            for (place, weight) in self.weights(at) {
                *expected.at_mut(at) += weight * input.at(place);
                *d_expected.at_mut(place) += weight * gradient.at(at);
            }
        }
        let mut bench = Bench::new(2);
        let from = bench.place(&input, self.map);
        let to = bench.room(blurred);
        let mut arena = bench.arena();
        let (target, source) = (arena.write(to), arena.read(from));
        blur_pool(sweep, &self.sizes, source, target);
        bench.take(to).assert_near(&expected, tolerance);

        let d_output = bench.place(&gradient, variant(blurred, 2));
        let accumulate = (self.accumulate).then(|| bench.place(&more, variant(self.map, 8)));
        let d_input = match accumulate {
            Some(buffer) if self.in_place => buffer,
            _ => bench.room(variant(self.map, 4)),
        };
        let mut arena = bench.arena();
        let target = arena.write(d_input);
        let source = arena.read(d_output);
        let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[target]));
        blur_pool_backward(sweep, &self.sizes, source, accumulate, target);
        bench.take(d_input).assert_near(&d_expected, tolerance);
        bench.bits()
    }
}

#[test]
fn blurs() {
    let sizes = [
        (3, 2),
        (3, 1),
        (2, 2),
        (5, 2),
        (4, 3),
        (7, 1),
        (5, 4),
        (15, 2),
    ];
    for (i, map) in maps().into_iter().enumerate() {
        for (j, (kernel, stride)) in sizes.into_iter().enumerate() {
            let blurred = Blurred {
                sizes: BlurPool::new(kernel, stride),
                map,
                accumulate: (i + j) % 3 > 0,
                in_place: (i + j) % 3 == 2,
            };
            if blurred.blurred().is_some() {
                everywhere(&blurred);
            }
        }
    }
}

#[test]
#[should_panic(expected = "pixels")]
fn another_size_is_refused() {
    let mut elements = vec![0.0_f32; 1000];
    let mut arena = super::Arena::new(&mut elements, 1, 1);
    let target = arena.write(Map::new(1, 3, 2).at(0));
    let source = arena.read(Map::new(1, 4, 4).at(500));
    blur_pool(Sweep::new(1), &BlurPool::new(3, 2), source, target);
}
