//! Images, outputs and their gradients.

use super::{Bench, Case, Dense, bits, everywhere, maps};
use crate::Element;
use crate::geometry::Map;
use crate::ops::layout;
use crate::ops::rows::Sweep;

struct Input(Map);

impl Case for Input {
    fn run<E: Element>(&self, sweep: Sweep<E>, _: f64) -> Vec<u64> {
        let Map {
            channels,
            height,
            width,
            ..
        } = self.0;
        let images = Dense::random(2, self.0, 1);
        let mut planes = Vec::new();
        for n in 0..2 {
            for c in 0..channels {
                for pixel in 0..height * width {
                    let at = [n, pixel / width, pixel % width, c];
                    planes.push(E::from_f64(images.at(at)));
                }
            }
        }
        let mut bench = Bench::new(2);
        let to = bench.room(self.0);
        layout::input(sweep, &planes, bench.arena().write_packed(to));
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

struct Outputs(usize);

impl Case for Outputs {
    fn run<E: Element>(&self, _: Sweep<E>, _: f64) -> Vec<u64> {
        let map = Map::new(self.0, 1, 1).halo(1);
        let dense = Dense::random(3, map, 2);
        let rows: Vec<E> = dense
            .values
            .iter()
            .map(|value| E::from_f64(*value))
            .collect();
        let mut bench = Bench::new(3);
        let to = bench.room(map);
        layout::d_output(&rows, bench.arena().write(to));
        bench.take(to).assert_near(&dense, 0.0);
        let mut outputs = vec![E::ZERO; rows.len()];
        layout::output(bench.arena().read(to), &mut outputs);
        assert!(outputs == rows);
        bits(&outputs)
    }
}

#[test]
fn outputs_are_rows() {
    for classes in [1, 10, 16, 100] {
        everywhere(&Outputs(classes));
    }
}
