//! Activations and shortcuts.

use anyhow::Result;
use resnet_compiler::graph::Value;
use resnet_compiler::ops::Subsample;
use resnet_geometry::Activation;

use super::super::build::{Builder, Rank};
use crate::onnx::message::Attribute;

/// An activation; gives the name of what it makes.
pub(super) fn activation(
    builder: &mut Builder<'_>,
    name: &str,
    activation: Activation,
    read: String,
) -> Result<String> {
    let attribute = |name, value: f64| [(name, Attribute::Float(value as f32))];
    let one = vec![read.clone()];
    Ok(match activation {
        Activation::Identity => read,
        Activation::Relu => builder.node("Relu", name, one, &[]),
        Activation::LeakyRelu { slope } => {
            builder.node("LeakyRelu", name, one, &attribute("alpha", slope))
        }
        Activation::Elu { alpha } => builder.node("Elu", name, one, &attribute("alpha", alpha)),
        Activation::HardSwish => builder.node("HardSwish", name, one, &[]),
        Activation::Sigmoid => builder.node("Sigmoid", name, one, &[]),
        Activation::Tanh => builder.node("Tanh", name, one, &[]),
        Activation::Silu => {
            let gate = builder.node("Sigmoid", name, one, &[]);
            builder.node("Mul", &format!("{name}/product"), vec![read, gate], &[])
        }
        Activation::Gelu => {
            // x * (erf(x / sqrt(2)) + 1) / 2; the operator itself came later.
            let mut step = |op: &str, part: &str, inputs: Vec<String>| {
                builder.node(op, &format!("{name}/{part}"), inputs, &[])
            };
            let scaled = step("Div", "scaled", vec![read.clone(), "root_of_2".to_owned()]);
            let erf = step("Erf", "erf", vec![scaled]);
            let share = step("Add", "share", vec![erf, "one".to_owned()]);
            let doubled = step("Mul", "doubled", vec![read, share]);
            builder.floats("root_of_2", &[], vec![std::f32::consts::SQRT_2]);
            builder.floats("one", &[], vec![1.0]);
            let half = builder.floats("half", &[], vec![0.5]);
            builder.node("Mul", name, vec![doubled, half], &[])
        }
    })
}

/// Every stride-th pixel, and channels of zeros.
pub(super) fn subsample(
    builder: &mut Builder<'_>,
    name: &str,
    subsample: &Subsample,
    input: Value,
    made: Value,
) -> Result<()> {
    let mut read = builder.read(input, Rank::Map)?;
    let [rows, columns] = subsample.stride.map(|stride| stride as i64);
    if [rows, columns] != [1, 1] {
        let starts = builder.ints("from_0_0", &[0, 0]);
        let ends = builder.ints("to_the_end", &[i64::MAX; 2]);
        let axes = builder.ints("axes_2_3", &[2, 3]);
        let steps = builder.ints(&format!("steps_{rows}_{columns}"), &[rows, columns]);
        let inputs = vec![read, starts, ends, axes, steps];
        read = builder.node("Slice", &format!("{name}/pixels"), inputs, &[]);
    }
    let new = subsample.out_channels - builder.source.shape(input).channels;
    if new > 0 {
        let behind = [0, 0, 0, 0, 0, new as i64, 0, 0];
        let behind = builder.ints(&format!("channels_{new}"), &behind);
        read = builder.node("Pad", name, vec![read, behind], &[]);
    }
    builder.bind(made, &read, Rank::Map);
    Ok(())
}
