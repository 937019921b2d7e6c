//! The network as data: parameters, layers, sizes and plans.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use resnet_geometry::Sizes;

use super::call::{number, variant};
use super::ends::classes;
use super::init::init;
use super::runs::Run;
use super::tables::{self, Table};
use super::{Network, Planned, table};
use crate::Options;
use crate::diagram::{Diagram, rails};
use crate::graph::{Graph, Shape};
use crate::ops::{Input, Output, explained};
use crate::outputs::{NamedOutput, outputs};
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
    /// What comes out, the first as `forward` returns it.
    pub outputs: Vec<NamedOutput>,
    /// Values of the first output, if it is a vector.
    pub classes: Option<usize>,
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
    let outputs = outputs(graph);
    let layers = layers(graph);
    Summary {
        input: input(graph),
        classes: classes(&outputs),
        outputs,
        parameters: graph.parameters().iter().map(Parameter::trainable).sum(),
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
                .map(|id| graph.parameters()[id.0].trainable())
                .sum(),
            macs: node.op.macs(output),
            algorithm: node.op.algorithm(),
        });
    }
    layers
}

/// Shape of the images.
fn input(graph: &Graph) -> Shape {
    let mut shapes = graph.indices().into_iter().filter_map(|index| {
        let input = graph.node(index).op_as::<Input>()?;
        Some(input.shape)
    });
    shapes.next().expect("a checked graph has an input")
}

/// The runs of layers that differ in nothing but a number in their names.
fn repeated(layers: &[Layer]) -> Vec<Run> {
    let names: Vec<_> = layers.iter().map(|layer| layer.name.as_str()).collect();
    let of = |i: usize| {
        let Layer {
            name: _,
            title,
            input,
            output,
            parameters,
            macs,
            algorithm,
        } = &layers[i];
        (title, input, output, parameters, macs, algorithm)
    };
    tables::blocks(&names, None, |a, b| of(a) == of(b))
}

/// Documentation of the module: what the network is, layer by layer.
pub(super) fn doc(network: &Network) -> TokenStream {
    let Summary {
        input,
        outputs,
        parameters,
        macs,
        layers,
        ..
    } = summary(network);
    let outputs: Vec<_> = outputs
        .iter()
        .map(|output| format!("`{}` of {}", output.name, output.shape))
        .collect();
    let outputs = outputs.join(", ");
    let diagram = Diagram::new(&network.inference.graph, false);
    let doc = format!(
        "The residual network `{}`: images of {input} to {outputs},\n\
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
pub(super) fn items(network: &Network, options: &Options) -> TokenStream {
    let Summary {
        input,
        parameters,
        macs,
        layers,
        ..
    } = summary(network);
    let (count, macs) = (
        Literal::u64_unsuffixed(parameters),
        Literal::u64_unsuffixed(macs),
    );
    let (parameter_items, parameters) = parameter_table(network);
    let (layer_items, layers) = layer_table(&layers);
    let Sizes {
        master,
        trained,
        running,
        packed,
        workspace,
        training_workspace,
        packed_forward,
        packed_backward,
        saved,
    } = network.sizes();
    let trainable = network.trains();
    let explained = match explained(&network.training.graph).map(sizes) {
        Some(map) => quote!(Some(#map)),
        None => quote!(None),
    };
    let max_batch = match options.max_batch.map(number) {
        Some(images) => quote!(Some(#images)),
        None => quote!(None),
    };
    let [master, trained, running, packed] = [master, trained, running, packed].map(number);
    let workspace = number(workspace);
    let training_workspace = number(training_workspace);
    let [packed_forward, packed_backward, saved] =
        [packed_forward, packed_backward, saved].map(number);
    let (name, hash) = (&network.name, &network.hash);
    let input = sizes(input);
    let inference_plan = plan(&network.inference);
    let training_plan = plan(&network.training);
    quote! {
        #parameter_items
        #layer_items
        static INFO: ModelInfo = ModelInfo {
            name: #name,
            input: #input,
            outputs: OUTPUTS,
            class_names: CLASS_NAMES,
            preprocessing: PREPROCESSING,
            spec_hash: #hash,
            parameters: #parameters,
            parameter_count: #count,
            macs: #macs,
            layers: #layers,
            sizes: Sizes {
                master: #master,
                trained: #trained,
                running: #running,
                packed: #packed,
                workspace: #workspace,
                training_workspace: #training_workspace,
                packed_forward: #packed_forward,
                packed_backward: #packed_backward,
                saved: #saved,
            },
            inference_plan: #inference_plan,
            training_plan: #training_plan,
            trainable: #trainable,
            explained: #explained,
            max_batch: #max_batch,
        };
    }
}

/// The table of parameters: items that make it, and an expression that is it.
fn parameter_table(network: &Network) -> (TokenStream, TokenStream) {
    let graph = &network.inference.graph;
    let parameters = graph.parameters();
    let names: Vec<_> = parameters.iter().map(|p| p.name.as_str()).collect();
    let ids = (0..parameters.len()).map(ParameterId);
    let offsets: Vec<_> = ids.map(|id| network.storage.parameter(id)).collect();
    let of = |i: usize| {
        let Parameter {
            name: _,
            shape,
            role,
            init,
        } = &parameters[i];
        (shape, role, init, graph.is_frozen(ParameterId(i)))
    };
    let table = Table {
        row: "ParameterInfo",
        table: "PARAMETER_TABLE",
        names: &names,
        offsets: Some(&offsets),
        blocks: &tables::blocks(&names, Some(&offsets), |a, b| of(a) == of(b)),
    };
    table.tokens(|i, name| {
        let parameter = &parameters[i];
        let shape = parameter.shape.iter().copied().map(number);
        let role = variant(parameter.role);
        let offset = number(offsets[i]);
        let init = (parameter.init != parameter.role.init()).then(|| {
            let init = init(parameter.init);
            quote!(.init(#init))
        });
        let frozen = graph.is_frozen(ParameterId(i)).then(|| quote!(.frozen()));
        quote!(ParameterInfo::new(#name, &[#(#shape),*], Role::#role, #offset) #init #frozen)
    })
}

/// The table of layers, likewise.
fn layer_table(layers: &[Layer]) -> (TokenStream, TokenStream) {
    let names: Vec<_> = layers.iter().map(|layer| layer.name.as_str()).collect();
    let table = Table {
        row: "LayerInfo",
        table: "LAYER_TABLE",
        names: &names,
        offsets: None,
        blocks: &repeated(layers),
    };
    table.tokens(|i, name| {
        let Layer {
            title, algorithm, ..
        } = &layers[i];
        let (input, output) = (sizes(layers[i].input), sizes(layers[i].output));
        let parameters = Literal::u64_unsuffixed(layers[i].parameters);
        let macs = Literal::u64_unsuffixed(layers[i].macs);
        quote!(LayerInfo::new(#name, #title, #input, #output, #parameters, #macs, #algorithm))
    })
}

pub(super) fn sizes(shape: Shape) -> TokenStream {
    let sizes = shape.sizes().map(number);
    quote!([#(#sizes),*])
}

fn plan(planned: &Planned) -> TokenStream {
    let peak = number(planned.plan.peak);
    let lower_bound = number(planned.plan.lower_bound);
    let logical = number(planned.plan.logical_lower_bound);
    quote!(PlanInfo { peak: #peak, lower_bound: #lower_bound, logical_lower_bound: #logical })
}
