//! Convolutions, and blurs, which are convolutions of mirrored maps.

use anyhow::Result;
use resnet_compiler::graph::Value;
use resnet_compiler::ops::{BlurPool, Conv2d, Norm};

use super::super::build::{Builder, Rank};
use super::{ints, pads};
use crate::onnx::message::Attribute;

/// A convolution, with the norm behind it if that is to be folded.
pub(super) fn conv2d(
    builder: &mut Builder<'_>,
    name: &str,
    conv: &Conv2d,
    input: Value,
    made: Value,
) -> Result<()> {
    let sizes = conv.sizes;
    let mut reads = vec![builder.read(input, Rank::Map)?];
    let folded = builder.folds(made);
    match &folded {
        Some((norm, _)) => {
            let (weight, bias) = folded_values(builder, conv, norm)?;
            let shape = &builder.source.parameters()[conv.weight.0].shape;
            let weight_name = &builder.source.parameters()[conv.weight.0].name;
            reads.push(builder.floats(weight_name, shape, weight));
            let bias_name = format!("{name}.bias");
            reads.push(builder.floats(&bias_name, &[sizes.out_channels], bias));
        }
        None => {
            reads.push(builder.parameter(conv.weight)?);
            if let Some(bias) = conv.bias {
                reads.push(builder.parameter(bias)?);
            }
        }
    }
    builder.node(
        "Conv",
        name,
        reads,
        &[
            ("kernel_shape", ints(&sizes.kernel)),
            ("strides", ints(&sizes.stride)),
            ("pads", pads(sizes.padding)),
            ("dilations", ints(&sizes.dilation)),
            ("group", Attribute::Int(sizes.groups as i64)),
        ],
    );
    builder.bind(made, name, Rank::Map);
    if let Some((_, normed)) = folded {
        builder.bind(normed, name, Rank::Map);
    }
    Ok(())
}

/// Weights and biases that do a norm's work too.
fn folded_values(
    builder: &Builder<'_>,
    conv: &Conv2d,
    norm: &Norm,
) -> Result<(Vec<f32>, Vec<f32>)> {
    let [scale, shift, mean, variance] = norm.parameters();
    let [scale, shift] = [builder.values_of(scale)?, builder.values_of(shift)?];
    let [mean, variance] = [builder.values_of(mean)?, builder.values_of(variance)?];
    let own = conv.bias.map(|id| builder.values_of(id)).transpose()?;
    let weight = builder.values_of(conv.weight)?;
    let mut weights = Vec::with_capacity(weight.len());
    let mut biases = Vec::with_capacity(scale.len());
    let of_channel = weight.len() / conv.sizes.out_channels;
    for (channel, weight) in weight.chunks_exact(of_channel).enumerate() {
        let factor =
            f64::from(scale[channel]) / (f64::from(variance[channel]) + norm.epsilon).sqrt();
        weights.extend(weight.iter().map(|&w| (f64::from(w) * factor) as f32));
        let own = own.map_or(0.0, |own| f64::from(own[channel]));
        let bias = f64::from(shift[channel]) + (own - f64::from(mean[channel])) * factor;
        biases.push(bias as f32);
    }
    Ok((weights, biases))
}

/// A mirrored border, then a convolution of each channel with the same filter.
pub(super) fn blur_pool(
    builder: &mut Builder<'_>,
    name: &str,
    blur: &BlurPool,
    input: Value,
    made: Value,
) -> Result<()> {
    let sizes = resnet_geometry::BlurPool::new(blur.kernel, blur.stride);
    let channels = builder.source.shape(input).channels;
    let read = builder.read(input, Rank::Map)?;
    let padding = sizes.padding() as i64;
    let around = [0, 0, padding, padding, 0, 0, padding, padding];
    let around = builder.ints(&format!("mirror_{padding}"), &around);
    let mirrored = builder.node(
        "Pad",
        &format!("{name}/mirror"),
        vec![read, around],
        &[("mode", Attribute::Text("reflect".to_owned()))],
    );
    let taps = &sizes.taps()[..blur.kernel];
    let filter: Vec<f32> = taps
        .iter()
        .flat_map(|a| taps.iter().map(move |b| (a * b) as f32))
        .collect();
    let filter = builder.floats(
        &format!("blur_{}_{channels}", blur.kernel),
        &[channels, 1, blur.kernel, blur.kernel],
        filter.repeat(channels),
    );
    builder.node(
        "Conv",
        name,
        vec![mirrored, filter],
        &[
            ("kernel_shape", ints(&[blur.kernel; 2])),
            ("strides", ints(&[blur.stride; 2])),
            ("group", Attribute::Int(channels as i64)),
        ],
    );
    builder.bind(made, name, Rank::Map);
    Ok(())
}
