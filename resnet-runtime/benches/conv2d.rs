//! How near convolutions come to the processor's peak of multiply-adds.
//!
//! `cargo bench --bench conv2d [-- THREADS [FILTER | IN OUT SIZE KERNEL STRIDE
//! BATCH]]` prints for each shape
//! the rates of the three passes as percentages of a peak that is measured in
//! between. Times are the best of several runs, since others may share the
//! cores.

use std::time::Instant;

use resnet_runtime::seam::{Forward, Step, StepParts};
use resnet_runtime::{
    Activation, Algorithm, CHANNEL_BLOCK, Conv2d, Map, PANEL, fma_peak_gflops, isa, round_up,
};

/// Seconds that a pass is repeated for.
const SECONDS: f64 = 0.15;

/// A layer: channels in and out, input size, kernel, stride, batch.
struct Shape(&'static str, [usize; 2], usize, usize, usize, usize);

const SHAPES: &[Shape] = &[
    Shape("stem 7x7/2", [3, 64], 224, 7, 2, 1),
    Shape("3x3", [64, 64], 56, 3, 1, 1),
    Shape("3x3/2", [64, 128], 56, 3, 2, 1),
    Shape("3x3", [128, 128], 28, 3, 1, 1),
    Shape("3x3/2", [128, 256], 28, 3, 2, 1),
    Shape("3x3", [256, 256], 14, 3, 1, 1),
    Shape("3x3/2", [256, 512], 14, 3, 2, 1),
    Shape("3x3", [512, 512], 7, 3, 1, 1),
    Shape("1x1", [64, 256], 56, 1, 1, 1),
    Shape("1x1", [256, 64], 56, 1, 1, 1),
    Shape("1x1", [256, 128], 56, 1, 1, 1),
    Shape("1x1", [512, 128], 28, 1, 1, 1),
    Shape("1x1", [128, 512], 28, 1, 1, 1),
    Shape("1x1", [1024, 256], 14, 1, 1, 1),
    Shape("1x1", [256, 1024], 14, 1, 1, 1),
    Shape("1x1", [2048, 512], 7, 1, 1, 1),
    Shape("1x1", [512, 2048], 7, 1, 1, 1),
    Shape("1x1/2", [256, 512], 56, 1, 2, 1),
    Shape("1x1/2", [1024, 2048], 14, 1, 2, 1),
    Shape("3x3 b16", [64, 64], 56, 3, 1, 16),
    Shape("3x3 b16", [128, 128], 28, 3, 1, 16),
    Shape("3x3 b16", [256, 256], 14, 3, 1, 16),
    Shape("3x3 b16", [512, 512], 7, 3, 1, 16),
    Shape("3x3 b8", [64, 64], 56, 3, 1, 8),
    Shape("3x3 b8", [256, 256], 14, 3, 1, 8),
    Shape("3x3 b8", [512, 512], 7, 3, 1, 8),
    Shape("1x1 b8", [512, 2048], 7, 1, 1, 8),
    Shape("fc b1", [512, 1000], 1, 1, 1, 1),
    Shape("fc b32", [512, 1000], 1, 1, 1, 32),
    Shape("cifar 3x3 b32", [3, 16], 32, 3, 1, 32),
    Shape("cifar 3x3 b32", [16, 16], 32, 3, 1, 32),
    Shape("cifar 3x3/2 b32", [16, 32], 32, 3, 2, 32),
    Shape("cifar 3x3 b32", [32, 32], 16, 3, 1, 32),
    Shape("cifar 3x3/2 b32", [32, 64], 16, 3, 2, 32),
    Shape("cifar 3x3 b32", [64, 64], 8, 3, 1, 32),
];

/// The channel stride that planners give: powers of two collide in caches.
fn padded(map: Map) -> Map {
    let pad = if map.channels >= 128 {
        CHANNEL_BLOCK
    } else {
        0
    };
    map.channel_stride(map.channel_stride + pad)
}

/// Elements that start on a cache line, as models' regions do.
struct Region(Vec<f32>, usize);

impl Region {
    fn new(len: usize) -> Self {
        let memory = vec![0.01; len + 16];
        let start = memory.as_ptr().align_offset(64);
        Self(memory, start)
    }

    fn elements(&mut self) -> &mut [f32] {
        &mut self.0[self.1..]
    }
}

/// The best seconds of many runs, in turns with the others.
fn best(passes: &mut [&mut dyn FnMut()]) -> Vec<f64> {
    let mut best = vec![f64::INFINITY; passes.len()];
    let mut spent = 0.0;
    while spent < SECONDS * passes.len() as f64 {
        for (pass, best) in passes.iter_mut().zip(&mut best) {
            let start = Instant::now();
            pass();
            let seconds = start.elapsed().as_secs_f64();
            *best = best.min(seconds);
            spent += seconds;
        }
    }
    best
}

fn measure(shape: &Shape, threads: usize) {
    let &Shape(name, [in_channels, out_channels], size, kernel, stride, batch) = shape;
    let padding = kernel / 2;
    let conv = Conv2d::new(in_channels, out_channels)
        .kernel([kernel; 2])
        .stride([stride; 2])
        .padding([padding; 2]);
    let out_size = (size + 2 * padding - kernel) / stride + 1;
    let map = if in_channels == 3 {
        Map::new(3, size, size).channel_stride(3)
    } else {
        padded(Map::new(in_channels, size, size))
    };
    let input = map.halo(padding).at(0);
    let out_map = padded(Map::new(out_channels, out_size, out_size));
    let output = out_map.halo(kernel - 1 - padding).at(input.map.len());
    let d_input = padded(Map::new(in_channels, size, size)).at(output.offset + output.map.len());
    let len = (d_input.offset + d_input.map.len()) * batch;
    let (mut arena, mut outputs) = (Region::new(len), Region::new(len));
    let mut winograd_outputs = Region::new(len);
    let mut packed = Region::new(conv.packed_len() + round_up(out_channels, PANEL));
    let mut packed_backward = Region::new(conv.packed_backward_len());
    let mut gradients = Region::new(conv.master_len());
    let mut room = Region::new(threads * conv.gradient_workspace_len());

    let mut forward = || {
        let (arena, packed) = (outputs.elements(), packed.elements());
        let mut forward = Forward::new(&[], &mut [], arena, packed, batch, batch, threads);
        forward.conv2d(&conv, input, output, None, Activation::Relu, 0);
    };
    let by_winograd = [Algorithm::Winograd2, Algorithm::Winograd4].map(|algorithm| {
        let few = in_channels < CHANNEL_BLOCK && !conv.suits_winograd_phases();
        conv.suits(algorithm) && !few
    });
    let mut weights = [2, 4].map(|m| {
        let len = conv.winograd_packed_len(m) + round_up(out_channels, PANEL);
        Region::new(if by_winograd[m / 4] { len } else { 0 })
    });
    let each = conv.winograd_workspace_len(2);
    let each = each.max(conv.winograd_workspace_len(4));
    let mut workspace = Region::new(threads * each);
    let mut winograd = |m: usize| {
        let packed = weights[m / 4].elements();
        if !by_winograd[m / 4] {
            return;
        }
        let arena = winograd_outputs.elements();
        let forward = Forward::new(&[], &mut [], arena, packed, batch, batch, threads);
        let mut forward = forward.with_workspace(workspace.elements());
        let relu = Activation::Relu;
        match m {
            2 => forward.conv2d_winograd2(&conv, input, output, None, relu, 0),
            _ => forward.conv2d_winograd4(&conv, input, output, None, relu, 0),
        }
    };
    let winograd = core::cell::RefCell::new(&mut winograd);
    let mut winograd2 = || winograd.borrow_mut()(2);
    let mut winograd4 = || winograd.borrow_mut()(4);
    let step = core::cell::RefCell::new(Step::new(
        StepParts {
            arena: arena.elements(),
            gradients: gradients.elements(),
            packed_backward: packed_backward.elements(),
            workspace: room.elements(),
            ..StepParts::default()
        },
        batch,
        batch,
        threads,
    ));
    let mut backward_input = || {
        step.borrow_mut()
            .conv2d_backward_input(&conv, output, d_input, None, 0, Algorithm::Direct)
    };
    let mut backward_weight = || {
        step.borrow_mut()
            .conv2d_backward_weight(&conv, input, output, 0, None, Algorithm::Direct)
    };
    let mut peak = 0.0f64;
    let mut measure_peak = || peak = peak.max(fma_peak_gflops(threads));
    let times = best(&mut [
        &mut forward,
        &mut backward_input,
        &mut backward_weight,
        &mut measure_peak,
        &mut winograd2,
        &mut winograd4,
    ]);
    let gflop = 2e-9 * (conv.taps() * out_channels * out_size * out_size * batch) as f64;
    let percent = |seconds: f64| 100.0 * gflop / seconds / peak;
    let faster = |m: usize, seconds: f64| match by_winograd[m / 4] {
        true => format!("{:5.2}x", times[0] / seconds),
        false => String::new(),
    };
    println!(
        "{name:16} {in_channels:4} -> {out_channels:4} at {size:3}: {:9.1} us {:5.1}% {:5.1}% {:5.1}%  of {peak:.0} {} {}",
        times[0] * 1e6,
        percent(times[0]),
        percent(times[1]),
        percent(times[2]),
        faster(2, times[4]),
        faster(4, times[5]),
    );
}

fn main() {
    // Cargo adds `--bench`.
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let threads = arguments
        .next()
        .map_or(1, |threads| threads.parse().expect("a number of threads"));
    println!(
        "{}, {threads} thread(s): time of forward; forward, d_input, d_weight of the peak; F(2), F(4)",
        isa()
    );
    let rest: Vec<String> = arguments.collect();
    let sizes: Result<Vec<usize>, _> = rest.iter().map(|size| size.parse()).collect();
    if let Ok(&[in_channels, out_channels, size, kernel, stride, batch]) = sizes.as_deref() {
        return measure(
            &Shape("", [in_channels, out_channels], size, kernel, stride, batch),
            threads,
        );
    }
    let filter = rest.first().map_or("", String::as_str);
    for shape in SHAPES.iter().filter(|shape| shape.0.contains(filter)) {
        measure(shape, threads);
    }
}
