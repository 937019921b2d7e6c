//! Gradients against finite differences, in `f64`, through the seam.

use crate::geometry::{Buffer, Map, Pool2d};
use crate::seam::{Step, StepParts};

const IMAGES: usize = 2;

/// Where each map lies; there is room for 800 elements an image.
const INPUT: usize = 0;
const OUTPUT: usize = 800;
const D_OUTPUT: usize = 1600;
const D_INPUT: usize = 2400;
/// Another input, that isn't varied.
const OTHER: usize = 3200;

/// An operator between two maps, and its gradient, which adds to what
/// `d_input` holds.
struct Case<'a> {
    input: Map,
    output: Map,
    other: Map,
    forward: &'a dyn Fn(&mut Step<'_, f64>, [Buffer; 3]),
    /// Of input, other input, `d_output` and `d_input`.
    backward: &'a dyn Fn(&mut Step<'_, f64>, [Buffer; 4]),
}

impl Case<'_> {
    #[track_caller]
    fn check(&self) {
        let mut arena = vec![f64::NAN; 4000 * IMAGES];
        let [input, output] = [self.input.at(INPUT), self.output.at(OUTPUT)];
        let [d_output, d_input] = [self.output.at(D_OUTPUT), self.input.at(D_INPUT)];
        let other = self.other.at(OTHER);
        for (seed, buffer) in [input, other, d_output, d_input].into_iter().enumerate() {
            fill(&mut arena, buffer, seed as u64 + 1);
        }
        let so_far = arena.clone();
        let loss = |arena: &mut Vec<f64>| {
            (self.forward)(&mut step(arena), [input, other, output]);
            let terms = places(output).into_iter().zip(places(d_output));
            terms.map(|(y, d_y)| arena[y] * arena[d_y]).sum::<f64>()
        };
        loss(&mut arena);
        (self.backward)(&mut step(&mut arena), [input, other, d_output, d_input]);
        for (x, d_x) in places(input).into_iter().zip(places(d_input)) {
            let mut losses = [1e-6, -1e-6].map(|change| {
                let mut varied = so_far.clone();
                varied[x] += change;
                loss(&mut varied)
            });
            losses[0] -= losses[1];
            let (found, expected) = (arena[d_x] - so_far[d_x], losses[0] / 2e-6);
            assert!(
                (found - expected).abs() < 1e-7,
                "{found} instead of {expected}"
            );
        }
    }
}

fn step(arena: &mut [f64]) -> Step<'_, f64> {
    let parts = StepParts {
        arena,
        seed: 5,
        step: 9,
        ..StepParts::default()
    };
    Step::new(parts, IMAGES, IMAGES, 1)
}

/// Where a batch's values lie.
fn places(Buffer { map, offset }: Buffer) -> Vec<usize> {
    let mut places = Vec::new();
    for image in 0..IMAGES {
        let first = offset * IMAGES + image * map.len() + map.origin();
        for row in 0..map.height {
            for column in 0..map.width {
                let pixel = first + row * map.row_stride() + column * map.channel_stride;
                places.extend(pixel..pixel + map.channels);
            }
        }
    }
    places
}

/// Different values in -1..1, zero in padding channels and halo.
fn fill(arena: &mut [f64], buffer: Buffer, seed: u64) {
    let start = buffer.offset * IMAGES;
    arena[start..start + IMAGES * buffer.map.len()].fill(0.0);
    let mut state = seed;
    for place in places(buffer) {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        arena[place] = (state >> 11) as f64 / 2f64.powi(52) - 1.0;
    }
}

#[test]
fn pools() {
    let input = Map::new(3, 5, 4);
    let pool = Pool2d::new([3, 2]).stride([2, 3]).padding([1, 0]);
    for pool in [
        pool,
        pool.padding([0, 0]).extra([1, 1]),
        pool.padding([0, 0]).extra([1, 0]).exclude_padding(),
        pool.ceil(),
        pool.exclude_padding(),
        pool.ceil().exclude_padding(),
    ] {
        let size = |axis, len| pool.windows(axis, len).unwrap();
        let output = Map::new(3, size(0, 5), size(1, 4)).halo(1);
        let average = Case {
            input,
            output,
            other: input,
            forward: &|step, [x, _, y]| step.average_pool(&pool, x, y),
            backward: &|step, [_, _, d_y, d_x]| {
                step.average_pool_backward(&pool, d_y, d_x, Some(d_x));
            },
        };
        average.check();
        Case {
            forward: &|step, [x, _, y]| step.max_pool(&pool, x, y),
            backward: &|step, [x, _, d_y, d_x]| {
                step.max_pool_backward(&pool, x, d_y, d_x, Some(d_x));
            },
            ..average
        }
        .check();
    }
}

#[test]
fn blurs() {
    for (kernel, stride, size) in [
        (3, 2, [3, 2]),
        (3, 1, [5, 4]),
        (5, 2, [3, 2]),
        (4, 3, [2, 2]),
    ] {
        Case {
            input: Map::new(3, 5, 4).halo(1),
            output: Map::new(3, size[0], size[1]),
            other: Map::new(1, 1, 1),
            forward: &|step, [x, _, y]| step.blur_pool(kernel, stride, x, y),
            backward: &|step, [_, _, d_y, d_x]| {
                step.blur_pool_backward(kernel, stride, d_y, d_x, Some(d_x));
            },
        }
        .check();
    }
}

#[test]
fn scales() {
    let (map, factors) = (Map::new(17, 3, 4), Map::new(17, 1, 1));
    Case {
        input: map,
        output: map,
        other: factors,
        forward: &|step, [x, s, y]| step.scale(x, s, y, None),
        backward: &|step, [_, s, d_y, d_x]| step.scale(d_y, s, d_x, Some(d_x)),
    }
    .check();
    Case {
        input: factors,
        output: map,
        other: map,
        forward: &|step, [s, x, y]| step.scale(x, s, y, None),
        backward: &|step, [_, x, d_y, d_s]| step.scale_backward_factors(d_y, x, d_s, Some(d_s)),
    }
    .check();
}

#[test]
fn concatenations() {
    let [first, second, both] = [5, 12, 17].map(|channels| Map::new(channels, 3, 2));
    Case {
        input: first,
        output: both,
        other: second,
        forward: &|step, [a, b, y]| {
            step.concat(0, a, y);
            step.concat(5, b, y);
        },
        backward: &|step, [_, _, d_y, d_a]| step.concat_backward(0, d_y, d_a, Some(d_a)),
    }
    .check();
    Case {
        input: second,
        output: both,
        other: first,
        forward: &|step, [b, a, y]| {
            step.concat(0, a, y);
            step.concat(5, b, y);
        },
        backward: &|step, [_, _, d_y, d_b]| step.concat_backward(5, d_y, d_b, Some(d_b)),
    }
    .check();
}

#[test]
fn draws() {
    let map = Map::new(5, 3, 2);
    let dropout = Case {
        input: map,
        output: map.halo(1),
        other: map,
        forward: &|step, [x, _, y]| step.dropout(1 << 31, 3, x, y, None),
        backward: &|step, [_, _, d_y, d_x]| step.dropout(1 << 31, 3, d_y, d_x, Some(d_x)),
    };
    dropout.check();
    for stream in 0..4 {
        Case {
            forward: &|step, [x, _, y]| step.drop_path(1 << 31, stream, x, y, None),
            backward: &|step, [_, _, d_y, d_x]| {
                step.drop_path(1 << 31, stream, d_y, d_x, Some(d_x));
            },
            ..dropout
        }
        .check();
    }
}
