//! Dropout and stochastic depth against draws made one by one.

use super::{Bench, Case, Dense, everywhere, maps, variant};
use crate::Element;
use crate::geometry::Map;
use crate::ops::drop::{Draws, drop_path, dropout};
use crate::ops::rows::Sweep;
use crate::philox::philox4x32;

const SEED: u64 = 0x0123_4567_89ab_cdef;
const STEP: u64 = 77;
const STREAM: usize = 5;

struct Dropped {
    map: Map,
    rate: f64,
    whole_images: bool,
    accumulate: bool,
    in_place: bool,
}

impl Dropped {
    /// What a value is multiplied by.
    fn factor(&self, [n, y, x, c]: [usize; 4]) -> f64 {
        let Map { height, width, .. } = self.map;
        let place = match self.whole_images {
            true => 0,
            false => (c * height + y) * width + x,
        };
        let counter = [place / 4, n, STEP as usize, STREAM];
        let words = philox4x32(
            counter.map(|word| [word as u32]),
            [0x89ab_cdef, 0x0123_4567],
        );
        let draw = f64::from(words[place % 4][0]) / 2f64.powi(32);
        if draw >= self.rate {
            1.0 / (1.0 - self.rate)
        } else {
            0.0
        }
    }
}

impl Case for Dropped {
    fn run<E: Element>(&self, sweep: Sweep<E>, tolerance: f64) -> Vec<u64> {
        let [input, more] = [41, 42].map(|seed| Dense::random(3, self.map, seed));
        let mut expected = match self.accumulate {
            true => more.clone(),
            false => Dense::zero(3, self.map),
        };
        for at in input.places() {
            *expected.at_mut(at) += self.factor(at) * input.at(at);
        }
        let mut bench = Bench::new(3);
        let from = bench.place(&input, self.map);
        let accumulate = (self.accumulate).then(|| bench.place(&more, variant(self.map, 8)));
        // Without a gradient so far, in place means over the input.
        let to = match accumulate {
            _ if !self.in_place => bench.room(variant(self.map, 4)),
            Some(buffer) => buffer,
            None => from,
        };
        let share = (self.rate * 2f64.powi(32)) as usize;
        let draws = Draws::new(SEED, STEP, STREAM, share);
        let mut arena = bench.arena();
        let target = arena.write(to);
        let source = arena.read_in_place(from, &[target]);
        let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[target]));
        match self.whole_images {
            true => drop_path(sweep, draws, source, accumulate, target),
            false => dropout(sweep, draws, source, accumulate, target),
        }
        bench.take(to).assert_near(&expected, tolerance);
        bench.bits()
    }
}

#[test]
fn drops() {
    for (i, map) in maps().into_iter().enumerate() {
        for (accumulate, in_place) in [(false, false), (false, true), (true, false), (true, true)] {
            for whole_images in [false, true] {
                everywhere(&Dropped {
                    map,
                    rate: [0.5, 0.25, 0.0][i % 3],
                    whole_images,
                    accumulate,
                    in_place,
                });
            }
        }
    }
}

/// As many values are dropped as should be, and others in other steps,
/// streams and images.
#[test]
fn draws_are_fair() {
    let map = Map::new(32, 64, 64);
    let draw = |step, stream| {
        let ones = Dense {
            values: vec![1.0; 2 * 32 * 64 * 64],
            ..Dense::zero(2, map)
        };
        let mut bench = Bench::<f32>::new(2);
        let (from, to) = (bench.place(&ones, map), bench.room(map));
        let mut arena = bench.arena();
        let (target, source) = (arena.write(to), arena.read(from));
        let draws = Draws::new(1, step, stream, 3 << 30);
        dropout(Sweep::new(1), draws, source, None, target);
        bench.take(to).values
    };
    let values = draw(1, 0);
    let kept = |values: &[f64]| values.iter().filter(|&&value| value == 4.0).count() as f64;
    let len = values.len() as f64;
    assert!(values.iter().all(|&value| value == 0.0 || value == 4.0));
    assert!(
        (kept(&values) / len - 0.25).abs() < 0.004,
        "{}",
        kept(&values)
    );
    let (first, second) = values.split_at(values.len() / 2);
    for (a, b) in [
        (first, second),
        (&values, &draw(2, 0)),
        (&values, &draw(1, 1)),
    ] {
        let both: Vec<_> = a.iter().zip(b).map(|(a, b)| (a * b) / 4.0).collect();
        let share = kept(&both) / both.len() as f64;
        assert!((share - 0.0625).abs() < 0.004, "{share}");
    }
    assert_eq!(values, draw(1, 0));
}
