//! Winograd convolutions: inference, and their weights.

use super::pack::Folded;
use super::{Arena, Forward, Pack};
use crate::element::sealed::Sealed;
use crate::geometry::{Activation, BatchNorm, Buffer, Conv2d, PANEL, round_up};
use crate::ops::conv2d::Epilogue;
use crate::ops::pack_winograd::pack_winograd;
use crate::ops::winograd::{Weights, conv2d_winograd};

for_each_element! {
impl Forward<'_, E> {
    /// As [`conv2d`](Self::conv2d), by `F(2x2, 3x3)`; `packed` is the offset
    /// of what [`Pack::conv2d_winograd2`] has made.
    pub fn conv2d_winograd2(
        &mut self,
        conv: &Conv2d,
        input: Buffer,
        output: Buffer,
        residual: Option<Buffer>,
        activation: Activation,
        packed: usize,
    ) {
        self.winograd(2, conv, [input, output], residual, activation, packed);
    }

    /// As [`conv2d`](Self::conv2d), by `F(4x4, 3x3)`; `packed` is the offset
    /// of what [`Pack::conv2d_winograd4`] has made.
    pub fn conv2d_winograd4(
        &mut self,
        conv: &Conv2d,
        input: Buffer,
        output: Buffer,
        residual: Option<Buffer>,
        activation: Activation,
        packed: usize,
    ) {
        self.winograd(4, conv, [input, output], residual, activation, packed);
    }

    fn winograd(
        &mut self,
        m: usize,
        conv: &Conv2d,
        [input, output]: [Buffer; 2],
        residual: Option<Buffer>,
        activation: Activation,
        packed: usize,
    ) {
        let name = match m {
            2 => "conv2d_winograd2",
            _ => "conv2d_winograd4",
        };
        self.observed.conv2d(name, conv, [input, output], output);
        let bias = conv.winograd_packed_len(m);
        let packed = &self.packed[packed..][..bias + round_up(conv.out_channels, PANEL)];
        let (weights, bias) = packed.split_at(bias);
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let output = arena.write(output);
        let input = arena.read(input);
        let epilogue = Epilogue {
            bias: Some(bias),
            residual: residual.map(|residual| arena.read_in_place(residual, &[output])),
            activation,
            statistics: None,
        };
        conv2d_winograd(
            E::kernels(),
            self.threads,
            m,
            conv,
            Weights::Transformed(weights),
            input,
            output,
            epilogue,
            self.workspace,
        );
    }
}

impl Pack<'_, E> {
    /// As [`conv2d`](Self::conv2d), for `F(2x2, 3x3)`: transformed weights at
    /// offset `packed`, and the bias after them.
    pub fn conv2d_winograd2(
        &mut self,
        conv: &Conv2d,
        weight: usize,
        bias: Option<usize>,
        norm: Option<&BatchNorm>,
        packed: usize,
    ) {
        self.winograd(2, conv, weight, bias, norm, packed);
    }

    /// As [`conv2d`](Self::conv2d), for `F(4x4, 3x3)`: transformed weights at
    /// offset `packed`, and the bias after them.
    pub fn conv2d_winograd4(
        &mut self,
        conv: &Conv2d,
        weight: usize,
        bias: Option<usize>,
        norm: Option<&BatchNorm>,
        packed: usize,
    ) {
        self.winograd(4, conv, weight, bias, norm, packed);
    }

    fn winograd(
        &mut self,
        m: usize,
        conv: &Conv2d,
        weight: usize,
        bias: Option<usize>,
        norm: Option<&BatchNorm>,
        packed: usize,
    ) {
        let len = conv.winograd_packed_len(m);
        let Folded { scale, shift } = self.folded(conv, bias, norm);
        let master = self.values.master(weight, conv.master_len());
        let panel = E::kernels().conv.panel();
        let weights = self.with_bias(packed, len, conv, &shift);
        pack_winograd(panel, m, conv, &master, |c| scale[c], weights);
    }
}
}
