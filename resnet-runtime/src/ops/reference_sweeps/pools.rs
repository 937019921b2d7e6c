//! Pools and the shortcut that skips pixels, forward and backward.

use super::{Bench, Case, Dense, everywhere, maps, variant};
use crate::Element;
use crate::element::sealed::Sealed;
use crate::geometry::{Buffer, Map, Pool2d};
use crate::ops::rows::Sweep;
use crate::ops::{average_pool, max_pool, subsample};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Max,
    Average,
    /// With the channels of the output.
    Subsample(usize),
}

#[derive(Clone, Copy, Debug)]
struct Pooling {
    kind: Kind,
    pool: Pool2d,
    map: Map,
    accumulate: bool,
    in_place: bool,
}

impl Pooling {
    fn pooled(&self) -> Option<Map> {
        let channels = match self.kind {
            Kind::Subsample(channels) => channels,
            _ => self.map.channels,
        };
        let map = Map::new(
            channels,
            self.pool.windows(0, self.map.height)?,
            self.pool.windows(1, self.map.width)?,
        );
        Some(variant(map, 5))
    }

    /// The places of a window, in scan order.
    fn window(&self, [n, y, x, c]: [usize; 4]) -> Vec<[usize; 4]> {
        let Pool2d {
            kernel,
            stride,
            padding,
            ..
        } = self.pool;
        let mut places = Vec::new();
        for i in 0..kernel[0] {
            for j in 0..kernel[1] {
                let y = (y * stride[0] + i).checked_sub(padding[0]);
                let x = (x * stride[1] + j).checked_sub(padding[1]);
                if let (Some(y), Some(x)) = (y, x)
                    && y < self.map.height
                    && x < self.map.width
                    && c < self.map.channels
                {
                    places.push([n, y, x, c]);
                }
            }
        }
        places
    }

    /// Pixels of a window inside the padded map.
    fn counted(&self, [_, y, x, _]: [usize; 4]) -> f64 {
        let sizes = [self.map.height, self.map.width];
        let along = |i: usize, at: usize| {
            let end = sizes[i] + 2 * self.pool.padding[i] + self.pool.extra[i];
            let places = (0..self.pool.kernel[i]).map(|k| at * self.pool.stride[i] + k);
            places.filter(|&place| place < end).count()
        };
        (along(0, y) * along(1, x)) as f64
    }

    /// Each window's places and what they weigh.
    fn weights(&self, input: &Dense, at: [usize; 4]) -> Vec<([usize; 4], f64)> {
        let places = self.window(at);
        let share = match self.pool.count_padding {
            true => 1.0 / self.counted(at),
            false => 1.0 / places.len() as f64,
        };
        match self.kind {
            Kind::Max => {
                let first = places.into_iter().reduce(|best, place| {
                    if input.at(place) > input.at(best) {
                        place
                    } else {
                        best
                    }
                });
                first.map(|place| (place, 1.0)).into_iter().collect()
            }
            _ => places.into_iter().map(|place| (place, share)).collect(),
        }
    }

    fn forward<E: Element>(&self, bench: &mut Bench<E>, sweep: Sweep<E>, from: Buffer, to: Buffer) {
        let mut arena = bench.arena();
        let (target, source) = (arena.write(to), arena.read(from));
        match self.kind {
            Kind::Max => max_pool::max_pool(sweep, &self.pool, source, target),
            Kind::Average => average_pool::average_pool(sweep, &self.pool, source, target),
            Kind::Subsample(_) => subsample::subsample(sweep, self.pool.stride, source, target),
        }
    }

    fn backward<E: Element>(
        &self,
        bench: &mut Bench<E>,
        sweep: Sweep<E>,
        [from, d_output, d_input]: [Buffer; 3],
        more: Option<Buffer>,
    ) {
        let mut arena = bench.arena();
        let to = arena.write(d_input);
        let (input, d_output) = (arena.read(from), arena.read(d_output));
        let more = more.map(|more| arena.read_in_place(more, &[to]));
        let pool = &self.pool;
        match self.kind {
            Kind::Max => max_pool::max_pool_backward(sweep, pool, input, d_output, more, to),
            Kind::Average => average_pool::average_pool_backward(sweep, pool, d_output, more, to),
            Kind::Subsample(_) => {
                subsample::subsample_backward(sweep, pool.stride, d_output, more, to);
            }
        }
    }
}

impl Case for Pooling {
    fn run<E: Element>(&self, sweep: Sweep<E>, tolerance: f64) -> Vec<u64> {
        let pooled = self.pooled().unwrap();
        let input = Dense::random(2, self.map, 8);
        let gradient = Dense::random(2, pooled, 9);
        let more = Dense::random(2, self.map, 10);
        let mut expected = Dense::zero(2, pooled);
        let mut d_expected = if self.accumulate {
            more.clone()
        } else {
            Dense::zero(2, self.map)
        };
        for at in expected.places() {
            for (place, weight) in self.weights(&input, at) {
                *expected.at_mut(at) += weight * input.at(place);
                *d_expected.at_mut(place) += weight * gradient.at(at);
            }
        }
        let mut bench = Bench::new(2);
        let from = bench.place(&input, self.map);
        let to = bench.room(pooled);
        self.forward(&mut bench, sweep, from, to);
        bench.take(to).assert_near(&expected, tolerance);

        let d_output = bench.place(&gradient, variant(pooled, 1));
        let layout = variant(self.map, 8);
        let accumulate = self.accumulate.then(|| bench.place(&more, layout));
        let d_input = match accumulate {
            Some(buffer) if self.in_place => buffer,
            _ => bench.room(variant(self.map, 4)),
        };
        self.backward(&mut bench, sweep, [from, d_output, d_input], accumulate);
        bench.take(d_input).assert_near(&d_expected, tolerance);
        bench.bits()
    }
}

fn check(kind: Kind, pool: Pool2d, map: Map, which: usize) {
    let (accumulate, in_place) = [(false, false), (true, false), (true, true)][which % 3];
    let pooling = Pooling {
        kind,
        pool,
        map,
        accumulate,
        in_place,
    };
    if pooling.pooled().is_some() {
        everywhere(&pooling);
    }
}

/// Kernels, strides and paddings that overlap, touch, leave gaps.
fn pools() -> Vec<Pool2d> {
    let mut pools = Vec::new();
    for kernel in [[1, 1], [2, 2], [3, 3], [3, 2], [5, 4]] {
        for stride in [[1, 1], [2, 2], [3, 3], [2, 3]] {
            let pool = Pool2d::new(kernel).stride(stride);
            pools.push(pool);
            if kernel != [1, 1] {
                let padding = kernel.map(|kernel: usize| kernel / 2);
                pools.push(pool.padding(padding));
                // All of the padding behind the map, as for an even `same`, or half of it.
                pools.push(pool.extra(padding));
                let before = padding.map(|padding| padding / 2);
                let extra = [padding[0] - before[0], padding[1] - before[1]];
                pools.push(pool.padding(before).extra(extra));
            }
        }
    }
    pools
}

#[test]
fn windows() {
    for (i, map) in maps().into_iter().enumerate() {
        for (j, pool) in pools().into_iter().enumerate() {
            check(Kind::Max, pool, map, i + j);
            check(Kind::Average, pool, map, i + j);
            check(Kind::Max, pool.ceil(), map, i + j + 1);
            check(Kind::Average, pool.ceil(), map, i + j + 1);
            check(Kind::Average, pool.exclude_padding(), map, i + j + 2);
            check(Kind::Average, pool.ceil().exclude_padding(), map, i + j);
        }
        check(Kind::Average, average_pool::global(&map), map, i);
    }
}

#[test]
fn shortcuts() {
    for (i, map) in maps().into_iter().enumerate() {
        for stride in [[1, 1], [2, 2], [3, 2]] {
            let pool = Pool2d::new([1, 1]).stride(stride);
            for further in [0, 1, 16, 40] {
                check(
                    Kind::Subsample(map.channels + further),
                    pool,
                    map,
                    i + further,
                );
            }
        }
    }
}

/// A maximum is NaN wherever one value is.
#[test]
fn nan_wins() {
    for kernels in f32::all() {
        for place in 0..9 {
            let map = Map::new(16, 3, 3);
            let mut input = Dense::random(1, map, 11);
            *input.at_mut([0, place / 3, place % 3, 7]) = f64::NAN;
            let mut bench = Bench::new(1);
            let from = bench.place(&input, map);
            let to = bench.room(Map::new(16, 1, 1));
            let mut arena = bench.arena();
            let (target, source) = (arena.write(to), arena.read(from));
            let pool = average_pool::global(&map);
            max_pool::max_pool(Sweep::with(&kernels.sweep, 1), &pool, source, target);
            let maxima = bench.take(to);
            let nans = maxima.values.iter().filter(|value| value.is_nan()).count();
            assert!(
                nans == 1 && maxima.at([0, 0, 0, 7]).is_nan(),
                "{}",
                kernels.name
            );
        }
    }
}
