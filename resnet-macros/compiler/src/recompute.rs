//! Trades time for memory: backward computes forward's values again instead of
//! keeping all of them.
//!
//! The forward pass is parted into segments at values through which everything
//! flows. Only these stay until backward; what backward reads inside a segment
//! is computed again, right before the segment's first gradient:
//!
//! ```text
//! none    x -> conv1 -> bn1 -> conv2 -> bn2 -> y -> ...       conv1, bn1, conv2 stay
//! block   x -> conv1 -> bn1 -> conv2 -> bn2 -> y -> ...       x and y stay
//!         ... -> conv1' -> bn1' -> conv2' -> d_bn2 -> d_conv2 -> d_bn1 -> d_conv1
//! ```
//!
//! The same kernels read the same values, batch norms the statistics that
//! forward saved, and random draws depend on seed and step alone: gradients are
//! those of no recomputation, to the bit.

use std::collections::BTreeMap;
use std::rc::Rc;

use petgraph::stable_graph::NodeIndex;

use crate::graph::{EdgeKind, Graph, Node, Phase, Shape, Value};
use crate::ops::{Again, Conv2d, Input, Output};
use crate::value_map::ValueMap;

/// What of the forward pass stays until backward reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recompute {
    /// Everything that backward reads.
    #[default]
    None,
    /// What blocks read of one another.
    Block,
    /// What stages read of one another.
    Stage,
}

/// In a straight run of layers, so many convolutions are a segment.
const CONVOLUTIONS: usize = 2;

/// What a recomputed node's name ends in, which no layer's does.
pub(crate) const MARK: char = '\'';

/// Has backward compute again what lies within segments. Algorithms must have
/// been selected: those of forward are used again.
pub fn recompute(graph: &mut Graph, recompute: Recompute) {
    if recompute == Recompute::None {
        return;
    }
    let order = graph.order();
    let (forward, backward): (Vec<_>, Vec<_>) = order
        .into_iter()
        .partition(|&node| graph.node(node).phase == Phase::Forward);
    let ends = ends(graph, &forward, recompute);
    let segments = Segments::new(graph, &forward, &ends);
    let needed = segments.needed(graph, &forward, &backward);
    // Backward begins with the last segment, whose values are all there.
    let last = (0..segments.count).rev().find(|&segment| {
        let mut nodes = segments.nodes(&forward, segment).iter();
        nodes.any(|node| needed[node.index()])
    });
    let mut copies = BTreeMap::new();
    let mut done = vec![false; segments.count];
    for node in backward {
        for (port, value, _) in graph.ports_into(node) {
            let segment = segments.of[value.node.index()];
            if !segments.recomputed[value] || Some(segment) == last {
                continue;
            }
            if !std::mem::replace(&mut done[segment], true) {
                let nodes = segments.nodes(&forward, segment).iter();
                for &node in nodes.filter(|node| needed[node.index()]) {
                    let copy = add_again(graph, node, &copies);
                    copies.insert(node, copy);
                }
            }
            let node_again = copies[&value.node];
            let again = Value {
                node: node_again,
                ..value
            };
            graph.redirect(node, port, again, EdgeKind::Main);
        }
    }
}

/// Adds what computes a node's outputs again, from copies where there are any.
fn add_again(
    graph: &mut Graph,
    node: NodeIndex,
    copies: &BTreeMap<NodeIndex, NodeIndex>,
) -> NodeIndex {
    let inputs = graph.inputs(node).into_iter();
    let inputs = inputs.map(|value| match copies.get(&value.node) {
        Some(&node) => (Value { node, ..value }, EdgeKind::Main),
        None => (value, EdgeKind::Saved),
    });
    let inputs: Vec<_> = inputs.collect();
    let forward = graph.node(node);
    let again = Node {
        name: format!("{}{MARK}", forward.name),
        op: Rc::new(Again::new(&forward.op)),
        outputs: forward.outputs.clone(),
        phase: Phase::Backward,
        place: forward.place,
    };
    graph.add(again, &inputs).node
}

/// Runs of forward nodes.
struct Segments {
    count: usize,
    /// Where each begins in the order of execution, and where the last ends.
    starts: Vec<usize>,
    /// That of each forward node, by index.
    of: Vec<usize>,
    /// Values that are computed again: what no later segment reads, but for
    /// the images.
    recomputed: ValueMap<bool>,
}

impl Segments {
    fn new(graph: &Graph, forward: &[NodeIndex], ends: &[usize]) -> Self {
        let mut starts = vec![0];
        starts.extend(ends.iter().map(|end| end + 1));
        if starts.last() != Some(&forward.len()) {
            starts.push(forward.len());
        }
        let bound = graph.unordered().map(|node| node.index() + 1).max();
        let mut of = vec![0; bound.unwrap_or(0)];
        for (segment, run) in starts.windows(2).enumerate() {
            for node in &forward[run[0]..run[1]] {
                of[node.index()] = segment;
            }
        }
        let mut recomputed = ValueMap::new(graph, false);
        for &node in forward {
            let is_input = graph.node(node).op_as::<Input>().is_some();
            for port in 0..graph.node(node).outputs.len() {
                let value = Value { node, port };
                let mut readers = forward_readers(graph, value);
                let read_later = readers.any(|reader| of[reader.index()] != of[node.index()]);
                recomputed[value] = !is_input && !read_later;
            }
        }
        Self {
            count: starts.len() - 1,
            starts,
            of,
            recomputed,
        }
    }

    /// The nodes of a segment, in order of execution.
    fn nodes<'a>(&self, forward: &'a [NodeIndex], segment: usize) -> &'a [NodeIndex] {
        &forward[self.starts[segment]..self.starts[segment + 1]]
    }

    /// For every forward node, by index: whether backward, or what is computed
    /// again for it, reads the node's output and doesn't find it.
    fn needed(&self, graph: &Graph, forward: &[NodeIndex], backward: &[NodeIndex]) -> Vec<bool> {
        let mut needed = vec![false; self.of.len()];
        for &node in backward {
            for value in graph.inputs(node) {
                needed[value.node.index()] |= self.recomputed[value];
            }
        }
        for &node in forward.iter().rev() {
            if needed[node.index()] {
                for value in graph.inputs(node) {
                    needed[value.node.index()] |= self.recomputed[value];
                }
            }
        }
        needed
    }
}

/// Forward nodes that read a value, but for outputs, which run at once.
fn forward_readers(graph: &Graph, value: Value) -> impl Iterator<Item = NodeIndex> {
    let readers = graph.any_readers(value).map(|reader| reader.node);
    readers.filter(|&reader| {
        let node = graph.node(reader);
        node.phase == Phase::Forward && node.op_as::<Output>().is_none()
    })
}

/// Positions of the forward nodes that end a segment.
///
/// Blocks end where a single value is alive that begins a new fork, or that a
/// convolution follows after branches have joined. A straight run, such as a
/// plain network, is parted after every other convolution. Blocks whose ends
/// have one shape are a stage.
fn ends(graph: &Graph, forward: &[NodeIndex], recompute: Recompute) -> Vec<usize> {
    let bound = graph.unordered().map(|node| node.index() + 1).max();
    let mut position = vec![0; bound.unwrap_or(0)];
    for (at, node) in forward.iter().enumerate() {
        position[node.index()] = at;
    }
    let is_conv = |at: usize| {
        let node = forward.get(at).map(|&node| graph.node(node));
        node.is_some_and(|node| node.op_as::<Conv2d>().is_some())
    };
    // The values that end at each step, and those alive: how many, and the sum
    // of their numbers, which of a single one is its number.
    let mut ending = vec![Vec::new(); forward.len()];
    let mut values = Vec::<Value>::new();
    let (mut alive, mut numbers) = (0, 0);
    let (mut joined, mut convolutions) = (false, 0);
    let mut ends: Vec<(usize, Shape)> = Vec::new();
    // Whether the last stage goes on behind the last of these.
    let mut goes_on = false;
    for (at, &node) in forward.iter().enumerate() {
        for port in 0..graph.node(node).outputs.len() {
            let value = Value { node, port };
            let last = forward_readers(graph, value).map(|reader| position[reader.index()]);
            if let Some(last) = last.max() {
                ending[last].push(values.len());
                alive += 1;
                numbers += values.len();
                values.push(value);
            }
        }
        alive -= ending[at].len();
        numbers -= ending[at].iter().sum::<usize>();
        convolutions += usize::from(is_conv(at));
        if alive != 1 {
            joined |= alive > 1;
            continue;
        }
        let only = values[numbers];
        let parts = joined || convolutions >= CONVOLUTIONS;
        let shape = graph.shape(only);
        let has_shape = ends.last().is_some_and(|end| end.1 == shape);
        if forward_readers(graph, only).nth(1).is_some() || (parts && is_conv(at + 1)) {
            if recompute == Recompute::Stage && has_shape {
                ends.pop();
            }
            ends.push((at, shape));
            (joined, convolutions, goes_on) = (false, 0, false);
        } else {
            goes_on |= parts && has_shape;
        }
    }
    if recompute == Recompute::Stage && goes_on {
        ends.pop();
    }
    ends.into_iter().map(|(at, _)| at).collect()
}
