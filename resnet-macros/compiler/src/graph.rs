//! The graph of a network: operators as nodes, values as edges.
//!
//! A node has one or more outputs; a [`Value`] names one of them. Edges carry
//! the port they leave and the port they enter, and whether they belong to the
//! main path, to a skip connection, or keep a forward value for backward.

mod order;
mod text;

use std::any::Any;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use petgraph::visit::EdgeRef;

use crate::diagnostics::Place;
use crate::ops::Op;
use crate::parameter::{Parameter, ParameterId};

/// Channels, height and width of one image of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape {
    /// Channels.
    pub channels: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
}

impl Shape {
    /// A shape from its three sizes.
    pub fn new(channels: usize, height: usize, width: usize) -> Self {
        Self {
            channels,
            height,
            width,
        }
    }

    /// A shape of one pixel.
    pub fn vector(channels: usize) -> Self {
        Self::new(channels, 1, 1)
    }

    /// Values in one image.
    pub fn len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// True when there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Channels, height and width.
    pub fn sizes(&self) -> [usize; 3] {
        [self.channels, self.height, self.width]
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}x{}", self.channels, self.height, self.width)
    }
}

/// Which part of a step a node belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Images to outputs.
    Forward,
    /// The outputs' gradient to the parameters' gradients.
    Backward,
}

/// What an edge is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EdgeKind {
    /// The path through the layers.
    Main,
    /// A skip connection.
    Skip,
    /// A forward value that backward reads again.
    Saved,
}

/// One output of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value {
    /// The node that computes it.
    pub node: NodeIndex,
    /// Which of its outputs.
    pub port: usize,
}

/// An operator at its place in the network.
#[derive(Clone, Debug)]
pub struct Node {
    /// Unique name, such as `layer1.0.conv1`.
    pub name: String,
    /// What it computes.
    pub op: Rc<dyn Op>,
    /// Shapes of its outputs, once inferred.
    pub outputs: Vec<Shape>,
    /// Forward or backward.
    pub phase: Phase,
    /// Where the spec asks for it.
    pub place: Option<Place>,
}

impl Node {
    /// The operator, if it is a `T`.
    pub fn op_as<T: Op>(&self) -> Option<&T> {
        (&*self.op as &dyn Any).downcast_ref()
    }
}

/// A value on its way into a port.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    /// Output of the source.
    pub from: usize,
    /// Input of the target.
    pub to: usize,
    /// What it is for.
    pub kind: EdgeKind,
}

/// A node that reads a value.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// The node.
    pub node: NodeIndex,
    /// The input it reads it through.
    pub port: usize,
    /// What the edge is for.
    pub kind: EdgeKind,
}

/// A network of operators with its parameters.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: StableDiGraph<Node, Edge>,
    /// When the node at each index was added: indices of removed nodes are
    /// used again, so they tell nothing.
    added: Vec<usize>,
    /// The index of each node in order of addition, removed ones too.
    additions: Vec<NodeIndex>,
    /// The order of execution, until something changes it: every stage asks for it.
    order: OnceCell<Option<Vec<NodeIndex>>>,
    parameters: Vec<Parameter>,
    frozen: BTreeSet<ParameterId>,
}

impl Graph {
    /// Adds a parameter; its name must be new (see [`check`](crate::check)).
    pub fn add_parameter(&mut self, parameter: Parameter) -> ParameterId {
        self.parameters.push(parameter);
        ParameterId(self.parameters.len() - 1)
    }

    /// All parameters, in order of addition.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Leaves a parameter as it is while others are trained.
    pub fn freeze(&mut self, id: ParameterId) {
        self.frozen.insert(id);
    }

    /// Whether training changes a parameter by its gradient: it is no running
    /// statistic and not frozen.
    pub fn trains(&self, id: ParameterId) -> bool {
        !self.parameters[id.0].role.is_running() && !self.frozen.contains(&id)
    }

    /// Whether a parameter was frozen.
    pub fn is_frozen(&self, id: ParameterId) -> bool {
        self.frozen.contains(&id)
    }

    /// Adds a node that reads `inputs`, in order of its ports; gives its first output.
    pub fn add(&mut self, node: Node, inputs: &[(Value, EdgeKind)]) -> Value {
        let index = self.nodes.add_node(node);
        let bound = self.added.len().max(index.index() + 1);
        self.added.resize(bound, 0);
        self.added[index.index()] = self.additions.len();
        self.additions.push(index);
        self.order.take();
        for (to, &(value, kind)) in inputs.iter().enumerate() {
            let from = value.port;
            self.nodes
                .add_edge(value.node, index, Edge { from, to, kind });
        }
        Value {
            node: index,
            port: 0,
        }
    }

    /// The node at an index; it must exist.
    pub fn node(&self, index: NodeIndex) -> &Node {
        &self.nodes[index]
    }

    /// The node at an index, to change.
    pub fn node_mut(&mut self, index: NodeIndex) -> &mut Node {
        self.order.take();
        &mut self.nodes[index]
    }

    /// Sets the shapes of a node's outputs.
    pub fn set_shapes(&mut self, node: NodeIndex, outputs: Vec<Shape>) {
        self.nodes[node].outputs = outputs;
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.node_count() == 0
    }

    /// All nodes, in order of addition.
    pub fn indices(&self) -> Vec<NodeIndex> {
        let mut indices = Vec::with_capacity(self.nodes.node_count());
        for (addition, &index) in self.additions.iter().enumerate() {
            if self.added[index.index()] == addition && self.nodes.contains_node(index) {
                indices.push(index);
            }
        }
        indices
    }

    /// All nodes, in any order.
    pub(crate) fn unordered(&self) -> impl Iterator<Item = NodeIndex> {
        self.nodes.node_indices()
    }

    /// Edges into a node, sorted by the port that each enters (in a sound graph
    /// every port once).
    pub fn ports_into(&self, node: NodeIndex) -> Vec<(usize, Value, EdgeKind)> {
        let edges = self.nodes.edges_directed(node, Incoming);
        let mut edges: Vec<_> = edges
            .map(|edge| {
                let Edge { from, to, kind } = *edge.weight();
                let node = edge.source();
                (to, Value { node, port: from }, kind)
            })
            .collect();
        edges.sort_unstable();
        edges
    }

    /// Edges into a node, by port.
    pub fn edges_into(&self, node: NodeIndex) -> Vec<(Value, EdgeKind)> {
        let edges = self.ports_into(node).into_iter();
        edges.map(|(_, value, kind)| (value, kind)).collect()
    }

    /// Values that a node reads, by port.
    pub fn inputs(&self, node: NodeIndex) -> Vec<Value> {
        let edges = self.ports_into(node).into_iter();
        edges.map(|(_, value, _)| value).collect()
    }

    /// Nodes that read a value, by index and port.
    pub fn readers(&self, value: Value) -> Vec<Reader> {
        let mut readers: Vec<_> = self.any_readers(value).collect();
        readers.sort_by_key(|reader| (reader.node, reader.port));
        readers
    }

    /// Nodes that read a value, in any order.
    pub(crate) fn any_readers(&self, value: Value) -> impl Iterator<Item = Reader> {
        let edges = self.nodes.edges_directed(value.node, Outgoing);
        let edges = edges.filter(move |edge| edge.weight().from == value.port);
        edges.map(|edge| Reader {
            node: edge.target(),
            port: edge.weight().to,
            kind: edge.weight().kind,
        })
    }

    /// The one node that reads a value, if there is exactly one.
    ///
    /// Fusions ask this: a value that somebody else reads too, such as one
    /// that a skip edge carries on, has to stay.
    pub fn only_reader(&self, value: Value) -> Option<Reader> {
        let mut readers = self.any_readers(value);
        let only = readers.next();
        only.filter(|_| readers.next().is_none())
    }

    /// Shape of a value; shapes must have been inferred.
    pub fn shape(&self, value: Value) -> Shape {
        self.nodes[value.node].outputs[value.port]
    }

    /// Replaces what a node computes; it reads the same values.
    pub fn set_op(&mut self, node: NodeIndex, op: impl Op) {
        let left = self.nodes[node].leaves();
        self.nodes[node].op = Rc::new(op);
        // What else a node computes has no say in the order.
        if left || self.nodes[node].leaves() {
            self.order.take();
        }
    }

    /// Has a node read another value through an input port.
    pub fn redirect(&mut self, node: NodeIndex, port: usize, value: Value, kind: EdgeKind) {
        self.order.take();
        let mut edges = self.nodes.edges_directed(node, Incoming);
        if let Some(edge) = edges.find(|edge| edge.weight().to == port) {
            let edge = edge.id();
            self.nodes.remove_edge(edge);
        }
        let (from, to) = (value.port, port);
        self.nodes
            .add_edge(value.node, node, Edge { from, to, kind });
    }

    /// Makes `node` compute `op`, which does the work of `node` and of the
    /// producer of its input `port` together: it reads what the producer read,
    /// then the node's other inputs. The producer, which must have no other
    /// reader, is removed, and the node takes its name and place.
    pub fn absorb_producer(&mut self, node: NodeIndex, port: usize, op: impl Op) {
        self.order.take();
        let mut inputs = self.edges_into(node);
        let (producer, _) = inputs.remove(port);
        let read_by_producer = self.edges_into(producer.node);
        let removed = self.nodes.remove_node(producer.node);
        // Only this node's edges are touched: a pass over a deep network that
        // looked at all edges for each fusion would take quadratic time.
        let edges = self.nodes.edges_directed(node, Incoming);
        for edge in edges.map(|edge| edge.id()).collect::<Vec<_>>() {
            self.nodes.remove_edge(edge);
        }
        let inputs = read_by_producer.into_iter().chain(inputs);
        for (to, (value, kind)) in inputs.enumerate() {
            let edge = Edge {
                from: value.port,
                to,
                kind,
            };
            self.nodes.add_edge(value.node, node, edge);
        }
        let fused = &mut self.nodes[node];
        fused.op = Rc::new(op);
        if let Some(producer) = removed {
            fused.name = producer.name;
            fused.place = producer.place;
        }
    }

    /// Removes a node of one input and one output; its readers read what it read.
    pub fn bypass(&mut self, node: NodeIndex) {
        self.order.take();
        let source = self.inputs(node)[0];
        for reader in self.readers(Value { node, port: 0 }) {
            let edge = Edge {
                from: source.port,
                to: reader.port,
                kind: reader.kind,
            };
            self.nodes.add_edge(source.node, reader.node, edge);
        }
        self.nodes.remove_node(node);
    }
}
