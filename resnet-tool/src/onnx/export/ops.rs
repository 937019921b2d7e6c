//! Each operator in ONNX's words.

mod conv;
mod elementwise;

use anyhow::{Result, bail};
use petgraph::stable_graph::NodeIndex;
use resnet_compiler::graph::Value;
use resnet_compiler::ops::{
    Activate, Add, BatchNorm, BlurPool, Concat, Conv2d, DropPath, Dropout, FixedNorm,
    GlobalAveragePool, Input, Linear, Norm, Output, Pool2d, PoolKind, Scale, Subsample,
};

use super::build::{Builder, Rank};
use crate::onnx::message::Attribute;

/// Adds what a node computes.
pub(super) fn add(builder: &mut Builder<'_>, index: NodeIndex) -> Result<()> {
    let node = builder.source.node(index);
    let made = Value {
        node: index,
        port: 0,
    };
    if builder.is_bound(made) {
        // A norm that went into its convolution.
        return Ok(());
    }
    let (name, inputs) = (builder.name_of(&node.name), builder.source.inputs(index));
    let name = name.as_str();
    if node.op_as::<Input>().is_some() {
        builder.bind(made, "input", Rank::Map);
    } else if let Some(output) = node.op_as::<Output>() {
        let shape = builder.source.shape(inputs[0]);
        let rank = match (shape.height, shape.width) {
            (1, 1) => Rank::Vector,
            _ => Rank::Map,
        };
        let read = builder.read(inputs[0], rank)?;
        builder.node("Identity", &output.name, vec![read], &[]);
    } else if let Some(conv) = node.op_as::<Conv2d>() {
        conv::conv2d(builder, name, conv, inputs[0], made)?;
    } else if let Some(blur) = node.op_as::<BlurPool>() {
        conv::blur_pool(builder, name, blur, inputs[0], made)?;
    } else if let Some(norm) = node.op_as::<BatchNorm>() {
        batch_norm(builder, name, &norm.norm, inputs[0], made)?;
    } else if let Some(norm) = node.op_as::<FixedNorm>() {
        batch_norm(builder, name, &norm.norm, inputs[0], made)?;
    } else if let Some(linear) = node.op_as::<Linear>() {
        let mut reads = vec![builder.read(inputs[0], Rank::Vector)?];
        reads.push(builder.parameter(linear.weight)?);
        if let Some(bias) = linear.bias {
            reads.push(builder.parameter(bias)?);
        }
        builder.node("Gemm", name, reads, &[("transB", Attribute::Int(1))]);
        builder.bind(made, name, Rank::Vector);
    } else if let Some(pool) = node.op_as::<Pool2d>() {
        let read = builder.read(inputs[0], Rank::Map)?;
        let sizes = &pool.sizes;
        let mut attributes = vec![
            ("kernel_shape", ints(&sizes.kernel)),
            ("strides", ints(&sizes.stride)),
            ("pads", pads_behind(sizes.padding, sizes.extra)),
            ("ceil_mode", Attribute::Int(sizes.ceil.into())),
        ];
        let op = match pool.kind {
            PoolKind::Max => "MaxPool",
            PoolKind::Average => {
                let counts = Attribute::Int(sizes.count_padding.into());
                attributes.push(("count_include_pad", counts));
                "AveragePool"
            }
        };
        builder.node(op, name, vec![read], &attributes);
        builder.bind(made, name, Rank::Map);
    } else if node.op_as::<GlobalAveragePool>().is_some() {
        let read = builder.read(inputs[0], Rank::Map)?;
        builder.node("GlobalAveragePool", name, vec![read], &[]);
        builder.bind(made, name, Rank::Map);
    } else if let Some(activate) = node.op_as::<Activate>() {
        let (read, rank) = builder.read_as_is(inputs[0])?;
        let named = elementwise::activation(builder, name, activate.activation, read)?;
        builder.bind(made, &named, rank);
    } else if let Some(sum) = node.op_as::<Add>() {
        let rank = same_rank(builder, &inputs)?;
        let reads = [
            builder.read(inputs[0], rank)?,
            builder.read(inputs[1], rank)?,
        ];
        let summed = builder.node("Add", name, reads.to_vec(), &[]);
        let inner = format!("{name}/activation");
        let named = elementwise::activation(builder, &inner, sum.activation, summed)?;
        builder.bind(made, &named, rank);
    } else if node.op_as::<Scale>().is_some() {
        let reads = [
            builder.read(inputs[0], Rank::Map)?,
            builder.read(inputs[1], Rank::Map)?,
        ];
        builder.node("Mul", name, reads.to_vec(), &[]);
        builder.bind(made, name, Rank::Map);
    } else if node.op_as::<Concat>().is_some() {
        let rank = same_rank(builder, &inputs)?;
        let mut reads = Vec::new();
        for &input in &inputs {
            reads.push(builder.read(input, rank)?);
        }
        builder.node("Concat", name, reads, &[("axis", Attribute::Int(1))]);
        builder.bind(made, name, rank);
    } else if let Some(subsample) = node.op_as::<Subsample>() {
        elementwise::subsample(builder, name, subsample, inputs[0], made)?;
    } else if node.op_as::<Dropout>().is_some() || node.op_as::<DropPath>().is_some() {
        // Nothing happens in inference.
        let (read, rank) = builder.read_as_is(inputs[0])?;
        builder.bind(made, &read, rank);
    } else {
        bail!("`{name}`: ONNX export doesn't know `{}`", node.op.name());
    }
    Ok(())
}

/// Vectors if all are, otherwise maps.
fn same_rank(builder: &mut Builder<'_>, values: &[Value]) -> Result<Rank> {
    for &value in values {
        if builder.read_as_is(value)?.1 == Rank::Map {
            return Ok(Rank::Map);
        }
    }
    Ok(Rank::Vector)
}

fn batch_norm(
    builder: &mut Builder<'_>,
    name: &str,
    norm: &Norm,
    input: Value,
    made: Value,
) -> Result<()> {
    let mut reads = vec![builder.read(input, Rank::Map)?];
    for id in norm.parameters() {
        reads.push(builder.parameter(id)?);
    }
    let epsilon = Attribute::Float(norm.epsilon as f32);
    builder.node("BatchNormalization", name, reads, &[("epsilon", epsilon)]);
    builder.bind(made, name, Rank::Map);
    Ok(())
}

pub(super) fn ints(sizes: &[usize]) -> Attribute {
    Attribute::Ints(sizes.iter().map(|&size| size as i64).collect())
}

/// The same padding before and behind.
pub(super) fn pads(padding: [usize; 2]) -> Attribute {
    pads_behind(padding, [0, 0])
}

/// The same with more behind the map.
fn pads_behind([height, width]: [usize; 2], [below, right]: [usize; 2]) -> Attribute {
    ints(&[height, width, height + below, width + right])
}
