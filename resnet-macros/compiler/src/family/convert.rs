//! From the spec's words to what layers hold.

use resnet_geometry::Activation;

use crate::layers::Norm;
use crate::ops::PoolKind;
use crate::parameter::{Fan, Init};
use crate::spec::{self, FanKind, NormKind, Scheme};

/// torch's defaults.
const NORM: Norm = Norm {
    epsilon: 1e-5,
    momentum: 0.1,
    init: Init::ONE,
};

pub(crate) fn activation(spec: &spec::Activation) -> Activation {
    match spec {
        spec::Activation::Relu => Activation::Relu,
        spec::Activation::LeakyRelu(keys) => Activation::LeakyRelu {
            slope: keys.slope.value,
        },
        spec::Activation::Silu => Activation::Silu,
        spec::Activation::Gelu => Activation::Gelu,
        spec::Activation::Elu(keys) => Activation::Elu {
            alpha: keys.alpha.value,
        },
        spec::Activation::HardSwish => Activation::HardSwish,
        spec::Activation::Sigmoid => Activation::Sigmoid,
        spec::Activation::Tanh => Activation::Tanh,
        spec::Activation::Identity => Activation::Identity,
    }
}

pub(crate) fn norm(spec: Option<&NormKind>) -> Option<Norm> {
    match spec {
        None => Some(NORM),
        Some(NormKind::None) => None,
        Some(NormKind::Batch(keys)) => Some(Norm {
            epsilon: keys.epsilon.value,
            momentum: keys.momentum.value,
            ..NORM
        }),
    }
}

pub(crate) fn scheme(spec: &Scheme) -> Init {
    match spec {
        Scheme::KaimingNormal(keys) => Init::KaimingNormal(fan(keys.fan.value)),
        Scheme::KaimingUniform(keys) => Init::KaimingUniform(fan(keys.fan.value)),
        Scheme::XavierNormal => Init::XavierNormal,
        Scheme::XavierUniform => Init::XavierUniform,
        Scheme::Uniform => Init::Uniform,
        Scheme::Normal(keys) => Init::Normal {
            std: keys.std.value,
        },
        Scheme::Zeros => Init::ZERO,
    }
}

fn fan(spec: FanKind) -> Fan {
    match spec {
        FanKind::In => Fan::In,
        FanKind::Out => Fan::Out,
    }
}

pub(crate) fn pool_kind(spec: spec::PoolKind) -> PoolKind {
    match spec {
        spec::PoolKind::Max => PoolKind::Max,
        spec::PoolKind::Average => PoolKind::Average,
    }
}
