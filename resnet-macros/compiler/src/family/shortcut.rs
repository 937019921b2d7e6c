//! What leads around the main branch of a block.

use resnet_geometry::Pool2d as PoolSizes;

use super::block::Site;
use super::{Expansion, Features};
use crate::layers::{Conv, LayerKind};
use crate::ops::PoolKind;
use crate::parameter::Init;
use crate::spec::{Order, Shortcut};

impl Expansion {
    /// The skip connection of a block that ends in `channels`: its input, or a projection.
    pub(super) fn shortcut(
        &mut self,
        site: &Site<'_>,
        input: Features,
        projected: Features,
        channels: usize,
    ) -> Features {
        let same = site.stride == [1, 1] && input.channels == channels;
        match site.keys.shortcut.value {
            Shortcut::ProjectionAll => self.projection(site, projected, channels, false),
            _ if same => input,
            Shortcut::None => input,
            Shortcut::Identity => {
                let kind = LayerKind::Subsample {
                    stride: site.stride,
                    channels,
                };
                let name = format!("{}.shortcut", site.name);
                let source = self.push(&name, kind, vec![input.source]);
                Features { source, channels }
            }
            Shortcut::Projection => self.projection(site, projected, channels, false),
            Shortcut::AverageProjection => self.projection(site, projected, channels, true),
        }
    }

    /// A 1x1 convolution that takes the steps, or an average pool that takes them before it.
    ///
    /// Where dilation stands in for steps there is a pool too: timm's, of each pixel and those
    /// below it and to its right, with zeros behind the map.
    fn projection(
        &mut self,
        site: &Site<'_>,
        input: Features,
        channels: usize,
        pooled: bool,
    ) -> Features {
        let names = self.names.projection(site.name, pooled);
        let mut features = input;
        let mut conv = Conv {
            stride: site.stride,
            init: self.conv_init,
            ..Conv::new(channels, [1, 1])
        };
        if pooled {
            conv.stride = [1, 1];
            let dilated = site.dilations[1] > 1;
            if site.stride != [1, 1] || dilated {
                let window = site.stride.map(|stride| stride.min(2));
                let sizes = match site.stride {
                    [1, 1] => PoolSizes::new([2, 2]).extra([1, 1]),
                    stride => PoolSizes::new(window)
                        .stride(stride)
                        .ceil()
                        .exclude_padding(),
                };
                let pool = LayerKind::Pool(PoolKind::Average, sizes);
                features = self.layer(&names.pool, pool, features);
            }
        }
        let projected = self.conv(&names.conv, conv, features);
        match site.keys.order.value {
            Order::PostActivation => self.norm(&names.norm, Init::ONE, projected),
            Order::PreActivation => projected,
        }
    }
}
