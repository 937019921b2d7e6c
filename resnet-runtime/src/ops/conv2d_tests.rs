//! Convolutions of many shapes against the reference, on every instruction
//! set of this processor.

use super::conv2d::{Epilogue, conv2d_any};
use super::conv2d_backward_input::conv2d_backward_input;
use super::conv2d_backward_weight::conv2d_backward_weight;
use super::pack::{pack_backward, pack_forward};
use super::reference::{Noise, Sum, get, master_index, output_size, products, put, to_master};
use super::reference_activations;
use crate::Element;
use crate::geometry::{Activation, Buffer, CHANNEL_BLOCK, Conv2d, Map, round_up};
use crate::kernels::Kernels;
use crate::seam::Arena;

/// Where the third map lies.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Third {
    None,
    Apart,
    InPlace,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    conv: Conv2d,
    size: [usize; 2],
    batch: usize,
    limit: usize,
    /// Halo beyond what is needed.
    halo: usize,
    /// Channel stride beyond what is needed.
    padding: usize,
    /// The input is packed without channel padding.
    packed: bool,
    third: Third,
    activation: Activation,
    bias: bool,
    seed: u64,
}

/// The same in groups of few channels or many, narrow ones now and then.
fn grouped(noise: &mut Noise, conv: Conv2d) -> Conv2d {
    let groups = noise.pick(&[2, 3, 5, 8, 17, 32, 40]);
    let (from, to) = match noise.below(3) {
        0 => (1, 1),
        1 => noise.pick(&[(2, 2), (4, 4), (8, 8)]),
        _ => (
            noise.pick(&[1, 2, 3, 5, 16, 20]),
            noise.pick(&[1, 2, 3, 7, 16, 24]),
        ),
    };
    Conv2d {
        in_channels: groups * from,
        out_channels: groups * to,
        groups,
        ..conv
    }
}

/// A random case, unless its shape is impossible or slow.
fn draw(noise: &mut Noise) -> Option<Case> {
    let channels = [1, 3, 5, 16, 17, 33, 48, 130];
    let conv = Conv2d {
        in_channels: noise.pick(&channels),
        out_channels: noise.pick(&channels),
        kernel: [
            noise.pick(&[1, 1, 2, 3, 3, 5, 7]),
            noise.pick(&[1, 1, 2, 3, 3, 5, 7]),
        ],
        stride: [noise.pick(&[1, 1, 2, 3]), noise.pick(&[1, 1, 2, 3])],
        padding: [noise.below(4), noise.below(4)],
        dilation: [noise.pick(&[1, 1, 1, 2, 3]), noise.pick(&[1, 1, 1, 2, 4])],
        groups: 1,
    };
    let conv = match noise.below(3) {
        0 => grouped(noise, conv),
        _ => conv,
    };
    let conv = match noise.below(4) {
        // Squares are what networks have, 1x1 takes paths of its own.
        0 => Conv2d {
            kernel: [1, 1],
            padding: [0, 0],
            dilation: [1, 1],
            ..conv
        },
        1 => Conv2d {
            kernel: [conv.kernel[0]; 2],
            stride: [conv.stride[0]; 2],
            dilation: [conv.dilation[0]; 2],
            padding: [conv.dilation[0] * (conv.kernel[0] / 2); 2],
            ..conv
        },
        _ => conv,
    };
    let size = [1 + noise.below(20), 1 + noise.below(20)];
    let batch = 1 + noise.below(3);
    let possible = (0..2).all(|axis| conv.reach(axis) <= size[axis] + 2 * conv.padding[axis]);
    let work = || {
        let [h, w] = output_size(&conv, size);
        batch * h * w * conv.taps() * conv.out_channels
    };
    (possible && work() < 3_000_000).then(|| Case {
        conv,
        size,
        batch,
        limit: batch + noise.below(3),
        halo: noise.pick(&[0, 0, 1, 2]),
        padding: noise.pick(&[0, 0, 16, 8]),
        packed: noise.below(3) == 0 && !conv.forward_groups().is_narrow(),
        third: noise.pick(&[Third::None, Third::Apart, Third::InPlace]),
        activation: noise.pick(&reference_activations::ALL),
        bias: noise.below(2) == 0,
        seed: noise.below(1 << 30) as u64,
    })
}

impl Case {
    fn map(&self, channels: usize, [height, width]: [usize; 2], halo: usize) -> Map {
        let map = Map::new(channels, height, width);
        map.channel_stride(map.channel_stride + self.padding)
            .halo(halo)
    }

    fn input_map(&self) -> Map {
        let [top, left] = self.conv.padding;
        let map = self.map(self.conv.in_channels, self.size, top.max(left) + self.halo);
        if self.packed {
            map.channel_stride(map.channels)
        } else {
            map
        }
    }

    fn output_map(&self, halo: usize) -> Map {
        self.map(
            self.conv.out_channels,
            output_size(&self.conv, self.size),
            halo,
        )
    }

    fn extent(&self) -> [usize; 3] {
        [self.batch, self.size[0], self.size[1]]
    }

    /// Buffers one after another, and an arena full of poison for them.
    fn arena<E: Element>(&self, maps: [Map; 3]) -> ([Buffer; 3], Vec<E>) {
        let [a, b, c] = maps;
        let buffers = [a.at(0), b.at(a.len()), c.at(a.len() + b.len())];
        let len = maps.iter().map(Map::len).sum::<usize>() * self.limit;
        (buffers, vec![E::from_f64(f64::NAN); len])
    }
}

fn len(map: &Map, batch: usize) -> usize {
    batch * map.channels * map.height * map.width
}

fn bits<E: Element>(values: &[E]) -> Vec<u64> {
    values
        .iter()
        .map(|value| value.to_f64().to_bits())
        .collect()
}

/// Runs with several numbers of threads, which mustn't matter.
fn same_on_threads<E: Element>(case: &Case, run: impl Fn(usize) -> Vec<E>) -> Vec<E> {
    let result = run(1);
    for threads in [2, 3] {
        assert!(
            bits(&run(threads)) == bits(&result),
            "{threads} threads: {case:?}"
        );
    }
    result
}

fn forward<E: Element>(case: &Case, kernels: &Kernels<E>) {
    let Case {
        conv, batch, limit, ..
    } = *case;
    let mut noise = Noise(case.seed);
    let output_map = case.output_map(case.halo);
    let residual_map = case.output_map(case.halo / 2);
    let ([input, output, apart], poison) = case.arena([case.input_map(), output_map, residual_map]);
    let x: Vec<E> = noise.values(len(&input.map, batch));
    let w: Vec<E> = noise.values(conv.taps() * conv.out_channels);
    let r: Vec<E> = noise.values(len(&output.map, batch));
    let mut bias: Vec<E> = noise.values(round_up(conv.out_channels, CHANNEL_BLOCK));
    bias[conv.out_channels..].fill(E::ZERO);
    let residual = match case.third {
        Third::None => None,
        Third::Apart => Some(apart),
        Third::InPlace => Some(output),
    };
    let mut panels = vec![E::from_f64(f64::NAN); conv.packed_len()];
    pack_forward(
        kernels.conv.panel(),
        &conv,
        &to_master(&conv, &w),
        &mut panels,
    );
    let actual = same_on_threads(case, |threads| {
        let mut memory = poison.clone();
        put(&mut memory, input, limit, &x);
        if let Some(residual) = residual {
            put(&mut memory, residual, limit, &r);
        }
        let mut arena = Arena::new(&mut memory, batch, limit);
        let target = arena.write(output);
        let source = arena.read(input);
        let epilogue = Epilogue {
            bias: case.bias.then_some(&bias[..]),
            residual: residual.map(|residual| arena.read_in_place(residual, &[target])),
            activation: case.activation,
            statistics: None,
        };
        conv2d_any(kernels, threads, &conv, &panels, source, target, epilogue);
        get(&memory, output, limit, batch)
    });
    let pixels = output.map.height * output.map.width;
    let mut expected = vec![Sum::default(); actual.len()];
    products(&conv, case.extent(), |o, i, k| {
        expected[o].add(x[i].to_f64() * w[k].to_f64())
    });
    for (index, sum) in expected.iter_mut().enumerate() {
        if case.bias {
            sum.add(bias[index / pixels % conv.out_channels].to_f64());
        }
        if residual.is_some() {
            sum.add(r[index].to_f64());
        }
        sum.value = reference_activations::value(case.activation, sum.value);
        sum.magnitude += sum.value.abs();
        sum.assert_near(actual[index], &(index, kernels.name, case));
    }
}

fn backward_input<E: Element>(case: &Case, kernels: &Kernels<E>) {
    let Case {
        conv, batch, limit, ..
    } = *case;
    let mut noise = Noise(case.seed);
    // Generous: what the phases read is at most the kernel away.
    let d_output_map = case.output_map(case.halo + conv.reach(0).max(conv.reach(1)) + 6);
    let d_input_map = case.map(conv.in_channels, case.size, case.halo);
    let accumulate_map = case.map(conv.in_channels, case.size, case.halo / 2);
    let ([d_output, d_input, apart], poison) =
        case.arena([d_output_map, d_input_map, accumulate_map]);
    let dy: Vec<E> = noise.values(len(&d_output.map, batch));
    let w: Vec<E> = noise.values(conv.taps() * conv.out_channels);
    let r: Vec<E> = noise.values(len(&d_input.map, batch));
    let accumulate = match case.third {
        Third::None => None,
        Third::Apart => Some(apart),
        Third::InPlace => Some(d_input),
    };
    let mut panels = vec![E::from_f64(f64::NAN); conv.packed_backward_len()];
    pack_backward(
        kernels.conv.panel(),
        &conv,
        &to_master(&conv, &w),
        &mut panels,
    );
    let actual = same_on_threads(case, |threads| {
        let mut memory = poison.clone();
        put(&mut memory, d_output, limit, &dy);
        if let Some(accumulate) = accumulate {
            put(&mut memory, accumulate, limit, &r);
        }
        let mut arena = Arena::new(&mut memory, batch, limit);
        let target = arena.write(d_input);
        let source = arena.read(d_output);
        let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[target]));
        conv2d_backward_input(kernels, threads, &conv, source, target, accumulate, &panels);
        get(&memory, d_input, limit, batch)
    });
    let mut expected = vec![Sum::default(); actual.len()];
    products(&conv, case.extent(), |o, i, k| {
        expected[i].add(dy[o].to_f64() * w[k].to_f64())
    });
    for (index, sum) in expected.iter_mut().enumerate() {
        if accumulate.is_some() {
            sum.add(r[index].to_f64());
        }
        sum.assert_near(actual[index], &(index, kernels.name, case));
    }
}

fn backward_weight<E: Element>(case: &Case, kernels: &Kernels<E>) {
    let Case {
        conv, batch, limit, ..
    } = *case;
    let mut noise = Noise(case.seed);
    let d_output_map = case.output_map(case.halo);
    let ([input, d_output, _], mut memory) =
        case.arena([case.input_map(), d_output_map, Map::new(1, 1, 1)]);
    let x: Vec<E> = noise.values(len(&input.map, batch));
    let dy: Vec<E> = noise.values(len(&d_output.map, batch));
    put(&mut memory, input, limit, &x);
    put(&mut memory, d_output, limit, &dy);
    let block = round_up(conv.out_channels, CHANNEL_BLOCK);
    let actual = same_on_threads(case, |threads| {
        let mut gradients = vec![E::from_f64(f64::NAN); conv.master_len() + block];
        let (weight, bias) = gradients.split_at_mut(conv.master_len());
        let mut memory = memory.clone();
        let mut arena = Arena::new(&mut memory, batch, limit);
        let (input, d_output) = (arena.read(input), arena.read(d_output));
        let bias = case.bias.then_some(bias);
        let mut workspace = vec![E::from_f64(f64::NAN); threads * conv.gradient_workspace_len()];
        let room = &mut workspace;
        conv2d_backward_weight(kernels, threads, &conv, input, d_output, weight, bias, room);
        gradients
    });
    let weights = conv.taps() * conv.out_channels;
    let mut expected = vec![Sum::default(); weights];
    products(&conv, case.extent(), |o, i, k| {
        expected[k].add(x[i].to_f64() * dy[o].to_f64())
    });
    for (index, sum) in expected.iter().enumerate() {
        sum.assert_near(
            actual[master_index(&conv, index)],
            &(index, kernels.name, case),
        );
    }
    let zeros = actual[..conv.master_len()]
        .iter()
        .filter(|&&value| value == E::ZERO)
        .count();
    assert!(
        zeros >= conv.master_len() - weights,
        "padding isn't zero: {case:?}"
    );
    if case.bias {
        let pixels = d_output.map.height * d_output.map.width;
        let mut expected = vec![Sum::default(); block];
        for (index, dy) in dy.iter().enumerate() {
            expected[index / pixels % conv.out_channels].add(dy.to_f64());
        }
        for (c, sum) in expected.iter().enumerate() {
            sum.assert_near(
                actual[conv.master_len() + c],
                &("bias", c, kernels.name, case),
            );
        }
    }
}

/// Runs a test on random cases with the kernels of every instruction set.
fn everywhere<E: Element>(cases: usize, test: impl Fn(&Case, &Kernels<E>)) {
    let mut noise = Noise(7);
    let cases = std::iter::repeat_with(|| draw(&mut noise))
        .flatten()
        .take(cases);
    for case in cases {
        for kernels in E::all() {
            test(&case, kernels);
        }
    }
}

#[test]
fn forward_f32() {
    everywhere::<f32>(400, forward);
}

#[test]
fn forward_f64() {
    everywhere::<f64>(100, forward);
}

#[test]
fn backward_input_f32() {
    everywhere::<f32>(400, backward_input);
}

#[test]
fn backward_input_f64() {
    everywhere::<f64>(100, backward_input);
}

#[test]
fn backward_weight_f32() {
    everywhere::<f32>(400, backward_weight);
}

#[test]
fn backward_weight_f64() {
    everywhere::<f64>(100, backward_weight);
}
