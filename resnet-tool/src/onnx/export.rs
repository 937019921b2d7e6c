//! A graph to an ONNX model: one operator of the graph to one of ONNX, or a few.

mod build;
mod ops;

use anyhow::Result;
use resnet_compiler::graph::Graph;
use resnet_compiler::ops::{Input, Output};

use super::message::{Model, Value};
use super::weights::Weights;
use build::Builder;

/// The version of ONNX's operators that is written.
const OPSET: i64 = 17;

/// The network of a graph as the spec says it (with nothing fused), with its
/// weights; batch norms go into the convolutions before them if `fold` is set.
pub(crate) fn export(name: &str, graph: &Graph, weights: &Weights, fold: bool) -> Result<Model> {
    let mut builder = Builder::new(graph, weights, fold);
    for index in graph.order() {
        ops::add(&mut builder, index)?;
    }
    let mut inputs = Vec::new();
    let mut outputs = Vec::new();
    for index in graph.indices() {
        let node = graph.node(index);
        if let Some(input) = node.op_as::<Input>() {
            inputs.push(value("input", &input.shape.sizes()));
        } else if let Some(output) = node.op_as::<Output>() {
            let shape = graph.shape(graph.inputs(index)[0]).sizes();
            // A vector has no height and width, as everywhere.
            let shape = match shape {
                [channels, 1, 1] => &[channels][..],
                _ => &shape,
            };
            outputs.push(value(&output.name, shape));
        }
    }
    let mut model = Model {
        opset: OPSET,
        graph: builder.finish(),
        metadata: Vec::new(),
    };
    name.clone_into(&mut model.graph.name);
    model.graph.inputs = inputs;
    model.graph.outputs = outputs;
    Ok(model)
}

/// Sizes behind that of the batch, which is open.
fn value(name: &str, sizes: &[usize]) -> Value {
    Value {
        name: name.to_owned(),
        shape: [None]
            .into_iter()
            .chain(sizes.iter().map(|&n| Some(n)))
            .collect(),
    }
}
