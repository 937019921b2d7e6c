//! The network as data: parameters, layers, sizes and plans.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::call::number;
use super::{Network, Planned, table};
use crate::diagram::{Diagram, rails};
use crate::graph::{Graph, Shape};
use crate::ops::{Input, Output, Region};
use crate::parameter::{Parameter, ParameterId};

/// A layer of the forward pass, for tables.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The node's name.
    pub name: String,
    /// What it computes, with what was fused into it.
    pub title: String,
    /// Shape that it reads.
    pub input: Shape,
    /// Shape that it gives.
    pub output: Shape,
    /// Trainable scalars.
    pub parameters: u64,
    /// Multiply-adds for one image.
    pub macs: u64,
    /// Algorithm, where there is a choice.
    pub algorithm: &'static str,
}

/// A network in figures.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Shape of the images.
    pub input: Shape,
    /// Number of outputs.
    pub classes: usize,
    /// Trainable scalars.
    pub parameters: u64,
    /// Multiply-adds for one image.
    pub macs: u64,
    /// The layers of inference, in order.
    pub layers: Vec<Layer>,
}

/// The figures of a network.
pub fn summary(network: &Network) -> Summary {
    let graph = &network.inference.graph;
    let (input, classes) = ends(graph);
    let layers = layers(graph);
    Summary {
        input,
        classes,
        parameters: graph.parameters().iter().map(trainable).sum(),
        macs: layers.iter().map(|layer| layer.macs).sum(),
        layers,
    }
}

/// The layers of the inference graph, in order.
fn layers(graph: &Graph) -> Vec<Layer> {
    let mut layers = Vec::new();
    for index in graph.order() {
        let node = graph.node(index);
        let boundary = node.op_as::<Input>().is_some() || node.op_as::<Output>().is_some();
        if boundary {
            continue;
        }
        let output = node.outputs[0];
        let parameters = node.op.parameters();
        layers.push(Layer {
            name: node.name.clone(),
            title: node.op.title(),
            input: graph.shape(graph.inputs(index)[0]),
            output,
            parameters: parameters
                .iter()
                .map(|id| trainable(&graph.parameters()[id.0]))
                .sum(),
            macs: node.op.macs(output),
            algorithm: node.op.algorithm(),
        });
    }
    layers
}

/// Trainable scalars of a parameter.
fn trainable(parameter: &Parameter) -> u64 {
    match parameter.role.is_running() {
        true => 0,
        false => parameter.len() as u64,
    }
}

/// Shape of the images and number of outputs.
fn ends(graph: &Graph) -> (Shape, usize) {
    let order = graph.order();
    let find = |is: &dyn Fn(&crate::graph::Node) -> bool| {
        let found = order.iter().copied().find(|&index| is(graph.node(index)));
        found.expect("a checked graph has both ends")
    };
    let input = find(&|node| node.op_as::<Input>().is_some());
    let output = find(&|node| node.op_as::<Output>().is_some());
    let outputs = graph.shape(graph.inputs(output)[0]);
    (graph.node(input).outputs[0], outputs.channels)
}

/// Documentation of the module: what the network is, layer by layer.
pub(super) fn doc(network: &Network) -> TokenStream {
    let Summary {
        input,
        classes,
        parameters,
        macs,
        layers,
    } = summary(network);
    let diagram = Diagram::new(&network.inference.graph, false);
    let doc = format!(
        "The residual network `{}`: images of {input} to {classes} outputs,\n\
         {parameters} parameters, {macs} multiply-adds an image.\n\n\
         ```text\n{}```\n\n{}",
        network.name,
        rails::draw(&diagram),
        table::table(&layers, &diagram),
    );
    let lines = doc.lines().map(|line| format!(" {line}"));
    quote!(#(#[doc = #lines])*)
}

/// The constant `INFO`.
pub(super) fn items(network: &Network) -> TokenStream {
    let graph = &network.inference.graph;
    let Summary {
        input,
        classes,
        parameters,
        macs,
        layers,
    } = summary(network);
    let (count, macs) = (
        Literal::u64_unsuffixed(parameters),
        Literal::u64_unsuffixed(macs),
    );
    let storage = &network.storage;
    let parameters = graph.parameters().iter().enumerate().map(|(i, parameter)| {
        let name = &parameter.name;
        let shape = parameter.shape.iter().copied().map(number);
        let role = format_ident!("{}", parameter.role.variant());
        let offset = number(storage.parameter(ParameterId(i)));
        quote!(ParameterInfo::new(#name, &[#(#shape),*], Role::#role, #offset))
    });
    let layers = layers.iter().map(|layer| {
        let Layer {
            name,
            title,
            algorithm,
            ..
        } = layer;
        let (input, output) = (sizes(layer.input), sizes(layer.output));
        let parameters = Literal::u64_unsuffixed(layer.parameters);
        let macs = Literal::u64_unsuffixed(layer.macs);
        quote!(LayerInfo::new(#name, #title, #input, #output, #parameters, #macs, #algorithm))
    });
    let region = |region| number(storage.region_len(region));
    let (master, running) = (number(storage.master), number(storage.running));
    let packed = region(Region::Packed);
    let workspace = number(network.inference.plan.workspace);
    let packed_forward = region(Region::PackedForward);
    let packed_backward = region(Region::PackedBackward);
    let saved = region(Region::Saved);
    let (name, hash) = (&network.name, &network.hash);
    let (input, classes) = (sizes(input), number(classes));
    let inference_plan = plan(&network.inference);
    let training_plan = plan(&network.training);
    quote! {
        static INFO: ModelInfo = ModelInfo {
            name: #name,
            input: #input,
            classes: #classes,
            spec_hash: #hash,
            parameters: &[#(#parameters),*],
            parameter_count: #count,
            macs: #macs,
            layers: &[#(#layers),*],
            sizes: Sizes {
                master: #master,
                running: #running,
                packed: #packed,
                workspace: #workspace,
                packed_forward: #packed_forward,
                packed_backward: #packed_backward,
                saved: #saved,
            },
            inference_plan: #inference_plan,
            training_plan: #training_plan,
        };
    }
}

fn sizes(shape: Shape) -> TokenStream {
    let sizes = shape.sizes().map(number);
    quote!([#(#sizes),*])
}

fn plan(planned: &Planned) -> TokenStream {
    let peak = number(planned.plan.peak);
    let lower_bound = number(planned.plan.lower_bound);
    let logical = number(planned.plan.logical_lower_bound);
    quote!(PlanInfo { peak: #peak, lower_bound: #lower_bound, logical_lower_bound: #logical })
}
