//! Plans the arena: an offset for every value, so that values which are alive
//! at the same time don't overlap.
//!
//! Sizes and offsets are elements per image; the runtime multiplies them by
//! the batch. A value whose last reader may write over it shares its buffer
//! with that reader's output.

use std::collections::BTreeMap;

use petgraph::stable_graph::NodeIndex;
use resnet_geometry::{Buffer, CHANNEL_BLOCK, Map, round_up};

use crate::graph::{Graph, Value};

/// Where everything lies in the arena.
#[derive(Debug)]
pub struct Plan {
    /// Nodes in order of execution.
    pub order: Vec<NodeIndex>,
    /// What lies where, and for how long.
    pub stretches: Vec<Stretch>,
    buffers: BTreeMap<Value, Buffer>,
    scratch: BTreeMap<NodeIndex, usize>,
    /// Length of the arena.
    pub peak: usize,
    /// Largest set of laid-out buffers alive at once.
    pub lower_bound: usize,
    /// The same without padding and halos.
    pub logical_lower_bound: usize,
}

impl Plan {
    /// Where a value lies.
    pub fn buffer(&self, value: Value) -> Buffer {
        self.buffers[&value]
    }

    /// Where a node's scratch memory lies.
    pub fn scratch(&self, node: NodeIndex) -> usize {
        self.scratch[&node]
    }

    /// The same, if it has any.
    pub fn try_scratch(&self, node: NodeIndex) -> Option<usize> {
        self.scratch.get(&node).copied()
    }
}

/// What a stretch of the arena is for.
#[derive(Clone, Copy, Debug)]
pub enum Content {
    /// A node's output.
    Value(Value),
    /// Memory that a node needs while it runs.
    Scratch(NodeIndex),
}

/// A stretch of the arena, from the step that writes it to the last that reads it.
#[derive(Debug)]
pub struct Stretch {
    /// What it holds, one after the other.
    pub contents: Vec<Content>,
    /// Where it begins.
    pub offset: usize,
    /// Elements.
    pub len: usize,
    /// Elements without padding and halo.
    pub logical_len: usize,
    /// The step that writes it first.
    pub first: usize,
    /// The step that reads it last.
    pub last: usize,
}

impl Stretch {
    fn meets(&self, other: &Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// Plans the arena of a graph whose values have these layouts.
pub fn plan_memory(graph: &Graph, maps: &BTreeMap<Value, Map>) -> Plan {
    let order = graph.order();
    let mut stretches = stretches(graph, &order, maps);
    let (offsets, peak) = place(&stretches);
    let mut buffers = BTreeMap::new();
    let mut scratch = BTreeMap::new();
    for (stretch, &offset) in stretches.iter_mut().zip(&offsets) {
        stretch.offset = offset;
        for content in &stretch.contents {
            match *content {
                Content::Value(value) => {
                    buffers.insert(value, maps[&value].at(offset));
                }
                Content::Scratch(node) => {
                    scratch.insert(node, offset);
                }
            }
        }
    }
    Plan {
        buffers,
        scratch,
        peak,
        lower_bound: largest_live_set(&stretches, order.len(), |s| s.len),
        logical_lower_bound: largest_live_set(&stretches, order.len(), |s| s.logical_len),
        stretches,
        order,
    }
}

/// Lifetimes: one stretch for each value or chain of values in one place.
fn stretches(graph: &Graph, order: &[NodeIndex], maps: &BTreeMap<Value, Map>) -> Vec<Stretch> {
    let step_of: BTreeMap<_, _> = order.iter().enumerate().map(|(i, &n)| (n, i)).collect();
    let last_read = |value: Value| {
        let readers = graph.readers(value);
        readers.iter().map(|reader| step_of[&reader.node]).max()
    };
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut stretch_of: BTreeMap<Value, usize> = BTreeMap::new();
    for (step, &node) in order.iter().enumerate() {
        let inputs = graph.inputs(node);
        let op = &graph.node(node).op;
        let mut overwritten = Vec::new();
        for (port, shape) in graph.node(node).outputs.iter().enumerate() {
            let value = Value { node, port };
            let map = maps[&value];
            let last = last_read(value).unwrap_or(step);
            let over = op.in_place().iter().find_map(|&(input, output)| {
                let old = *inputs.get(input).filter(|_| output == port)?;
                let stretch = stretch_of[&old];
                let dies_here = stretches[stretch].last == step
                    && inputs
                        .iter()
                        .filter(|&&other| stretch_of[&other] == stretch)
                        .count()
                        == 1;
                (dies_here && maps[&old] == map && !overwritten.contains(&stretch))
                    .then_some(stretch)
            });
            let stretch = match over {
                Some(stretch) => {
                    overwritten.push(stretch);
                    stretch
                }
                None => {
                    stretches.push(Stretch {
                        contents: Vec::new(),
                        offset: 0,
                        len: round_up(map.len(), CHANNEL_BLOCK),
                        logical_len: shape.len(),
                        first: step,
                        last,
                    });
                    stretches.len() - 1
                }
            };
            stretches[stretch].contents.push(Content::Value(value));
            stretches[stretch].last = last;
            stretch_of.insert(value, stretch);
        }
        let input_maps: Vec<_> = inputs.iter().map(|value| maps[value]).collect();
        let len = round_up(op.scratch(&input_maps), CHANNEL_BLOCK);
        if len > 0 {
            stretches.push(Stretch {
                contents: vec![Content::Scratch(node)],
                offset: 0,
                len,
                logical_len: len,
                first: step,
                last: step,
            });
        }
    }
    stretches
}

/// What stretches are sorted by before they are placed.
type Key<'a> = &'a dyn Fn(&Stretch) -> (usize, usize);

/// Offsets of the stretches and the arena's length: greedy, in a few orders,
/// the shortest arena wins.
fn place(stretches: &[Stretch]) -> (Vec<usize>, usize) {
    let by_size = |s: &Stretch| (usize::MAX - s.len, s.first);
    let by_time = |s: &Stretch| (s.first, usize::MAX - s.len);
    let by_area = |s: &Stretch| (usize::MAX - s.len * (s.last - s.first + 1), s.first);
    let orders: [Key<'_>; 3] = [&by_size, &by_time, &by_area];
    let placements = orders.map(|key| place_in_order(stretches, key));
    let best = placements.into_iter().min_by_key(|&(_, peak)| peak);
    best.expect("there are several orders")
}

/// Each stretch in turn goes to the lowest gap that is free all its life.
fn place_in_order(stretches: &[Stretch], key: Key<'_>) -> (Vec<usize>, usize) {
    let mut order: Vec<_> = (0..stretches.len()).collect();
    order.sort_by_key(|&i| key(&stretches[i]));
    let mut offsets = vec![0; stretches.len()];
    // Placed stretches by offset, so that gaps come in order.
    let mut placed: Vec<usize> = Vec::new();
    let mut peak = 0;
    for i in order {
        let mut offset = 0;
        for &j in &placed {
            if stretches[i].meets(&stretches[j]) {
                if offset + stretches[i].len <= offsets[j] {
                    break;
                }
                offset = offset.max(offsets[j] + stretches[j].len);
            }
        }
        offsets[i] = offset;
        peak = peak.max(offset + stretches[i].len);
        let at = placed.partition_point(|&j| offsets[j] <= offset);
        placed.insert(at, i);
    }
    (offsets, peak)
}

/// The largest sum of lengths that are alive in one step.
fn largest_live_set(stretches: &[Stretch], steps: usize, len: fn(&Stretch) -> usize) -> usize {
    let mut change = vec![0isize; steps + 1];
    for stretch in stretches {
        change[stretch.first] += len(stretch) as isize;
        change[stretch.last + 1] -= len(stretch) as isize;
    }
    let mut live = 0;
    let totals = change.into_iter().map(|c| {
        live += c;
        live
    });
    totals.max().unwrap_or(0) as usize
}
