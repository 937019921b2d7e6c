//! Convolutions with the max pool behind them: to the bit what both give one
//! after the other, for every instruction set and number of threads.

use super::conv2d::{Epilogue, conv2d, output_map};
use super::conv2d_by_rows::DirectByRows;
use super::conv2d_max_pool::conv2d_max_pool;
use super::max_pool::max_pool;
use super::pack::pack_forward;
use super::pack_winograd::pack_winograd;
use super::reference::{Noise, get, put, to_master};
use super::reference_activations;
use super::rows::Sweep;
use super::winograd::{Weights, WinogradByRows, conv2d_winograd};
use crate::Element;
use crate::element::sealed::Sealed;
use crate::geometry::{Activation, Algorithm, CHANNEL_BLOCK, Conv2d, Map, Pool2d, round_up};
use crate::kernels::Kernels;
use crate::seam::Arena;

/// A shape, and what stands around it.
#[derive(Clone, Copy, Debug)]
struct Case {
    conv: Conv2d,
    pool: Pool2d,
    algorithm: Algorithm,
    /// Of the input.
    size: [usize; 2],
    batch: usize,
    activation: Activation,
    /// Whether a value in a hundred of the input is NaN.
    has_nan: bool,
    seed: u64,
}

impl Case {
    fn input(&self) -> Map {
        let map = Map::new(self.conv.in_channels, self.size[0], self.size[1]);
        let map = map.halo(self.conv.padding[0].max(self.conv.padding[1]));
        match self.conv.suits_packed_phases() {
            true => map.channel_stride(self.conv.in_channels),
            false => map,
        }
    }

    /// The pool's output, if its windows fit.
    fn pooled(&self) -> Option<Map> {
        let map = output_map(&self.conv, &self.input());
        let along = |axis, len| self.pool.windows(axis, len);
        let pooled = Map::new(map.channels, along(0, map.height)?, along(1, map.width)?);
        let fits = self.pool.kernel[0] <= map.height;
        fits.then_some(pooled.halo(self.batch % 3))
    }
}

fn draw(noise: &mut Noise) -> Case {
    let channels = noise.pick(&[1, 3, 4, 16, 17, 48]);
    let algorithm = noise.pick(&[
        Algorithm::Direct,
        Algorithm::Winograd2,
        Algorithm::Winograd4,
    ]);
    let strides: &[usize] = match algorithm {
        Algorithm::Direct => &[1, 2, 3],
        Algorithm::Winograd2 => &[1],
        Algorithm::Winograd4 => &[1, 2],
    };
    let stride = noise.pick(strides);
    let kernels: &[usize] = match (algorithm, stride) {
        (Algorithm::Direct, _) => &[1, 2, 3, 5],
        (_, 1) => &[3],
        _ => &[3, 5, 7],
    };
    let kernel = noise.pick(kernels);
    let conv = Conv2d::new(channels, noise.pick(&[1, 16, 33, 64]))
        .kernel([kernel; 2])
        .stride([stride; 2])
        .padding([kernel / 2; 2]);
    let window = noise.pick(&[1, 2, 3, 5, 7]);
    let pool = Pool2d::new([window, 1 + noise.below(3)])
        .stride([1 + noise.below(4), 1 + noise.below(3)])
        .padding([noise.below(window / 2 + 1), 0]);
    Case {
        conv,
        pool: match noise.below(3) {
            0 => pool.ceil(),
            _ => pool,
        },
        algorithm,
        size: [5 + noise.below(60), 5 + noise.below(30)],
        batch: 1 + noise.below(3),
        activation: noise.pick(&reference_activations::ALL),
        // Weights of padding channels are zeros, of which NaN makes NaN.
        has_nan: conv.out_channels.is_multiple_of(CHANNEL_BLOCK) && noise.below(2) == 0,
        seed: noise.below(1 << 30) as u64,
    }
}

fn bits<E: Element>(values: &[E]) -> Vec<u64> {
    let bits = values.iter().map(|value| value.to_f64().to_bits());
    bits.collect()
}

/// Asserts that both ways give the same; how many values were NaN.
fn compare<E: Element>(case: &Case, pooled: Map, kernels: &'static Kernels<E>) -> usize {
    let Case {
        conv, pool, batch, ..
    } = *case;
    let limit = batch + 1;
    let mut noise = Noise(case.seed);
    let input = case.input().at(0);
    let output = pooled.at(input.map.len());
    let whole = output_map(&conv, &input.map).at(output.offset + pooled.len());
    let mut x: Vec<E> = noise.values(batch * conv.in_channels * case.size[0] * case.size[1]);
    let poison = E::from_f64(f64::NAN);
    if case.has_nan {
        x.iter_mut().step_by(101).for_each(|value| *value = poison);
    }
    let weight: Vec<E> = noise.values(conv.taps() * conv.out_channels);
    let mut bias: Vec<E> = noise.values(round_up(conv.out_channels, CHANNEL_BLOCK));
    bias[conv.out_channels..].fill(E::ZERO);
    let master = to_master(&conv, &weight);
    let (tile, panel) = (case.algorithm.tile(), kernels.conv.panel());
    let mut packed = vec![poison; tile.map_or(conv.packed_len(), |m| conv.winograd_packed_len(m))];
    match tile {
        None => pack_forward(panel, &conv, &master, &mut packed),
        Some(m) => pack_winograd(panel, m, &conv, &master, |_| 1.0, &mut packed),
    }
    let epilogue = Epilogue {
        bias: Some(&bias),
        residual: None,
        activation: case.activation,
        statistics: None,
    };
    let memory = || {
        let mut memory = vec![poison; (whole.offset + whole.map.len()) * limit];
        put(&mut memory, input, limit, &x);
        memory
    };

    let mut one_by_one = memory();
    let mut arena = Arena::new(&mut one_by_one, batch, limit);
    let (target, middle, source) = (arena.write(output), arena.write(whole), arena.read(input));
    match tile {
        None => conv2d(kernels, 1, &conv, &packed, source, middle, epilogue),
        Some(m) => {
            let mut room = vec![poison; conv.winograd_workspace_len(m)];
            let weights = Weights::Transformed(&packed);
            conv2d_winograd(
                kernels, 1, m, &conv, weights, source, middle, epilogue, &mut room,
            );
        }
    }
    let sweep = Sweep::with(&kernels.sweep, 1);
    max_pool(sweep, &pool, middle.as_source(), target);
    let expected = get(&one_by_one, output, limit, batch);

    for threads in [1, 2, 3, 7] {
        let mut together = memory();
        let mut arena = Arena::new(&mut together, batch, limit);
        let (target, source) = (arena.write(output), arena.read(input));
        let width = whole.map.width;
        let rows = conv.strip_rows(tile, &pool, width);
        let each = conv.max_pooled_workspace_len(tile, &pool, width);
        let mut room = vec![poison; threads * each];
        let (sweep, map) = (&kernels.sweep, whole.map);
        match tile {
            None => {
                let direct = DirectByRows::new(kernels, &conv, &packed, &source, map, epilogue);
                let direct = direct.expect("there are images");
                conv2d_max_pool(sweep, threads, &direct, rows, &pool, target, &mut room);
            }
            Some(m) => {
                let weights = Weights::Transformed(&packed);
                let winograd =
                    WinogradByRows::new(kernels, m, &conv, weights, source, map, epilogue);
                conv2d_max_pool(sweep, threads, &winograd, rows, &pool, target, &mut room);
            }
        }
        let found = get(&together, output, limit, batch);
        let same = bits(&found) == bits(&expected);
        assert!(same, "{threads} threads, {}: {case:?}", kernels.name);
    }
    let is_nan = |value: &&E| value.to_f64().is_nan();
    expected.iter().filter(is_nan).count()
}

fn everywhere<E: Element>(cases: usize) {
    let mut noise = Noise(21);
    let drawn = std::iter::repeat_with(|| draw(&mut noise));
    let drawn = drawn.filter_map(|case| Some((case, case.pooled()?)));
    let mut nans = 0;
    for (case, pooled) in drawn.take(cases) {
        for kernels in E::all() {
            nans += compare(&case, pooled, kernels);
        }
    }
    assert!(nans > 0, "no case kept a NaN");
}

#[test]
fn f32_is_the_same_to_the_bit() {
    everywhere::<f32>(150);
}

#[test]
fn f64_is_the_same_to_the_bit() {
    everywhere::<f64>(40);
}

/// The stem of ResNets on an image, and those of ResNet-C and -D, whose last
/// convolution has stride 1.
#[test]
fn stems() {
    let pool = Pool2d::new([3, 3]).stride([2, 2]).padding([1, 1]);
    let stem = Case {
        conv: Conv2d::new(3, 64)
            .kernel([7, 7])
            .stride([2, 2])
            .padding([3, 3]),
        pool,
        algorithm: Algorithm::Winograd4,
        size: [101, 224],
        batch: 2,
        activation: Activation::Relu,
        has_nan: false,
        seed: 4,
    };
    let deep = Case {
        conv: Conv2d::new(32, 64).kernel([3, 3]).padding([1, 1]),
        size: [57, 112],
        ..stem
    };
    for algorithm in [Algorithm::Direct, Algorithm::Winograd4] {
        for case in [stem, deep] {
            let case = Case { algorithm, ..case };
            let pooled = case.pooled().expect("windows fit");
            for kernels in f32::all() {
                compare(&case, pooled, kernels);
            }
        }
    }
}
