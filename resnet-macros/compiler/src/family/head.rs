//! The head: the mean over the image, dropout, and a linear layer.

use super::names::Names;
use super::{Expansion, Features};
use crate::layers::{Conv, LayerKind, Linear};
use crate::spec::Head;

impl Expansion {
    pub(super) fn head(&mut self, head: &Head, features: Features) -> Features {
        self.place = head.place;
        let [pool, dropout, last] = self.names.head();
        let mut features = self.layer(pool, LayerKind::GlobalPool, features);
        let rate = head.dropout.value;
        if rate > 0.0 {
            features = self.layer(dropout, LayerKind::Dropout { rate }, features);
        }
        let (classes, bias, init) = (head.classes.value, head.bias.value, self.linear_init);
        let kind = match self.names {
            Names::Torchvision => LayerKind::Linear(Linear {
                features: classes,
                bias,
                init,
            }),
            // The same sums, with a weight of four sizes.
            Names::ResNetV2 => LayerKind::Conv(Conv {
                bias,
                init,
                ..Conv::new(classes, [1, 1])
            }),
        };
        let logits = self.layer(last, kind, features);
        Features {
            channels: classes,
            ..logits
        }
    }
}
