//! Derives the backward pass on the graph, from each operator's gradient rule.
//!
//! Forward nodes are visited in reverse order. A value that several nodes read
//! gets one gradient: the first contribution makes it, each further one adds
//! to it in its own epilogue.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use petgraph::stable_graph::NodeIndex;

use crate::graph::{EdgeKind, Graph, Node, Phase, Shape, Value};
use crate::ops::{Add, Explain, Op, Output};
use crate::parameter::ParameterId;
use resnet_geometry::Activation;

/// Adds gradient nodes for every trained parameter that the graph's output
/// depends on: frozen layers before all of these get none.
///
/// The last map's gradient, if it has one, is shown to [`Explain`] before
/// anything else reads it.
pub fn derive_backward(graph: &mut Graph) {
    let order = graph.order();
    let trained = depends_on_parameters(graph, &order);
    let last_map = last_map(graph, &order);
    let mut so_far = BTreeMap::new();
    for &node in order.iter().rev() {
        let Node { op, outputs, .. } = graph.node(node);
        let (op, outputs) = (op.clone(), outputs.len());
        let reached = (0..outputs).any(|port| so_far.contains_key(&Value { node, port }));
        if trained[node.index()] && (outputs == 0 || reached) {
            let mut gradients = Gradients {
                inputs: graph.inputs(node),
                graph,
                trained: &trained,
                so_far: &mut so_far,
                node,
            };
            if let Some(map) = last_map.filter(|map| map.node == node)
                && let Some(&d_map) = gradients.so_far.get(&map)
            {
                gradients.push("explain", Explain, vec![map, d_map]);
            }
            op.gradient(&mut gradients);
        }
    }
}

/// The last map on the way to the first output, which must be a vector: where
/// the network still knows what is where.
fn last_map(graph: &Graph, order: &[NodeIndex]) -> Option<Value> {
    let is_map = |value: Value| {
        let Shape { height, width, .. } = graph.shape(value);
        height * width > 1
    };
    let mut nodes = graph.indices().into_iter();
    let output = nodes.find(|&node| graph.node(node).op_as::<Output>().is_some())?;
    let mut awaited = BTreeSet::from([graph.inputs(output)[0]]);
    if awaited.iter().copied().any(is_map) {
        return None;
    }
    for &node in order.iter().rev() {
        for port in 0..graph.node(node).outputs.len() {
            let value = Value { node, port };
            if awaited.contains(&value) {
                if is_map(value) {
                    return Some(value);
                }
                awaited.extend(graph.inputs(node));
            }
        }
    }
    None
}

/// For every node: whether it, or one before it, has a trainable parameter.
fn depends_on_parameters(graph: &Graph, order: &[NodeIndex]) -> Vec<bool> {
    let len = order.iter().map(|node| node.index() + 1).max();
    let mut depends = vec![false; len.unwrap_or(0)];
    for &node in order {
        let ids = graph.node(node).op.parameters();
        let own = ids.iter().any(|&id| graph.trains(id));
        let before = graph.inputs(node);
        depends[node.index()] = own || before.iter().any(|v| depends[v.node.index()]);
    }
    depends
}

/// Where one node's gradient rule finds values and adds gradient nodes.
#[derive(Debug)]
pub struct Gradients<'a> {
    graph: &'a mut Graph,
    trained: &'a [bool],
    /// Gradients of values, as far as their readers have been visited.
    so_far: &'a mut BTreeMap<Value, Value>,
    node: NodeIndex,
    inputs: Vec<Value>,
}

impl Gradients<'_> {
    /// The value that the node reads through `port`.
    pub fn input(&self, port: usize) -> Value {
        self.inputs[port]
    }

    /// How many values the node reads.
    pub fn inputs(&self) -> usize {
        self.inputs.len()
    }

    /// Shape of input `port`.
    pub fn shape(&self, port: usize) -> Shape {
        self.graph.shape(self.input(port))
    }

    /// The node's own output `port`.
    pub fn output(&self, port: usize) -> Value {
        let node = self.node;
        Value { node, port }
    }

    /// The gradient of the node's output `port`.
    pub fn d_output(&self, port: usize) -> Value {
        self.so_far[&self.output(port)]
    }

    /// Whether a parameter of the node needs its gradient.
    pub fn trains(&self, id: ParameterId) -> bool {
        self.graph.trains(id)
    }

    /// Adds a gradient node named after this one.
    pub fn push(&mut self, suffix: &str, op: impl Op, inputs: Vec<Value>) -> Value {
        let shapes: Vec<_> = inputs.iter().map(|&v| self.graph.shape(v)).collect();
        let outputs = op.infer(&shapes).expect("gradients fit their forward pass");
        let kind = |value: Value| match self.graph.node(value.node).phase {
            Phase::Forward => EdgeKind::Saved,
            Phase::Backward => EdgeKind::Main,
        };
        let inputs: Vec<_> = inputs.into_iter().map(|v| (v, kind(v))).collect();
        let Node { name, place, .. } = self.graph.node(self.node);
        let dot = if suffix.is_empty() { "" } else { "." };
        let node = Node {
            name: format!("d_{name}{dot}{suffix}"),
            op: Rc::new(op),
            outputs,
            phase: Phase::Backward,
            place: *place,
        };
        self.graph.add(node, &inputs)
    }

    /// Adds a node that contributes to the gradient of input `port`, unless
    /// nothing before that input is trained. The rule is told whether there is
    /// a gradient so far; if so, it becomes the node's last input.
    pub fn contribute<O: Op>(&mut self, port: usize, rule: impl FnOnce(bool) -> (O, Vec<Value>)) {
        let input = self.input(port);
        if !self.trained[input.node.index()] {
            return;
        }
        let so_far = self.so_far.get(&input).copied();
        let (op, mut inputs) = rule(so_far.is_some());
        inputs.extend(so_far);
        let suffix = match self.inputs.len() {
            0 | 1 => "input".to_owned(),
            _ => format!("input{port}"),
        };
        let d_input = self.push(&suffix, op, inputs);
        self.so_far.insert(input, d_input);
    }

    /// Contributes a value that already is the gradient of input `port`.
    pub fn pass(&mut self, port: usize, d_input: Value) {
        let input = self.input(port);
        if !self.trained[input.node.index()] {
            return;
        }
        let sum = match self.so_far.get(&input).copied() {
            None => d_input,
            Some(so_far) => {
                let add = Add {
                    activation: Activation::Identity,
                };
                self.push(&format!("sum{port}"), add, vec![so_far, d_input])
            }
        };
        self.so_far.insert(input, sum);
    }
}
