//! Weights for inference: batch norms folded into panels.

use alloc::borrow::Cow;

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use super::Pack;
use crate::Element;
use crate::element::sealed::Sealed;
use crate::geometry::{BatchNorm, Conv2d, Linear, PANEL, round_up};
use crate::ops::pack::pack_scaled;

/// A factor and a summand for each output channel.
pub(super) struct Folded {
    pub(super) scale: Vec<f64>,
    pub(super) shift: Vec<f64>,
}

for_each_element! {
impl Pack<'_, E> {
    /// Packs a convolution's panels at offset `packed` and its bias after
    /// them. A batch norm that follows becomes part of both.
    pub fn conv2d(
        &mut self,
        conv: &Conv2d,
        weight: usize,
        bias: Option<usize>,
        norm: Option<&BatchNorm>,
        packed: usize,
    ) {
        let Folded { scale, shift } = self.folded(conv, bias, norm);
        let master = self.values.master(weight, conv.master_len());
        let panels = self.with_bias(packed, conv.packed_len(), conv, &shift);
        pack_scaled(
            E::kernels().conv.panel(),
            conv,
            &master,
            |c| scale[c],
            panels,
        );
    }

    /// What a bias and a batch norm make of each output channel.
    pub(in crate::seam) fn folded(
        &self,
        conv: &Conv2d,
        bias: Option<usize>,
        norm: Option<&BatchNorm>,
    ) -> Folded {
        let channels = conv.out_channels;
        let doubles = |values: Cow<'_, [E]>| -> Vec<f64> {
            values.iter().map(|value| value.to_f64()).collect()
        };
        let master = |offset| doubles(self.values.master(offset, channels));
        let running = |offset| doubles(self.values.running(offset, channels));
        let mut scale = vec![1.0; channels];
        let mut shift = bias.map_or(vec![0.0; channels], master);
        if let Some(norm) = norm {
            let gamma = master(norm.weight);
            let beta = master(norm.bias);
            let mean = running(norm.running_mean);
            let variance = running(norm.running_var);
            for c in 0..channels {
                scale[c] = gamma[c] / (variance[c] + norm.epsilon).sqrt();
                shift[c] = beta[c] + (shift[c] - mean[c]) * scale[c];
            }
        }
        Folded { scale, shift }
    }

    /// Writes the bias behind `len` elements for weights at offset `packed`;
    /// gives those.
    pub(in crate::seam) fn with_bias(
        &mut self,
        packed: usize,
        len: usize,
        conv: &Conv2d,
        shift: &[f64],
    ) -> &mut [E] {
        let packed = &mut self.packed[packed..][..len + round_up(conv.out_channels, PANEL)];
        let (weights, biases) = packed.split_at_mut(len);
        biases.fill(E::ZERO);
        for (bias, shift) in biases.iter_mut().zip(shift) {
            *bias = E::from_f64(*shift);
        }
        weights
    }

    /// Packs a fully connected layer as the 1x1 convolution that it is.
    pub fn linear(&mut self, linear: &Linear, weight: usize, bias: Option<usize>, packed: usize) {
        self.conv2d(&linear.as_conv2d(), weight, bias, None, packed);
    }
}
}
