//! Weights for inference: batch norms folded into panels.

use super::Pack;
use crate::Element;
use crate::geometry::{BatchNorm, CHANNEL_BLOCK, Conv2d, Linear, PANEL, round_up};
use crate::ops::pack::pack_scaled;

impl<E: Element> Pack<'_, E> {
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
        let channels = conv.out_channels;
        let block = round_up(channels, CHANNEL_BLOCK);
        let vector = |from: &'_ [E], offset: usize| -> Vec<f64> {
            from[offset..][..block]
                .iter()
                .map(|value| value.to_f64())
                .collect()
        };
        let mut scale = vec![1.0; channels];
        let mut shift = bias.map_or(vec![0.0; block], |bias| vector(self.master, bias));
        if let Some(norm) = norm {
            let gamma = vector(self.master, norm.weight);
            let beta = vector(self.master, norm.bias);
            let mean = vector(self.running, norm.running_mean);
            let variance = vector(self.running, norm.running_var);
            for c in 0..channels {
                scale[c] = gamma[c] / (variance[c] + norm.epsilon).sqrt();
                shift[c] = beta[c] + (shift[c] - mean[c]) * scale[c];
            }
        }
        let master = &self.master[weight..][..conv.master_len()];
        let panels = conv.packed_len();
        let packed = &mut self.packed[packed..][..panels + round_up(channels, PANEL)];
        let (panels, biases) = packed.split_at_mut(panels);
        pack_scaled(
            E::kernels().conv.panel(),
            conv,
            master,
            |c| scale[c],
            panels,
        );
        biases.fill(E::ZERO);
        for (bias, shift) in biases.iter_mut().zip(&shift[..channels]) {
            *bias = E::from_f64(*shift);
        }
    }

    /// Packs a fully connected layer as the 1x1 convolution that it is.
    pub fn linear(&mut self, linear: &Linear, weight: usize, bias: Option<usize>, packed: usize) {
        self.conv2d(&linear.as_conv2d(), weight, bias, None, packed);
    }
}
