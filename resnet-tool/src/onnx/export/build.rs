//! What exporting keeps in mind: names of values, constants, folded norms.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use resnet_compiler::graph::{Graph as Source, Value};
use resnet_compiler::ops::{BatchNorm, FixedNorm, Norm, Output};
use resnet_compiler::parameter::ParameterId;

use crate::onnx::message::{Attribute, Data, Graph, Node, Tensor};
use crate::onnx::weights::Weights;

/// How a value lies: `[N, C, H, W]`, or `[N, C]` as linear layers give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    Map,
    Vector,
}

/// An ONNX graph that grows node by node.
pub(super) struct Builder<'a> {
    pub(super) source: &'a Source,
    weights: &'a Weights,
    fold: bool,
    /// What each value of the source is called, and how it lies.
    values: BTreeMap<Value, (String, Rank)>,
    graph: Graph,
    /// Names that the model's ends have.
    ends: BTreeSet<String>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: &'a Source, weights: &'a Weights, fold: bool) -> Self {
        let outputs = source.indices().into_iter().filter_map(|index| {
            let output = source.node(index).op_as::<Output>()?;
            Some(output.name.clone())
        });
        let ends = outputs.chain(["input".to_owned()]).collect();
        Self {
            source,
            weights,
            fold,
            values: BTreeMap::new(),
            graph: Graph::default(),
            ends,
        }
    }

    /// What the value of a layer is called: as the layer, unless an end of the
    /// model is called so.
    pub(super) fn name_of(&self, layer: &str) -> String {
        match self.ends.contains(layer) {
            true => format!("{layer}/layer"),
            false => layer.to_owned(),
        }
    }

    pub(super) fn finish(self) -> Graph {
        self.graph
    }

    /// What a value is called, as a map or as a vector.
    pub(super) fn read(&mut self, value: Value, rank: Rank) -> Result<String> {
        let (name, found) = self.values.get(&value).cloned().with_context(|| {
            let node = self.source.node(value.node);
            format!("`{}` reads what wasn't made", node.name)
        })?;
        if found == rank {
            return Ok(name);
        }
        let (other, op) = match rank {
            Rank::Vector => (format!("{name}/flat"), "Flatten"),
            Rank::Map => (format!("{name}/map"), "Unsqueeze"),
        };
        let made = self.graph.nodes.iter().any(|node| node.name == other);
        if !made {
            let mut inputs = vec![name];
            let mut attributes = Vec::new();
            match rank {
                Rank::Vector => attributes.push(("axis", Attribute::Int(1))),
                Rank::Map => inputs.push(self.ints("axes_2_3", &[2, 3])),
            }
            self.node(op, &other, inputs, &attributes);
        }
        Ok(other)
    }

    /// What a value is called, however it lies, and how that is.
    pub(super) fn read_as_is(&mut self, value: Value) -> Result<(String, Rank)> {
        let rank = self.values.get(&value).map_or(Rank::Map, |(_, rank)| *rank);
        Ok((self.read(value, rank)?, rank))
    }

    /// Says what a value of the source is called.
    pub(super) fn bind(&mut self, value: Value, name: &str, rank: Rank) {
        self.values.insert(value, (name.to_owned(), rank));
    }

    /// Adds a node whose only output has its name; gives that.
    pub(super) fn node(
        &mut self,
        op: &str,
        name: &str,
        inputs: Vec<String>,
        attributes: &[(&str, Attribute)],
    ) -> String {
        let attributes = attributes.iter();
        self.graph.nodes.push(Node {
            name: name.to_owned(),
            op: op.to_owned(),
            inputs,
            outputs: vec![name.to_owned()],
            attributes: attributes
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        });
        name.to_owned()
    }

    /// Adds whole numbers, once under each name.
    pub(super) fn ints(&mut self, name: &str, values: &[i64]) -> String {
        self.constant(name, &[values.len()], Data::I64(values.to_vec()))
    }

    /// Adds a tensor, once under each name.
    pub(super) fn floats(&mut self, name: &str, shape: &[usize], values: Vec<f32>) -> String {
        self.constant(name, shape, Data::F32(values))
    }

    fn constant(&mut self, name: &str, shape: &[usize], data: Data) -> String {
        let there = &self.graph.initializers;
        if !there.iter().any(|tensor| tensor.name == name) {
            self.graph.initializers.push(Tensor {
                name: name.to_owned(),
                shape: shape.to_vec(),
                data,
            });
        }
        name.to_owned()
    }

    /// Adds a parameter under its own name.
    pub(super) fn parameter(&mut self, id: ParameterId) -> Result<String> {
        let parameter = &self.source.parameters()[id.0];
        let (name, shape) = (parameter.name.clone(), parameter.shape.clone());
        let values = self.values_of(id)?.to_vec();
        Ok(self.floats(&name, &shape, values))
    }

    /// A parameter's values.
    pub(super) fn values_of(&self, id: ParameterId) -> Result<&'a [f32]> {
        let name = &self.source.parameters()[id.0].name;
        let values = self.weights.get(name);
        Ok(values.with_context(|| format!("the weights have no `{name}`"))?)
    }

    /// The norm that is to go into the convolution that makes a value: the only
    /// one to read it. Its own value is then the convolution's.
    pub(super) fn folds(&self, value: Value) -> Option<(Norm, Value)> {
        let reader = self.source.only_reader(value).filter(|_| self.fold)?;
        let node = self.source.node(reader.node);
        let norm = match (node.op_as::<BatchNorm>(), node.op_as::<FixedNorm>()) {
            (Some(norm), _) => norm.norm,
            (_, Some(norm)) => norm.norm,
            _ => return None,
        };
        let made = Value {
            node: reader.node,
            port: 0,
        };
        Some((norm, made))
    }

    /// Whether a value has been bound already.
    pub(super) fn is_bound(&self, value: Value) -> bool {
        self.values.contains_key(&value)
    }
}
