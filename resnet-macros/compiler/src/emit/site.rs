//! What an operator knows of its place when it is emitted.

use petgraph::stable_graph::NodeIndex;
use resnet_geometry::Buffer;

use super::Planned;
use crate::graph::{Node, Value};
use crate::ops::Region;
use crate::outputs::NamedOutput;
use crate::parameter::ParameterId;
use crate::storage::Storage;

/// A node with its buffers and offsets.
#[derive(Debug)]
pub struct Site<'a> {
    planned: &'a Planned,
    storage: &'a Storage,
    outputs: &'a [NamedOutput],
    index: NodeIndex,
    inputs: Vec<Value>,
}

impl<'a> Site<'a> {
    /// A node's; `outputs` are those of the graph.
    pub(super) fn new(
        planned: &'a Planned,
        storage: &'a Storage,
        outputs: &'a [NamedOutput],
        index: NodeIndex,
    ) -> Self {
        Self {
            planned,
            storage,
            outputs,
            index,
            inputs: planned.graph.inputs(index),
        }
    }

    /// The node.
    pub fn node(&self) -> &'a Node {
        self.planned.graph.node(self.index)
    }

    /// How many values it reads.
    pub fn inputs(&self) -> usize {
        self.inputs.len()
    }

    /// Buffer read through `port`.
    pub fn input(&self, port: usize) -> Buffer {
        self.planned.plan.buffer(self.inputs[port])
    }

    /// Buffer of output `port`.
    pub fn output(&self, port: usize) -> Buffer {
        let node = self.index;
        self.planned.plan.buffer(Value { node, port })
    }

    /// Where the outputs' memory has this node, an output.
    pub fn output_offset(&self) -> usize {
        let mut outputs = self.outputs.iter();
        let own = outputs.find(|output| output.node == self.index);
        own.expect("an output is among the outputs").offset
    }

    /// Offset of the node's scratch memory.
    pub fn scratch(&self) -> usize {
        self.planned.plan.scratch(self.index)
    }

    /// True in a training step, where weights change and batch statistics are kept.
    pub fn is_training(&self) -> bool {
        self.planned.training
    }

    /// Whether a training step changes a parameter.
    pub fn trains(&self, id: ParameterId) -> bool {
        self.planned.graph.trains(id)
    }

    /// Offset of a parameter in the master parameters or the running statistics.
    pub fn parameter(&self, id: ParameterId) -> usize {
        self.storage.parameter(id)
    }

    /// Offset in a region, which the graph must have asked for.
    pub fn region(&self, region: Region, id: ParameterId) -> usize {
        let offset = self.try_region(region, id);
        offset.expect("the operator lists its regions")
    }

    /// Offset in a region, if anything in the graph asked for it.
    pub fn try_region(&self, region: Region, id: ParameterId) -> Option<usize> {
        self.storage.region(region, id)
    }

    /// Elements of a vector parameter, padding included.
    pub fn parameter_len(&self, id: ParameterId) -> usize {
        self.planned.graph.parameters()[id.0].laid_out_len()
    }

    /// One line for people: name, what it computes, and from what shape to what shape.
    pub(super) fn describe(&self) -> String {
        let node = self.node();
        let input = self
            .inputs
            .first()
            .map(|&value| self.planned.graph.shape(value));
        let shapes = match (input, node.outputs.first()) {
            (Some(input), Some(output)) => format!(": {input} -> {output}"),
            (Some(shape), None) => format!(": {shape}"),
            (None, Some(shape)) => format!(": {shape}"),
            (None, None) => String::new(),
        };
        let (name, title) = (&node.name, node.op.title());
        match *name == title {
            true => format!("{name}{shapes}"),
            false => format!("{name} = {title}{shapes}"),
        }
    }
}
