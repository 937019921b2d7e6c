//! The main branch of a block: convolutions with norms and activations, then squeeze and
//! excitation and stochastic depth.

use resnet_geometry::Activation;

use super::block::Site;
use super::{Expansion, Features};
use crate::layers::{Conv, LayerKind};
use crate::parameter::Init;
use crate::spec::{BlockKind, Order, StrideOn};

impl Expansion {
    pub(super) fn main_branch(&mut self, site: &Site<'_>, input: Features) -> Features {
        let Site { keys, name, .. } = *site;
        let post = keys.order.value == Order::PostActivation;
        let (mut convs, strided) = self.convs(site);
        let blur = blur(site);
        if blur.is_some() {
            convs[strided].stride = [1, 1];
        }
        let last = convs.len() - 1;
        let norm = self.names.norm();
        let mut features = input;
        for (i, mut conv) in convs.into_iter().enumerate() {
            let n = i + 1;
            if i > 0 {
                if !post {
                    features = self.norm(&format!("{name}.{norm}{n}"), Init::ONE, features);
                }
                let n = if post { i } else { n };
                features = self.activation(&format!("{name}."), &n.to_string(), features);
            }
            if i == strided + 1
                && let Some(blur) = &blur
            {
                features = self.layer(&format!("{name}.aa"), blur.clone(), features);
            }
            let zero = self.zero_last && i == last;
            if zero && !post {
                conv.init = Init::ZERO;
            }
            features = self.conv(&format!("{name}.conv{n}"), conv, features);
            if post {
                let init = if zero { Init::ZERO } else { Init::ONE };
                features = self.norm(&format!("{name}.{norm}{n}"), init, features);
            }
        }
        if let Some(keys) = keys.squeeze_excitation.on() {
            features = self.squeeze_excitation(name, keys.width(features.channels), features);
        }
        if site.drop_path > 0.0 {
            let kind = LayerKind::DropPath {
                rate: site.drop_path,
            };
            features = self.layer(&format!("{name}.drop_path"), kind, features);
        }
        features
    }

    /// The convolutions, and the position of the one that takes the steps.
    fn convs(&self, site: &Site<'_>) -> (Vec<Conv>, usize) {
        let Site { keys, channels, .. } = *site;
        let init = self.conv_init;
        let conv = |channels, kernel: usize, dilation| Conv {
            padding: [kernel / 2 * dilation; 2],
            dilation: [dilation; 2],
            init,
            ..Conv::new(channels, [kernel; 2])
        };
        let [first, later] = site.dilations;
        let (mut convs, strided) = match keys.kind.value {
            BlockKind::Basic => (vec![conv(channels, 3, first), conv(channels, 3, later)], 0),
            BlockKind::Bottleneck => {
                let width = keys.width(channels);
                let grouped = Conv {
                    groups: keys.groups.value,
                    ..conv(width, 3, first)
                };
                let widening = conv(keys.out_channels(channels), 1, 1);
                let strided = match keys.stride_on.map(|on| on.value) {
                    Some(StrideOn::Conv1) => 0,
                    Some(StrideOn::Conv2) | None => 1,
                };
                (vec![conv(width, 1, 1), grouped, widening], strided)
            }
        };
        convs[strided].stride = site.stride;
        (convs, strided)
    }

    /// Each channel times a factor that follows from the means of all channels.
    fn squeeze_excitation(&mut self, block: &str, width: usize, input: Features) -> Features {
        let name = |part: &str| format!("{block}.se.{part}");
        let conv = |channels| Conv {
            bias: true,
            init: self.conv_init,
            ..Conv::new(channels, [1, 1])
        };
        let [squeeze, excite] = [conv(width), conv(input.channels)].map(LayerKind::Conv);
        let mean = self.layer(&name("mean"), LayerKind::GlobalPool, input);
        let squeezed = self.layer(&name("fc1"), squeeze, mean);
        let relu = LayerKind::Activation(Activation::Relu);
        let active = self.layer(&name("relu"), relu, squeezed);
        let excited = self.layer(&name("fc2"), excite, active);
        let sigmoid = LayerKind::Activation(Activation::Sigmoid);
        let gate = self.layer(&name("sigmoid"), sigmoid, excited);
        let inputs = vec![input.source, gate.source];
        let source = self.push(&format!("{block}.se"), LayerKind::Scale, inputs);
        Features { source, ..input }
    }
}

/// What blurs in a block that makes the image smaller, or that dilates more than the one before.
fn blur(site: &Site<'_>) -> Option<LayerKind> {
    let antialias = site.keys.antialias.on()?;
    let [first, later] = site.dilations;
    let changes = site.stride != [1, 1] || first != later;
    changes.then_some(LayerKind::BlurPool {
        kernel: antialias.kernel.value,
        stride: site.stride[0],
    })
}
