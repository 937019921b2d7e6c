//! Inference of convolutions together with the max pools behind them.

use super::{Arena, Forward};
use crate::element::sealed::Sealed;
use crate::geometry::{Activation, Algorithm, Buffer, Conv2d, PANEL, Pool2d, round_up};
use crate::ops::conv2d::{Epilogue, output_map};
use crate::ops::conv2d_by_rows::DirectByRows;
use crate::ops::conv2d_max_pool::conv2d_max_pool;
use crate::ops::winograd::{Weights, WinogradByRows};

for_each_element! {
impl Forward<'_, E> {
    /// `output = max_pool(activation(convolution + bias))`, where `packed` is
    /// as for [`conv2d`](Self::conv2d).
    pub fn conv2d_max_pool(
        &mut self,
        conv: &Conv2d,
        pool: &Pool2d,
        input: Buffer,
        output: Buffer,
        activation: Activation,
        packed: usize,
    ) {
        let map = output_map(conv, &input.map);
        self.observed.conv2d("conv2d_max_pool", conv, [input, output], map.at(0));
        let bias = conv.packed_len();
        let packed = &self.packed[packed..][..bias + round_up(conv.out_channels, PANEL)];
        let (panels, bias) = packed.split_at(bias);
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let output = arena.write(output);
        let input = arena.read(input);
        let epilogue = Epilogue {
            bias: Some(bias),
            residual: None,
            activation,
            statistics: None,
        };
        let kernels = E::kernels();
        let rows = conv.strip_rows(Algorithm::Direct.tile(), pool, map.width);
        let direct = DirectByRows::new(kernels, conv, panels, &input, map, epilogue);
        if let Some(direct) = direct {
            let room = &mut *self.workspace;
            conv2d_max_pool(&kernels.sweep, self.threads, &direct, rows, pool, output, room);
        }
    }

    /// As [`conv2d_max_pool`](Self::conv2d_max_pool), by `F(2x2, 3x3)`.
    pub fn conv2d_winograd2_max_pool(
        &mut self,
        conv: &Conv2d,
        pool: &Pool2d,
        input: Buffer,
        output: Buffer,
        activation: Activation,
        packed: usize,
    ) {
        self.winograd_max_pool(2, conv, pool, [input, output], activation, packed);
    }

    /// As [`conv2d_max_pool`](Self::conv2d_max_pool), by `F(4x4)`.
    pub fn conv2d_winograd4_max_pool(
        &mut self,
        conv: &Conv2d,
        pool: &Pool2d,
        input: Buffer,
        output: Buffer,
        activation: Activation,
        packed: usize,
    ) {
        self.winograd_max_pool(4, conv, pool, [input, output], activation, packed);
    }

    fn winograd_max_pool(
        &mut self,
        m: usize,
        conv: &Conv2d,
        pool: &Pool2d,
        [input, output]: [Buffer; 2],
        activation: Activation,
        packed: usize,
    ) {
        let name = match m {
            2 => "conv2d_winograd2_max_pool",
            _ => "conv2d_winograd4_max_pool",
        };
        let map = output_map(conv, &input.map);
        self.observed.conv2d(name, conv, [input, output], map.at(0));
        let bias = conv.winograd_packed_len(m);
        let packed = &self.packed[packed..][..bias + round_up(conv.out_channels, PANEL)];
        let (weights, bias) = packed.split_at(bias);
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let output = arena.write(output);
        let input = arena.read(input);
        let epilogue = Epilogue {
            bias: Some(bias),
            residual: None,
            activation,
            statistics: None,
        };
        let kernels = E::kernels();
        let rows = conv.strip_rows(Some(m), pool, map.width);
        let weights = Weights::Transformed(weights);
        let winograd = WinogradByRows::new(kernels, m, conv, weights, input, map, epilogue);
        let room = &mut *self.workspace;
        conv2d_max_pool(&kernels.sweep, self.threads, &winograd, rows, pool, output, room);
    }
}
}
