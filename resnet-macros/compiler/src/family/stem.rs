//! The stem: one convolution or three, and a pool.

use resnet_geometry::Pool2d as PoolSizes;

use super::convert::pool_kind;
use super::{Expansion, Features};
use crate::layers::{Conv, LayerKind};
use crate::parameter::Init;
use crate::spec::{Family, Order, Stem, StemKind, StemPool};

impl Expansion {
    pub(super) fn stem(&mut self, spec: Family<'_>, images: Features) -> Features {
        let stem = &spec.stem;
        self.place = stem.place;
        // The first block brings its own norm and activation if it begins with them.
        let bare = spec
            .stages
            .first()
            .is_some_and(|stage| stage.block(spec.block).order.value == Order::PreActivation);
        let convs = convs(stem);
        let names = self.names.stem(convs.len());
        let last = convs.len() - 1;
        let mut features = images;
        for (i, (conv, [conv_name, norm, prefix, n])) in convs.into_iter().zip(&names).enumerate() {
            let conv = Conv {
                init: self.conv_init,
                ..conv
            };
            features = self.conv(conv_name, conv, features);
            if i < last || !bare {
                features = self.norm(norm, Init::ONE, features);
                features = self.activation(prefix, n, features);
            }
        }
        if let Some(pool) = &stem.pool {
            features = self.stem_pool(pool, features);
        }
        self.named.insert("stem".to_owned(), features.source);
        features
    }

    fn stem_pool(&mut self, pool: &StemPool, input: Features) -> Features {
        self.place = pool.place;
        let name = self.names.stem_pool();
        let kind = pool_kind(pool.kind.value);
        let (kernel, padding) = (pool.kernel.value, pool.padding.value);
        let sizes = PoolSizes::new(kernel).padding(padding);
        let Some(antialias) = pool.antialias.on() else {
            let sizes = sizes.stride(pool.stride.value);
            return self.layer(name, LayerKind::Pool(kind, sizes), input);
        };
        let pooled = self.layer(&format!("{name}.0"), LayerKind::Pool(kind, sizes), input);
        let blur = LayerKind::BlurPool {
            kernel: antialias.kernel.value,
            stride: pool.stride.value[0],
        };
        self.layer(&format!("{name}.1"), blur, pooled)
    }
}

/// The stem's convolutions; the first one takes its steps.
fn convs(stem: &Stem) -> Vec<Conv> {
    let channels = stem.channels.value;
    let width = stem.width();
    let widths = match stem.kind.value {
        StemKind::Conv => vec![channels],
        StemKind::Deep => vec![width, width, channels],
        StemKind::DeepTiered => vec![3 * (width / 4), width, channels],
    };
    let convs = widths.into_iter().enumerate().map(|(i, channels)| Conv {
        stride: if i == 0 { stem.stride.value } else { [1, 1] },
        padding: stem.padding.value,
        ..Conv::new(channels, stem.kernel.value)
    });
    convs.collect()
}
