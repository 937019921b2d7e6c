//! Tests of the sweeps against plain loops in `f64`: every instruction set of
//! the processor, one to three threads, in an arena full of NaN.

use super::rows::Sweep;
use crate::Element;
use crate::geometry::{Buffer, CHANNEL_BLOCK, Map, round_up};
use crate::seam::Arena;

mod batch_norm;
mod blurs;
mod concats;
mod drops;
mod layout;
mod pointwise;
mod pools;
mod scales;

/// A batch without strides or halo: `[image][row][column][channel]`.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    n: usize,
    map: Map,
    values: Vec<f64>,
}

impl Dense {
    fn zero(n: usize, map: Map) -> Self {
        let values = vec![0.0; n * map.channels * map.height * map.width];
        Self { n, map, values }
    }

    /// Values in -1..1 that `f32` holds too; few of them, so that maxima tie.
    fn random(n: usize, map: Map, seed: u64) -> Self {
        let mut dense = Self::zero(n, map);
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for value in &mut dense.values {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *value = ((state >> 33) % 129) as f64 / 64.0 - 1.0;
        }
        dense
    }

    fn index(&self, [n, y, x, c]: [usize; 4]) -> usize {
        let Map {
            channels,
            height,
            width,
            ..
        } = self.map;
        ((n * height + y) * width + x) * channels + c
    }

    fn at(&self, at: [usize; 4]) -> f64 {
        self.values[self.index(at)]
    }

    fn at_mut(&mut self, at: [usize; 4]) -> &mut f64 {
        let index = self.index(at);
        &mut self.values[index]
    }

    /// All places, in scan order.
    fn places(&self) -> Vec<[usize; 4]> {
        let Map {
            channels,
            height,
            width,
            ..
        } = self.map;
        let mut places = Vec::with_capacity(self.values.len());
        for n in 0..self.n {
            for y in 0..height {
                for x in 0..width {
                    places.extend((0..channels).map(|c| [n, y, x, c]));
                }
            }
        }
        places
    }

    fn zip(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let pairs = self.values.iter().zip(&other.values);
        Self {
            values: pairs.map(|(a, b)| f(*a, *b)).collect(),
            ..self.clone()
        }
    }

    #[track_caller]
    fn assert_near(&self, expected: &Self, tolerance: f64) {
        assert_eq!(self.values.len(), expected.values.len());
        for (i, (found, expected)) in self.values.iter().zip(&expected.values).enumerate() {
            let near = (found - expected).abs() <= tolerance * (1.0 + expected.abs());
            assert!(
                near,
                "{found} instead of {expected} at {i} of {:?}",
                self.map
            );
        }
    }
}

/// An arena full of NaN, and what has been placed in it.
pub(super) struct Bench<E> {
    elements: Vec<E>,
    used: usize,
    batch: usize,
    limit: usize,
}

impl<E: Element> Bench<E> {
    /// For more images than there will be.
    fn new(batch: usize) -> Self {
        Self {
            elements: Vec::new(),
            used: 0,
            batch,
            limit: batch + 1,
        }
    }

    /// Room for a map, and a gap after it.
    fn room(&mut self, map: Map) -> Buffer {
        map.at(self.scratch(map.len()))
    }

    fn scratch(&mut self, len: usize) -> usize {
        let offset = self.used;
        self.used += len + 3;
        let nan = E::from_f64(f64::NAN);
        self.elements.resize(self.used * self.limit, nan);
        offset
    }

    /// A batch in a map of its own; whatever no sweep may read is NaN.
    fn place(&mut self, dense: &Dense, map: Map) -> Buffer {
        let buffer = self.room(map);
        let padded = map
            .channel_stride
            .min(round_up(map.channels, CHANNEL_BLOCK));
        for n in 0..self.batch {
            for y in 0..map.height {
                for x in 0..map.width {
                    let pixel = self.pixel(buffer, n, y, x);
                    for c in 0..padded {
                        let value = if c < map.channels {
                            dense.at([n, y, x, c])
                        } else {
                            0.0
                        };
                        self.elements[pixel + c] = E::from_f64(value);
                    }
                }
            }
        }
        buffer
    }

    fn pixel(&self, buffer: Buffer, n: usize, y: usize, x: usize) -> usize {
        let Buffer { map, offset } = buffer;
        let pixel = y * map.row_stride() + x * map.channel_stride;
        offset * self.limit + n * map.len() + map.origin() + pixel
    }

    fn arena(&mut self) -> Arena<'_, E> {
        Arena::new(&mut self.elements, self.batch, self.limit)
    }

    /// A batch that was written: halo and padding channels must be zero.
    #[track_caller]
    fn take(&self, buffer: Buffer) -> Dense {
        let map = buffer.map;
        let mut dense = Dense::zero(self.batch, map);
        let padded = map
            .channel_stride
            .min(round_up(map.channels, CHANNEL_BLOCK));
        let (halo, border) = (map.halo, 2 * map.halo);
        for n in 0..self.batch {
            let image = buffer.offset * self.limit + n * map.len();
            for y in 0..map.height + border {
                for x in 0..map.width + border {
                    let inside = |at: usize, len: usize| (halo..halo + len).contains(&at);
                    let pixel = image + y * map.row_stride() + x * map.channel_stride;
                    let pixel = &self.elements[pixel..][..padded];
                    if inside(y, map.height) && inside(x, map.width) {
                        for (c, value) in pixel[..map.channels].iter().enumerate() {
                            *dense.at_mut([n, y - halo, x - halo, c]) = value.to_f64();
                        }
                        assert!(
                            is_zero(&pixel[map.channels..]),
                            "padding channels of {map:?}"
                        );
                    } else {
                        assert!(is_zero(pixel), "halo of {map:?}");
                    }
                }
            }
        }
        dense
    }

    fn bits(&self) -> Vec<u64> {
        bits(&self.elements)
    }
}

fn is_zero<E: Element>(elements: &[E]) -> bool {
    elements.iter().all(|element| element.to_f64() == 0.0)
}

fn bits<E: Element>(elements: &[E]) -> Vec<u64> {
    elements
        .iter()
        .map(|element| element.to_f64().to_bits())
        .collect()
}

/// Something to test for every element, instruction set and thread count.
pub(super) trait Case {
    /// Checks, and returns all that was written.
    fn run<E: Element>(&self, sweep: Sweep<E>, tolerance: f64) -> Vec<u64>;
}

/// Runs a case everywhere; the number of threads must not change a bit.
#[track_caller]
pub(super) fn everywhere(case: &impl Case) {
    on::<f32>(case, 2e-5);
    on::<f64>(case, 1e-12);
}

fn on<E: Element>(case: &impl Case, tolerance: f64) {
    for kernels in E::all() {
        let run = |threads| case.run(Sweep::with(&kernels.sweep, threads), tolerance);
        let alone = run(1);
        for threads in 2..=3 {
            assert!(run(threads) == alone, "{threads} threads, {}", kernels.name);
        }
    }
}

/// Maps of odd sizes, each with the halo and channel stride of another variant.
pub(super) fn maps() -> Vec<Map> {
    let channels = [1, 3, 5, 16, 17, 40, 112];
    let sizes = [[1, 1], [2, 1], [3, 5], [7, 7], [5, 12], [9, 20], [6, 13]];
    let mut maps = Vec::new();
    for (i, channels) in channels.into_iter().enumerate() {
        for (j, [height, width]) in sizes.into_iter().enumerate() {
            if (i + j) % 2 == 0 {
                maps.push(variant(Map::new(channels, height, width), i + 2 * j));
            }
        }
    }
    maps
}

/// The same sizes in another layout.
pub(super) fn variant(map: Map, which: usize) -> Map {
    let padded = round_up(map.channels, CHANNEL_BLOCK);
    map.halo(which % 3)
        .channel_stride(padded + [0, 16, 5][which / 3 % 3])
}
