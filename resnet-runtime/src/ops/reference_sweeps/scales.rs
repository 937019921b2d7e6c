//! Channels scaled by factors, and both gradients.

use super::{Bench, Case, Dense, everywhere, maps, variant};
use crate::Element;
use crate::geometry::Map;
use crate::ops::rows::Sweep;
use crate::ops::scale::{scale, scale_backward_factors};

struct Scaled {
    map: Map,
    accumulate: bool,
    in_place: bool,
}

impl Case for Scaled {
    fn run<E: Element>(&self, sweep: Sweep<E>, tolerance: f64) -> Vec<u64> {
        let map = self.map;
        let pixel = variant(Map::new(map.channels, 1, 1), map.height);
        let [input, gradient, more] = [15, 16, 17].map(|seed| Dense::random(3, map, seed));
        let [factors, more_factors] = [18, 19].map(|seed| Dense::random(3, pixel, seed));
        let mut scaled = match self.accumulate {
            true => more.clone(),
            false => Dense::zero(3, map),
        };
        let mut sums = match self.accumulate {
            true => more_factors.clone(),
            false => Dense::zero(3, pixel),
        };
        for at in input.places() {
            let factor = [at[0], 0, 0, at[3]];
            *scaled.at_mut(at) += input.at(at) * factors.at(factor);
            *sums.at_mut(factor) += input.at(at) * gradient.at(at);
        }
        let mut bench = Bench::new(3);
        let from = bench.place(&input, map);
        let d_output = bench.place(&gradient, variant(map, 1));
        let by = bench.place(&factors, pixel);
        let accumulate = (self.accumulate).then(|| bench.place(&more, variant(map, 4)));
        let accumulate_sums = (self.accumulate).then(|| bench.place(&more_factors, pixel));
        let d_factors = match accumulate_sums {
            Some(buffer) if self.in_place => buffer,
            _ => bench.room(variant(pixel, 2)),
        };
        // Without a gradient so far, in place means over the input.
        let to = match accumulate {
            _ if !self.in_place => bench.room(variant(map, 5)),
            Some(buffer) => buffer,
            None => from,
        };

        let mut arena = bench.arena();
        let target = arena.write(d_factors);
        let sources = [arena.read(d_output), arena.read(from)];
        let more = accumulate_sums.map(|buffer| arena.read_in_place(buffer, &[target]));
        let [d_output, input] = sources;
        scale_backward_factors(sweep, d_output, input, more, target);
        bench.take(d_factors).assert_near(&sums, tolerance);

        let mut arena = bench.arena();
        let target = arena.write(to);
        let factors = arena.read(by);
        let input = arena.read_in_place(from, &[target]);
        let more = accumulate.map(|buffer| arena.read_in_place(buffer, &[target]));
        scale(sweep, input, factors, more, target);
        bench.take(to).assert_near(&scaled, tolerance);
        bench.bits()
    }
}

#[test]
fn scales() {
    // The last one has several blocks of rows.
    for map in maps().into_iter().chain([Map::new(20, 60, 50).halo(1)]) {
        for (accumulate, in_place) in [(false, false), (false, true), (true, false), (true, true)] {
            everywhere(&Scaled {
                map,
                accumulate,
                in_place,
            });
        }
    }
}

#[test]
#[should_panic(expected = "not one factor for each channel")]
fn other_factors_are_refused() {
    let mut elements = vec![0.0_f32; 1000];
    let mut arena = super::Arena::new(&mut elements, 1, 1);
    let target = arena.write(Map::new(3, 2, 2).at(0));
    let factors = arena.read(Map::new(4, 1, 1).at(200));
    let source = arena.read(Map::new(3, 2, 2).at(500));
    scale(Sweep::new(1), source, factors, None, target);
}
