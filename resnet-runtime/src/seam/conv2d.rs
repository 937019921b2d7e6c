//! Convolutions and fully connected layers, forward and backward.

use super::sweeps::{pair, vector};
use super::{Arena, Forward, Source, Step, Target};
use crate::element::sealed::Sealed;
use crate::geometry::{
    Activation, Algorithm, Buffer, CHANNEL_BLOCK, Conv2d, Linear, PANEL, round_up,
};
use crate::kernels::Kernels;
use crate::ops::conv2d::{Epilogue, conv2d, conv2d_any, conv2d_narrow};
use crate::ops::conv2d_backward_input::conv2d_backward_input;
use crate::ops::conv2d_backward_weight::conv2d_backward_weight;
use crate::ops::rows::Sweep;
use crate::ops::statistics::Statistics;
use crate::ops::winograd::{Weights, conv2d_backward_weight_winograd, conv2d_winograd};

for_each_element! {
impl Forward<'_, E> {
    /// `output = activation(convolution + bias + residual)`, where `packed`
    /// is the offset of the panels and of the bias after them. The residual
    /// may be the output itself.
    pub fn conv2d(
        &mut self,
        conv: &Conv2d,
        input: Buffer,
        output: Buffer,
        residual: Option<Buffer>,
        activation: Activation,
        packed: usize,
    ) {
        self.direct(conv, [input, output], residual, activation, packed, conv2d);
    }

    /// [`conv2d`](Self::conv2d) in groups that are narrow
    /// ([`Groups::is_narrow`](crate::geometry::Groups::is_narrow)).
    pub fn conv2d_narrow(
        &mut self,
        conv: &Conv2d,
        input: Buffer,
        output: Buffer,
        residual: Option<Buffer>,
        activation: Activation,
        packed: usize,
    ) {
        self.direct(conv, [input, output], residual, activation, packed, conv2d_narrow);
    }

    fn direct(
        &mut self,
        conv: &Conv2d,
        [input, output]: [Buffer; 2],
        residual: Option<Buffer>,
        activation: Activation,
        packed: usize,
        convolve: Convolve<E>,
    ) {
        self.observed.conv2d("conv2d", conv, [input, output], output);
        let bias = conv.packed_len();
        let packed = &self.packed[packed..][..bias + round_up(conv.out_channels, PANEL)];
        let (panels, bias) = packed.split_at(bias);
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let output = arena.write(output);
        let input = arena.read(input);
        let epilogue = Epilogue {
            bias: Some(bias),
            residual: residual.map(|residual| arena.read_in_place(residual, &[output])),
            activation,
            statistics: None,
        };
        convolve(
            E::kernels(),
            self.threads,
            conv,
            panels,
            input,
            output,
            epilogue,
        );
    }

    /// A fully connected layer from and to maps of one pixel.
    pub fn linear(&mut self, linear: &Linear, input: Buffer, output: Buffer, packed: usize) {
        self.conv2d(
            &linear.as_conv2d(),
            input,
            output,
            None,
            Activation::Identity,
            packed,
        );
    }
}

impl Step<'_, E> {
    /// `output = convolution + bias`, where `bias` is an offset of the master
    /// parameters and `packed` one of the forward panels.
    pub fn conv2d(
        &mut self,
        conv: &Conv2d,
        input: Buffer,
        output: Buffer,
        bias: Option<usize>,
        packed: usize,
        algorithm: Algorithm,
    ) {
        self.convolve(conv, [input, output], bias, packed, algorithm, None);
    }

    /// The convolution, and its output's statistics unless they aren't used.
    pub(in crate::seam) fn convolve(
        &mut self,
        conv: &Conv2d,
        [input, output]: [Buffer; 2],
        bias: Option<usize>,
        packed: usize,
        algorithm: Algorithm,
        saved: Option<Saved>,
    ) {
        let name = match algorithm {
            Algorithm::Direct => "conv2d",
            Algorithm::Winograd2 => "conv2d_winograd2",
            Algorithm::Winograd4 => "conv2d_winograd4",
        };
        self.observed.conv2d(name, conv, [input, output], output);
        let block = round_up(conv.out_channels, CHANNEL_BLOCK);
        let panels = &self.packed_forward[packed..][..conv.packed_len()];
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let output = arena.write(output);
        let input = arena.read(input);
        let saved = saved.filter(|_| !self.evaluates);
        let statistics = saved.map(|saved| {
            let scratch = arena.scratch(saved.scratch, output.map.reduction_scratch());
            Statistics::new(Sweep::new(self.threads), output.map, self.batch, scratch)
        });
        let epilogue = Epilogue {
            bias: bias.map(|bias| &self.master[bias..][..block]),
            residual: None,
            activation: Activation::Identity,
            statistics: statistics.as_ref(),
        };
        let (kernels, threads) = (E::kernels(), self.threads);
        match algorithm.tile() {
            None => conv2d_any(kernels, threads, conv, panels, input, output, epilogue),
            Some(m) => conv2d_winograd(
                kernels,
                threads,
                m,
                conv,
                Weights::Panels(panels),
                input,
                output,
                epilogue,
                self.workspace,
            ),
        }
        if let (Some(statistics), Some(saved)) = (statistics, saved) {
            let [mean, inv_std] = saved.vectors(self.saved, conv.out_channels);
            statistics.merge(saved.epsilon, mean, inv_std);
        }
    }

    /// A fully connected layer from and to maps of one pixel.
    pub fn linear(
        &mut self,
        linear: &Linear,
        input: Buffer,
        output: Buffer,
        bias: Option<usize>,
        packed: usize,
    ) {
        let conv = linear.as_conv2d();
        self.conv2d(&conv, input, output, bias, packed, Algorithm::Direct);
    }

    /// Overwrites the gradients of the weight at offset `weight` and of the
    /// bias.
    pub fn conv2d_backward_weight(
        &mut self,
        conv: &Conv2d,
        input: Buffer,
        d_output: Buffer,
        weight: usize,
        bias: Option<usize>,
        algorithm: Algorithm,
    ) {
        let name = match algorithm {
            Algorithm::Direct => "conv2d_backward_weight",
            Algorithm::Winograd2 => "conv2d_backward_weight_winograd2",
            Algorithm::Winograd4 => "conv2d_backward_weight_winograd4",
        };
        self.observed.conv2d(name, conv, [input, d_output], d_output);
        let block = round_up(conv.out_channels, CHANNEL_BLOCK);
        let (weight, bias) = match bias {
            Some(bias) => {
                let ranges = [weight..weight + conv.master_len(), bias..bias + block];
                let [weight, bias] = self
                    .gradients
                    .get_disjoint_mut(ranges)
                    .unwrap_or_else(|why| panic!("gradients of {conv:?}: {why}"));
                (weight, Some(bias))
            }
            None => (&mut self.gradients[weight..][..conv.master_len()], None),
        };
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let input = arena.read(input);
        let d_output = arena.read(d_output);
        let (kernels, threads) = (E::kernels(), self.threads);
        match algorithm.tile() {
            None => {
                conv2d_backward_weight(
                    kernels, threads, conv, input, d_output, weight, bias, self.workspace,
                );
            }
            Some(m) => {
                assert!(bias.is_none(), "Winograd gives no gradient of a bias: {conv:?}");
                let room = &mut *self.workspace;
                conv2d_backward_weight_winograd(
                    kernels, threads, m, conv, input, d_output, weight, room,
                );
            }
        }
    }

    /// `d_input = gradient of the input + accumulate`, where `packed` is an
    /// offset of the backward panels and `accumulate` may be `d_input`.
    pub fn conv2d_backward_input(
        &mut self,
        conv: &Conv2d,
        d_output: Buffer,
        d_input: Buffer,
        accumulate: Option<Buffer>,
        packed: usize,
        algorithm: Algorithm,
    ) {
        let name = match algorithm {
            Algorithm::Direct => "conv2d_backward_input",
            Algorithm::Winograd2 => "conv2d_backward_input_winograd2",
            Algorithm::Winograd4 => "conv2d_backward_input_winograd4",
        };
        self.observed.conv2d(name, conv, [d_output, d_input], d_output);
        let packed = &self.packed_backward[packed..][..conv.packed_backward_len()];
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let d_input = arena.write(d_input);
        let d_output = arena.read(d_output);
        let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[d_input]));
        let (kernels, threads) = (E::kernels(), self.threads);
        match algorithm.tile() {
            None => {
                conv2d_backward_input(
                    kernels, threads, conv, d_output, d_input, accumulate, packed,
                );
            }
            Some(m) => conv2d_winograd(
                kernels,
                threads,
                m,
                &conv.transposed(),
                Weights::Panels(packed),
                d_output,
                d_input,
                Epilogue {
                    bias: None,
                    residual: accumulate,
                    activation: Activation::Identity,
                    statistics: None,
                },
                self.workspace,
            ),
        }
    }

    /// As [`conv2d_backward_weight`](Self::conv2d_backward_weight).
    pub fn linear_backward_weight(
        &mut self,
        linear: &Linear,
        input: Buffer,
        d_output: Buffer,
        weight: usize,
        bias: Option<usize>,
    ) {
        let (conv, algorithm) = (linear.as_conv2d(), Algorithm::Direct);
        self.conv2d_backward_weight(&conv, input, d_output, weight, bias, algorithm);
    }

    /// As [`conv2d_backward_input`](Self::conv2d_backward_input).
    pub fn linear_backward_input(
        &mut self,
        linear: &Linear,
        d_output: Buffer,
        d_input: Buffer,
        accumulate: Option<Buffer>,
        packed: usize,
    ) {
        let (conv, algorithm) = (linear.as_conv2d(), Algorithm::Direct);
        self.conv2d_backward_input(&conv, d_output, d_input, accumulate, packed, algorithm);
    }
}
}

/// A convolution by direct summation.
type Convolve<E> =
    fn(&Kernels<E>, usize, &Conv2d, &[E], Source<'_, E>, Target<'_, E>, Epilogue<'_, E>);

/// Where a batch norm's statistics go.
#[derive(Clone, Copy)]
pub(in crate::seam) struct Saved {
    /// Offset of the means; the deviations come after them.
    pub(in crate::seam) at: usize,
    /// Offset of the scratch in the arena.
    pub(in crate::seam) scratch: usize,
    pub(in crate::seam) epsilon: f64,
}

impl Saved {
    /// Means, and `1 / sqrt(variance + epsilon)`, whole channel blocks each.
    pub(in crate::seam) fn vectors<E>(self, saved: &mut [E], channels: usize) -> [&mut [E]; 2] {
        let mean = vector(self.at, channels);
        let (mean, inv_std) = pair(saved, mean.clone(), vector(mean.end, channels));
        [mean, inv_std]
    }
}
