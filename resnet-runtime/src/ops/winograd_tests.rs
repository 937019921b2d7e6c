//! Winograd convolutions of many shapes against the reference, on every
//! instruction set of this processor.

use super::conv2d::Epilogue;
use super::pack::pack_forward;
use super::pack_winograd::pack_winograd;
use super::reference::{Noise, Sum, get, master_index, output_size, products, put, to_master};
use super::reference_activations;
use super::winograd::{Weights, conv2d_backward_weight_winograd, conv2d_winograd};
use crate::Element;
use crate::element::sealed::Sealed;
use crate::geometry::{Activation, CHANNEL_BLOCK, Conv2d, MOST_PACKED_CHANNELS, Map, round_up};
use crate::kernels::Kernels;
use crate::seam::Arena;

/// A shape, and what stands around it.
#[derive(Clone, Copy, Debug)]
struct Case {
    channels: [usize; 2],
    /// Size of the kernel, and the stride.
    window: [usize; 2],
    /// Of the input.
    size: [usize; 2],
    batch: usize,
    /// Channel stride and halo beyond what is needed.
    more: [usize; 2],
    residual: Option<InPlace>,
    activation: Activation,
    bias: bool,
    /// Whether pixels of the input lie side by side.
    is_packed: bool,
    /// Whether weights are transformed during the call.
    training: bool,
    seed: u64,
}

/// Whether the residual is the output's buffer.
type InPlace = bool;

impl Case {
    fn conv(&self) -> Conv2d {
        let ([in_channels, out_channels], [kernel, stride]) = (self.channels, self.window);
        Conv2d::new(in_channels, out_channels)
            .kernel([kernel; 2])
            .stride([stride; 2])
            .padding([kernel / 2; 2])
    }

    /// The input's map, halo included.
    fn input(&self, more: usize) -> Map {
        let [channels, _] = self.channels;
        let map = self.map(channels, self.size, self.window[0] / 2 + more);
        match self.is_packed {
            true => map.channel_stride(channels),
            false => map,
        }
    }

    /// A map of the output's size.
    fn output(&self, halo: usize) -> Map {
        self.map(self.channels[1], output_size(&self.conv(), self.size), halo)
    }

    fn map(&self, channels: usize, [height, width]: [usize; 2], halo: usize) -> Map {
        let map = Map::new(channels, height, width);
        map.channel_stride(map.channel_stride + self.more[0])
            .halo(halo)
    }
}

fn draw(noise: &mut Noise) -> Case {
    let channels = [1, 3, 16, 17, 33, 48, 64, 130];
    Case {
        channels: [noise.pick(&channels), noise.pick(&channels)],
        window: [3, 1],
        size: [1 + noise.below(17), 1 + noise.below(17)],
        batch: 1 + noise.below(3),
        more: [noise.pick(&[0, 8, 16]), noise.below(3)],
        residual: noise.pick(&[None, Some(false), Some(true)]),
        activation: noise.pick(&reference_activations::ALL),
        bias: noise.below(2) == 0,
        is_packed: false,
        training: noise.below(2) == 0,
        seed: noise.below(1 << 30) as u64,
    }
}

/// A convolution of stride 2.
fn draw_phases(noise: &mut Noise) -> Case {
    let in_channels = noise.pick(&[1, 2, 3, 4, 16, 17, 33, 130]);
    let case = draw(noise);
    Case {
        channels: [in_channels, case.channels[1]],
        window: [noise.pick(&[3, 5, 7]), 2],
        size: [1 + noise.below(37), 1 + noise.below(37)],
        is_packed: in_channels <= MOST_PACKED_CHANNELS && noise.below(4) > 0,
        training: false,
        ..case
    }
}

fn bits<E: Element>(values: &[E]) -> Vec<u64> {
    let bits = values.iter().map(|value| value.to_f64().to_bits());
    bits.collect()
}

/// Root mean square of the error and of the values.
fn compare<E: Element>(case: &Case, m: usize, kernels: &Kernels<E>) -> [f64; 2] {
    let conv = case.conv();
    let mut noise = Noise(case.seed);
    let [in_channels, out_channels] = case.channels;
    let limit = case.batch + 1;
    // The input comes last: what is read beyond it is beyond the arena.
    let output = case.output(case.more[1]).at(0);
    let apart = case.output(0).at(output.map.len());
    let input = case.input(case.more[1]);
    let input = input.at(apart.offset + apart.map.len());
    let pixels = output.map.height * output.map.width;
    let x: Vec<E> = noise.values(case.batch * in_channels * case.size[0] * case.size[1]);
    let w: Vec<E> = noise.values(conv.taps() * out_channels);
    let r: Vec<E> = noise.values(case.batch * out_channels * pixels);
    let mut bias: Vec<E> = noise.values(round_up(out_channels, CHANNEL_BLOCK));
    bias[out_channels..].fill(E::ZERO);
    let poison = E::from_f64(f64::NAN);
    let mut weights = vec![poison; conv.winograd_packed_len(m)];
    let master = to_master(&conv, &w);
    let panel = kernels.conv.panel();
    pack_winograd(panel, m, &conv, &master, |_| 1.0, &mut weights);
    let mut panels = vec![poison; conv.packed_len()];
    pack_forward(panel, &conv, &master, &mut panels);
    let (weights, workspace_len) = match case.training {
        false => (
            Weights::Transformed(&weights),
            conv.winograd_workspace_len(m),
        ),
        true => (
            Weights::Panels(&panels),
            conv.winograd_training_workspace_len(m),
        ),
    };
    let residual = case.residual.map(|same| if same { output } else { apart });
    let run = |threads: usize| {
        let mut memory = vec![poison; (input.offset + input.map.len()) * limit];
        put(&mut memory, input, limit, &x);
        if let Some(residual) = residual {
            put(&mut memory, residual, limit, &r);
        }
        let mut workspace = vec![poison; threads * workspace_len];
        let mut arena = Arena::new(&mut memory, case.batch, limit);
        let (target, source) = (arena.write(output), arena.read(input));
        let epilogue = Epilogue {
            bias: case.bias.then_some(&bias[..]),
            residual: residual.map(|residual| arena.read_in_place(residual, &[target])),
            activation: case.activation,
            statistics: None,
        };
        conv2d_winograd(
            kernels,
            threads,
            m,
            &conv,
            weights,
            source,
            target,
            epilogue,
            &mut workspace,
        );
        get(&memory, output, limit, case.batch)
    };
    let actual = run(1);
    for threads in [2, 3] {
        let same = bits(&run(threads)) == bits(&actual);
        assert!(same, "{threads} threads: {m} {case:?}");
    }
    let mut expected = vec![Sum::default(); actual.len()];
    products(
        &conv,
        [case.batch, case.size[0], case.size[1]],
        |o, i, k| expected[o].add(x[i].to_f64() * w[k].to_f64()),
    );
    let mut squares = [0.0; 2];
    for (index, (sum, actual)) in expected.iter_mut().zip(&actual).enumerate() {
        if case.bias {
            sum.add(bias[index / pixels % out_channels].to_f64());
        }
        if residual.is_some() {
            sum.add(r[index].to_f64());
        }
        // The size of the error follows from the values before the activation.
        squares[1] += sum.value * sum.value;
        sum.value = reference_activations::value(case.activation, sum.value);
        squares[0] += (actual.to_f64() - sum.value).powi(2);
    }
    squares.map(|square| (square / expected.len() as f64).sqrt())
}

/// The same for the weight's gradient.
fn compare_gradient<E: Element>(case: &Case, m: usize, kernels: &Kernels<E>) -> [f64; 2] {
    let conv = case.conv();
    let mut noise = Noise(case.seed);
    let [in_channels, out_channels] = case.channels;
    let limit = case.batch + 1;
    let input = case.input(case.more[1]).at(0);
    let d_output = case.output(1 + case.more[1]).at(input.map.len());
    let pixels = case.size[0] * case.size[1];
    let x: Vec<E> = noise.values(case.batch * in_channels * pixels);
    let dy: Vec<E> = noise.values(case.batch * out_channels * pixels);
    let poison = E::from_f64(f64::NAN);
    let mut memory = vec![poison; (d_output.offset + d_output.map.len()) * limit];
    put(&mut memory, input, limit, &x);
    put(&mut memory, d_output, limit, &dy);
    let mut run = |threads: usize| {
        let mut gradient = vec![poison; conv.master_len()];
        let mut workspace = vec![poison; threads * conv.winograd_gradient_workspace_len(m)];
        let mut arena = Arena::new(&mut memory, case.batch, limit);
        conv2d_backward_weight_winograd(
            kernels,
            threads,
            m,
            &conv,
            arena.read(input),
            arena.read(d_output),
            &mut gradient,
            &mut workspace,
        );
        gradient
    };
    let actual = run(1);
    for threads in [2, 3] {
        let same = bits(&run(threads)) == bits(&actual);
        assert!(same, "{threads} threads: {m} {case:?}");
    }
    let mut expected = vec![Sum::default(); conv.taps() * out_channels];
    products(
        &conv,
        [case.batch, case.size[0], case.size[1]],
        |o, i, k| expected[k].add(x[i].to_f64() * dy[o].to_f64()),
    );
    let mut squares = [0.0; 2];
    for (index, sum) in expected.iter().enumerate() {
        squares[1] += sum.value * sum.value;
        squares[0] += (actual[master_index(&conv, index)].to_f64() - sum.value).powi(2);
    }
    let zeros = actual.iter().filter(|&&value| value == E::ZERO).count();
    assert!(
        zeros >= conv.master_len() - expected.len(),
        "padding isn't zero: {case:?}"
    );
    squares.map(|square| (square / expected.len() as f64).sqrt())
}

/// Runs random cases with the kernels of every instruction set; errors stay
/// below a share of the values, in root mean square.
fn everywhere<E: Element>(cases: usize, bound: [f64; 2]) {
    let mut noise = Noise(11);
    for case in std::iter::repeat_with(|| draw(&mut noise)).take(cases) {
        for kernels in E::all() {
            for (m, bound) in [2, 4].into_iter().zip(bound) {
                for compare in [compare, compare_gradient] {
                    let [error, size] = compare(&case, m, kernels);
                    assert!(
                        error <= bound * size,
                        "{error:e} of {size:e}: F({m}) {} {case:?}",
                        kernels.name
                    );
                }
            }
        }
    }
}

#[test]
fn f32_is_near() {
    everywhere::<f32>(120, [2e-6, 1e-5]);
}

#[test]
fn f64_is_as_good_as_exact() {
    everywhere::<f64>(40, [1e-14, 1e-13]);
}

/// The same of convolutions of stride 2, by phases.
fn phases_everywhere<E: Element>(cases: usize, bound: f64) {
    let mut noise = Noise(12);
    for case in std::iter::repeat_with(|| draw_phases(&mut noise)).take(cases) {
        for kernels in E::all() {
            let [error, size] = compare(&case, 4, kernels);
            assert!(
                error <= bound * size,
                "{error:e} of {size:e}: {} {case:?}",
                kernels.name
            );
        }
    }
}

#[test]
fn phases_in_f32_are_near() {
    phases_everywhere::<f32>(150, 1e-5);
}

#[test]
fn phases_in_f64_are_as_good_as_exact() {
    phases_everywhere::<f64>(50, 1e-13);
}

/// The stem of ResNets on an image, and a layer that threads share by panels.
#[test]
fn large_phases() {
    let stem = Case {
        channels: [3, 64],
        window: [7, 2],
        size: [75, 224],
        batch: 1,
        more: [0, 0],
        residual: None,
        activation: Activation::Relu,
        bias: true,
        is_packed: true,
        training: false,
        seed: 6,
    };
    let wide = Case {
        channels: [128, 192],
        window: [3, 2],
        size: [29, 28],
        is_packed: false,
        ..stem
    };
    for kernels in f32::all() {
        for (case, bound) in [(stem, 3e-6), (wide, 3e-6)] {
            let [error, size] = compare(&case, 4, kernels);
            assert!(error <= bound * size, "{error:e} of {size:e}: {case:?}");
        }
    }
}

/// More tiles than a block holds, and channels that threads share out.
#[test]
fn large_shapes() {
    let case = Case {
        channels: [16, 16],
        window: [3, 1],
        size: [33, 30],
        batch: 2,
        more: [16, 0],
        residual: Some(true),
        activation: Activation::Relu,
        bias: true,
        is_packed: false,
        training: false,
        seed: 5,
    };
    let wide = Case {
        channels: [256, 192],
        size: [14, 7],
        batch: 5,
        ..case
    };
    for kernels in f32::all() {
        for (m, case) in [(2, case), (4, case), (2, wide), (4, wide)] {
            for training in [false, true] {
                let case = Case { training, ..case };
                let [error, size] = compare(&case, m, kernels);
                assert!(error <= 1e-5 * size, "{error:e} of {size:e}: {case:?}");
            }
            let [error, size] = compare_gradient(&case, m, kernels);
            assert!(error <= 1e-5 * size, "{error:e} of {size:e}: {case:?}");
        }
    }
}
