//! What a layer of the layer form computes.

use resnet_geometry::{Activation, Pool2d as PoolSizes};

use crate::diagnostics::{Code, Diagnostic, Located};
use crate::family::convert;
use crate::layers::{Conv, LayerKind, Linear, Norm};
use crate::parameter::Init;
use crate::spec::layers::{self as written, Layer};

/// The operators of a layer, by key: there must be one.
fn operators(layer: &Layer) -> Vec<&'static str> {
    let Layer {
        name: _,
        input: _,
        conv,
        norm,
        activation,
        pool,
        global_pool,
        linear,
        add,
        concat,
        scale,
        blur_pool,
        subsample,
        dropout,
        drop_path,
        place: _,
    } = layer;
    let all = [
        ("conv", conv.is_some()),
        ("norm", norm.is_some()),
        ("activation", activation.is_some()),
        ("pool", pool.is_some()),
        ("global_pool", global_pool.is_some()),
        ("linear", linear.is_some()),
        ("add", add.is_some()),
        ("concat", concat.is_some()),
        ("scale", scale.is_some()),
        ("blur_pool", blur_pool.is_some()),
        ("subsample", subsample.is_some()),
        ("dropout", dropout.is_some()),
        ("drop_path", drop_path.is_some()),
    ];
    let there = all.into_iter().filter(|(_, is)| *is);
    there.map(|(key, _)| key).collect()
}

/// Tells what is wrong with a layer by itself.
pub(super) fn check(layer: &Layer, found: &mut Vec<Diagnostic>) {
    let name = &layer.name;
    match operators(layer)[..] {
        [] => {
            let message = format!("the layer `{}` has no operator", name.value);
            let help = "add one of conv, norm, activation, pool, global_pool, linear, add, \
                        concat, scale, blur_pool, subsample, dropout, drop_path";
            found.push(Diagnostic::new(Code::NoOperator, name.place, message).help(help));
        }
        [_] => {}
        ref several => {
            let keys: Vec<_> = several.iter().map(|key| format!("`{key}`")).collect();
            let (name, place, keys) = (&name.value, name.place, keys.join(" and "));
            let message = format!("the layer `{name}` has several operators: {keys}");
            let help = "make a layer of each; one without `input` reads the layer before it";
            found.push(Diagnostic::new(Code::SeveralOperators, place, message).help(help));
        }
    }
    if let (Some(input), Some((key, _))) = (&layer.input, listed(layer)) {
        let message = format!("`{key}` lists what the layer reads, and `input` says it again");
        let help = format!("delete `input`, or add `{}` to the list", input.value);
        found.push(Diagnostic::new(Code::InputTwice, input.place, message).help(help));
    }
    if let Some(conv) = &layer.conv {
        found.extend(excessive_padding(conv));
    }
}

/// The list of layers that a layer reads, if its operator has one.
fn listed(layer: &Layer) -> Option<(&'static str, &[Located<String>])> {
    let lists = [
        ("add", &layer.add),
        ("concat", &layer.concat),
        ("scale", &layer.scale),
    ];
    let mut lists = lists.into_iter();
    lists.find_map(|(key, list)| Some((key, list.as_deref()?)))
}

/// The names of the layers that a layer reads; none: the one before it.
pub(super) fn reads(layer: &Layer) -> Vec<&Located<String>> {
    match listed(layer) {
        Some((_, names)) => names.iter().collect(),
        None => layer.input.iter().collect(),
    }
}

/// A padding so large that some windows would see nothing else.
fn excessive_padding(conv: &written::Conv) -> Option<Diagnostic> {
    let (kernel, padding, dilation) = (conv.kernel, conv.padding, conv.dilation);
    let reach = |axis: usize| (kernel.value[axis] - 1) * dilation.value[axis];
    let axis = (0..2).find(|&axis| padding.value[axis] > reach(axis))?;
    let (found, limit) = (padding.value[axis], reach(axis));
    let message = format!(
        "padding {found} is too large for kernel {}, expected less than the kernel: 0 to {limit}",
        kernel.value[axis]
    );
    let diagnostic = Diagnostic::new(Code::PaddingTooLarge, padding.place, message);
    Some(
        diagnostic
            .label(kernel.place, "the kernel")
            .help("leave `padding` out to get half the kernel"),
    )
}

/// What a layer computes; without an operator, nothing.
pub(super) fn kind(layer: &Layer) -> LayerKind {
    let identity = LayerKind::Activation(Activation::Identity);
    None.or_else(|| layer.conv.as_ref().map(conv))
        .or_else(|| layer.norm.as_ref().map(|norm| self::norm(&norm.value)))
        .or_else(|| {
            let activation = layer.activation.as_ref()?;
            Some(LayerKind::Activation(convert::activation(
                &activation.value,
            )))
        })
        .or_else(|| layer.pool.as_ref().map(pool))
        .or_else(|| layer.global_pool.map(|_| LayerKind::GlobalPool))
        .or_else(|| layer.linear.as_ref().map(linear))
        .or_else(|| layer.add.as_ref().map(|_| LayerKind::Add))
        .or_else(|| layer.concat.as_ref().map(|_| LayerKind::Concat))
        .or_else(|| layer.scale.as_ref().map(|_| LayerKind::Scale))
        .or_else(|| {
            let blur = layer.blur_pool.as_ref()?;
            Some(LayerKind::BlurPool {
                kernel: blur.kernel.value,
                stride: blur.stride.value,
            })
        })
        .or_else(|| {
            let subsample = layer.subsample.as_ref()?;
            Some(LayerKind::Subsample {
                stride: subsample.stride.value,
                channels: subsample.channels.value,
            })
        })
        .or_else(|| {
            let rate = layer.dropout?.value;
            Some(LayerKind::Dropout { rate })
        })
        .or_else(|| {
            let rate = layer.drop_path?.value;
            Some(LayerKind::DropPath { rate })
        })
        .unwrap_or(identity)
}

fn conv(conv: &written::Conv) -> LayerKind {
    LayerKind::Conv(Conv {
        channels: conv.channels.value,
        kernel: conv.kernel.value,
        stride: conv.stride.value,
        padding: conv.padding.value,
        dilation: conv.dilation.value,
        groups: conv.groups.value,
        bias: conv.bias.value,
        init: convert::scheme(&conv.init.value),
    })
}

fn norm(norm: &written::Norm) -> LayerKind {
    let written::Norm::Batch(norm) = norm;
    LayerKind::Norm(Norm {
        epsilon: norm.epsilon.value,
        momentum: norm.momentum.value,
        init: match norm.init.value {
            written::NormInitial::Ones => Init::ONE,
            written::NormInitial::Zeros => Init::ZERO,
        },
    })
}

fn pool(pool: &written::Pool) -> LayerKind {
    let kind = convert::pool_kind(pool.kind.value);
    let sizes = PoolSizes {
        kernel: pool.kernel.value,
        stride: pool.stride.value,
        padding: pool.padding.value,
        extra: pool.extra_padding.map_or([0, 0], |extra| extra.value),
        ceil: pool.ceil.value,
        count_padding: pool.count_padding.value,
    };
    LayerKind::Pool(kind, sizes)
}

fn linear(linear: &written::Linear) -> LayerKind {
    LayerKind::Linear(Linear {
        features: linear.features.value,
        bias: linear.bias.value,
        init: convert::scheme(&linear.init.value),
    })
}
