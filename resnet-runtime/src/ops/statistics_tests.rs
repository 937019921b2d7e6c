//! Statistics behind convolutions of many shapes: the bits of a convolution
//! and a sweep after it, on every instruction set and any number of threads.

use super::conv2d::{Epilogue, conv2d_any};
use super::pack::pack_forward;
use super::reference::{Noise, put, to_master};
use super::rows::Sweep;
use super::statistics::Statistics;
use super::winograd::{Weights, conv2d_winograd};
use crate::Element;
use crate::geometry::{Activation, CHANNEL_BLOCK, Conv2d, Map, round_up};
use crate::kernels::Kernels;
use crate::seam::Arena;

#[derive(Debug)]
struct Case {
    conv: Conv2d,
    input: Map,
    output: Map,
    batch: usize,
    /// Pixels of a Winograd tile.
    tile: Option<usize>,
    seed: u64,
}

fn draw(noise: &mut Noise) -> Case {
    let mut channels = [noise.pick(&[3, 16, 33, 64]), noise.pick(&[16, 17, 48, 130])];
    let (kernel, stride, tile) = noise.pick(&[
        (1, 1, None),
        (1, 2, None),
        (3, 1, None),
        (3, 2, None),
        (3, 1, Some(2)),
        (3, 1, Some(4)),
    ]);
    // Some maps have several blocks an image, as many as there may be threads.
    let size = noise.pick(&[[7, 5], [14, 14], [45, 27], [70, 33]]);
    // Groups, of which some make less than a panel.
    let groups = match tile {
        None => noise.pick(&[1, 1, 2, 32]),
        Some(_) => 1,
    };
    if groups > 1 {
        channels = [64, noise.pick(&[64, 128])];
    }
    let conv = Conv2d::new(channels[0], channels[1])
        .groups(groups)
        .kernel([kernel; 2])
        .stride([stride; 2])
        .padding([kernel / 2; 2]);
    let [height, width] = size.map(|size| (size + 2 * (kernel / 2) - kernel) / stride + 1);
    let halo = noise.below(2);
    Case {
        conv,
        input: Map::new(channels[0], size[0], size[1]).halo(kernel / 2),
        output: Map::new(channels[1], height, width).halo(halo),
        batch: noise.pick(&[1, 2, 5]),
        tile,
        seed: noise.below(1 << 30) as u64,
    }
}

/// The output's memory and the statistics, as bits.
fn run<E: Element>(
    case: &Case,
    kernels: &'static Kernels<E>,
    threads: usize,
    apart: bool,
) -> Vec<u64> {
    let Case { conv, batch, .. } = *case;
    let mut noise = Noise(case.seed);
    let input = case.input.at(0);
    let output = case.output.at(input.map.len());
    let scratch = output.offset + output.map.len();
    let poison = E::from_f64(f64::NAN);
    let len = scratch + output.map.reduction_scratch();
    let mut memory = vec![poison; len * batch];
    let pixels = input.map.height * input.map.width;
    let images: Vec<E> = noise.values(batch * conv.in_channels * pixels);
    put(&mut memory, input, batch, &images);
    let weights: Vec<E> = noise.values(conv.taps() * conv.out_channels);
    let mut panels = vec![poison; conv.packed_len()];
    let panel = kernels.conv.panel();
    pack_forward(panel, &conv, &to_master(&conv, &weights), &mut panels);
    let block = round_up(conv.out_channels, CHANNEL_BLOCK);
    let [mut mean, mut inv_std] = [vec![poison; block], vec![poison; block]];
    let mut arena = Arena::new(&mut memory, batch, batch);
    let (target, source) = (arena.write(output), arena.read(input));
    let scratch = arena.scratch(scratch, output.map.reduction_scratch());
    let sweep = Sweep::with(&kernels.sweep, threads);
    let statistics = Statistics::new(sweep, output.map, batch, scratch);
    let epilogue = Epilogue {
        bias: None,
        residual: None,
        activation: Activation::Identity,
        statistics: (!apart).then_some(&statistics),
    };
    match case.tile {
        None => conv2d_any(kernels, threads, &conv, &panels, source, target, epilogue),
        Some(m) => {
            let mut room = vec![poison; threads * conv.winograd_training_workspace_len(m)];
            conv2d_winograd(
                kernels,
                threads,
                m,
                &conv,
                Weights::Panels(&panels),
                source,
                target,
                epilogue,
                &mut room,
            );
        }
    }
    if apart {
        statistics.of_all(target.as_source());
    }
    statistics.merge(1e-5, &mut mean, &mut inv_std);
    let bits = |values: &[E]| -> Vec<u64> {
        let bits = values.iter().map(|value| value.to_f64().to_bits());
        bits.collect()
    };
    let output = &memory[output.offset * batch..][..output.map.len() * batch];
    [bits(output), bits(&mean), bits(&inv_std)].concat()
}

fn behind_as_apart<E: Element>(rounds: usize) {
    let mut noise = Noise(5);
    for _ in 0..rounds {
        let case = draw(&mut noise);
        for kernels in E::all() {
            let expected = run(&case, kernels, 1, true);
            for threads in 1..=4 {
                let same = run(&case, kernels, threads, false) == expected;
                assert!(same, "{threads} threads, {}: {case:?}", kernels.name);
            }
        }
    }
}

#[test]
fn behind_as_apart_f32() {
    behind_as_apart::<f32>(60);
}

#[test]
fn behind_as_apart_f64() {
    behind_as_apart::<f64>(6);
}
