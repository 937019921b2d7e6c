//! An ONNX model to a spec in the layer form, and its weights.

mod gelu;
mod layer;
mod names;
mod nodes;
mod several;
mod shortcuts;
mod whole;
mod windows;
mod write;

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::message::{Attribute, Data, Model, Node, Tensor};
use gelu::Stage;
use layer::Layer;
use names::Names;
use shortcuts::Subsampled;
use whole::Whole;

/// What a model becomes.
pub(crate) struct Imported {
    /// The spec.
    pub(crate) spec: String,
    /// Its parameters: name, shape and values.
    pub(crate) tensors: Vec<(String, Vec<usize>, Vec<f32>)>,
    /// How many layers it has.
    pub(crate) layers: usize,
}

/// Imports a model, or tells every node that no layer does the work of.
pub(crate) fn import(model: &Model, name: &str) -> Result<Imported> {
    let mut importer = Importer::new(model);
    let input = importer.input(model);
    for node in &model.graph.nodes {
        if let Err(what) = importer.node(node) {
            importer.problem(node, &what);
            importer.skip(node);
        }
    }
    let outputs = importer.outputs(model);
    let count = importer.problems.len();
    if count > 0 {
        bail!(
            "{count} {} of the model cannot be imported:\n  {}\nresnet import knows what ResNets of \
             torchvision and timm are made of; export with a fixed input size, in evaluation mode",
            if count == 1 { "part" } else { "parts" },
            importer.problems.join("\n  ")
        );
    }
    let spec = write::spec(name, input, &outputs, &importer.layers);
    Ok(Imported {
        spec,
        layers: importer.layers.len(),
        tensors: importer.tensors,
    })
}

/// A value of the model.
#[derive(Clone, Debug)]
struct Made {
    /// The layer that makes it; `input` is the images.
    layer: String,
    channels: usize,
    /// Whether it is one pixel.
    pixel: bool,
}

/// Everything that is known while nodes become layers.
struct Importer<'m> {
    constants: BTreeMap<&'m str, &'m Tensor>,
    /// Whole numbers that nodes made of constants.
    computed: BTreeMap<&'m str, Whole>,
    values: BTreeMap<&'m str, Made>,
    /// Maps with a mirrored border of so many pixels.
    mirrored: BTreeMap<&'m str, (Made, usize)>,
    /// What is on its way to be a GELU.
    gelus: BTreeMap<&'m str, (Stage, Made)>,
    /// Maps of zeros, with so many channels.
    zeros: BTreeMap<&'m str, usize>,
    /// The layers `subsample`, by name.
    subsampled: BTreeMap<String, Subsampled>,
    /// How many nodes and outputs read each value.
    readers: BTreeMap<&'m str, usize>,
    names: Names,
    layers: Vec<Layer>,
    tensors: Vec<(String, Vec<usize>, Vec<f32>)>,
    problems: Vec<String>,
}

impl<'m> Importer<'m> {
    fn new(model: &'m Model) -> Self {
        let graph = &model.graph;
        let constants = graph.initializers.iter();
        let mut readers = BTreeMap::new();
        let read = graph.nodes.iter().flat_map(|node| &node.inputs);
        let given = graph.outputs.iter().map(|output| &output.name);
        for name in read.chain(given) {
            *readers.entry(name.as_str()).or_default() += 1;
        }
        Self {
            constants: constants
                .map(|tensor| (tensor.name.as_str(), tensor))
                .collect(),
            computed: BTreeMap::new(),
            values: BTreeMap::new(),
            mirrored: BTreeMap::new(),
            gelus: BTreeMap::new(),
            zeros: BTreeMap::new(),
            subsampled: BTreeMap::new(),
            readers,
            names: Names::default(),
            layers: Vec::new(),
            tensors: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The one input that isn't a constant; its channels, height and width.
    fn input(&mut self, model: &'m Model) -> [usize; 3] {
        let inputs = model.graph.inputs.iter();
        let constants = &self.constants;
        let inputs: Vec<_> = inputs
            .filter(|input| !constants.contains_key(input.name.as_str()))
            .collect();
        let (sizes, problem) = match inputs[..] {
            [input] => match input.shape[..] {
                [_, Some(c), Some(h), Some(w)] => ([c, h, w], None),
                _ => {
                    let shape = &input.shape;
                    let what = format!(
                        "input `{}`: found the shape {shape:?}, expected [N, channels, height, \
                         width] with fixed sizes",
                        input.name
                    );
                    ([1, 1, 1], Some(what))
                }
            },
            _ => {
                let what = format!("{} inputs, expected one of images", inputs.len());
                ([1, 1, 1], Some(what))
            }
        };
        self.problems.extend(problem);
        for input in inputs {
            let layer = names::IMAGES.to_owned();
            let pixel = sizes[1..] == [1, 1];
            let made = Made {
                layer,
                channels: sizes[0],
                pixel,
            };
            self.values.insert(&input.name, made);
        }
        sizes
    }

    /// The outputs' names, each with its layer.
    fn outputs(&mut self, model: &Model) -> Vec<(String, String)> {
        let outputs = &model.graph.outputs;
        let mut found = Vec::new();
        for output in outputs {
            let Some(made) = self.values.get(output.name.as_str()) else {
                // Whoever should make it was told.
                continue;
            };
            // What `forward` gives is called so if nothing else has a name.
            let name = match outputs.len() {
                1 => "logits".to_owned(),
                _ => names::clean(&output.name),
            };
            found.push((name, made.layer.clone()));
        }
        if found.is_empty() && self.problems.is_empty() {
            self.problems.push("no outputs".to_owned());
        }
        found
    }

    fn problem(&mut self, node: &Node, what: &str) {
        let name = match (node.name.as_str(), node.outputs.first()) {
            ("", Some(output)) => output,
            (name, _) => name,
        };
        self.problems
            .push(format!("`{name}` ({}): {what}", node.op));
    }

    /// Goes on behind a node that was told, as if it gave its input.
    fn skip(&mut self, node: &'m Node) {
        let read = node.inputs.iter();
        let made = read
            .filter_map(|name| self.values.get(name.as_str()))
            .next();
        let layer = made.map_or(names::IMAGES, |made| &made.layer).to_owned();
        // So that nothing behind it is told for its sake.
        let made = Made {
            layer,
            channels: made.map_or(1, |made| made.channels),
            pixel: true,
        };
        for output in &node.outputs {
            self.values.insert(output, made.clone());
        }
    }

    /// What a node reads through a port.
    fn value(&self, node: &Node, port: usize) -> Result<Made, String> {
        let name = node.inputs.get(port).map_or("", String::as_str);
        match self.values.get(name) {
            Some(made) => Ok(made.clone()),
            None if self.mirrored.contains_key(name) => Err(format!(
                "input {port}, `{name}`, has a mirrored border, which blur pools alone read"
            )),
            None if self.constants.contains_key(name) => {
                Err(format!("input {port}, `{name}`, is a constant"))
            }
            None => Err(format!("input {port}, `{name}`, is made by no node")),
        }
    }

    /// Numbers that a node reads through a port, if it has one.
    fn constant(&self, node: &Node, port: usize) -> Result<Option<&'m Tensor>, String> {
        let name = match node.inputs.get(port).map_or("", String::as_str) {
            "" => return Ok(None),
            name => name,
        };
        match self.constants.get(name) {
            Some(tensor) => Ok(Some(tensor)),
            None => Err(format!("input {port}, `{name}`, is no constant")),
        }
    }

    /// The same as shape and values, which must be there.
    fn floats(&self, node: &Node, port: usize) -> Result<(&'m [usize], &'m [f32]), String> {
        let tensor = self.constant(node, port)?;
        let tensor = tensor.ok_or_else(|| format!("input {port} is missing"))?;
        match &tensor.data {
            Data::F32(values) => Ok((&tensor.shape, values)),
            Data::I64(_) => Err(format!(
                "input {port}, `{}`, has whole numbers",
                tensor.name
            )),
            Data::Unread(why) => Err(format!("input {port}, `{}`, is {why}", tensor.name)),
        }
    }

    /// Whole numbers of an attribute, or of an input as later versions have it.
    fn ints(&self, node: &Node, attribute: &str, port: usize) -> Result<Option<Vec<i64>>, String> {
        if let Some(numbers) = node.ints(attribute) {
            return Ok(Some(numbers.to_vec()));
        }
        match node.inputs.get(port).map_or("", String::as_str) {
            "" => Ok(None),
            name => match self.whole(name) {
                Some(whole) => Ok(Some(whole.values)),
                None => Err(format!(
                    "input {port}, `{name}`, is no constant of whole numbers"
                )),
            },
        }
    }

    /// A constant that is a node of its own.
    fn constant_node(&mut self, node: &'m Node) -> Result<(), String> {
        match (node.attribute("value"), node.outputs.first()) {
            (Some(Attribute::Tensor(tensor)), Some(output)) => {
                self.constants.insert(output, tensor);
                Ok(())
            }
            _ => Err("has no tensor".to_owned()),
        }
    }
}
