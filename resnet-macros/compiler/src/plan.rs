//! Plans the arena: an offset for every value, so that values which are alive
//! at the same time don't overlap.
//!
//! Sizes and offsets are elements per image; the runtime multiplies them by
//! the batch. A value whose last reader may write over it shares its buffer
//! with that reader's output.

mod place;

use std::collections::BTreeMap;

use petgraph::stable_graph::NodeIndex;
use resnet_geometry::{Buffer, CHANNEL_BLOCK, Map, round_up};

use crate::graph::{Graph, Value};
use crate::value_map::ValueMap;

/// Where everything lies in the arena.
#[derive(Debug)]
pub struct Plan {
    /// Nodes in order of execution.
    pub order: Vec<NodeIndex>,
    /// What lies where, and for how long.
    pub stretches: Vec<Stretch>,
    buffers: ValueMap<Buffer>,
    scratch: BTreeMap<NodeIndex, usize>,
    /// Length of the arena.
    pub peak: usize,
    /// Workspace of each thread: that of the node that needs most.
    pub workspace: usize,
    /// Largest set of laid-out buffers alive at once.
    pub lower_bound: usize,
    /// The same without padding and halos.
    pub logical_lower_bound: usize,
}

impl Plan {
    /// Where a value lies.
    pub fn buffer(&self, value: Value) -> Buffer {
        self.buffers[value]
    }

    /// Where a node's scratch memory lies.
    pub fn scratch(&self, node: NodeIndex) -> usize {
        self.scratch[&node]
    }

    /// The step at which most is alive; of several, the last.
    pub fn fullest_step(&self) -> usize {
        let live = live_sets(&self.stretches, self.order.len(), |s| s.len);
        let fullest = live.enumerate().max_by_key(|&(_, live)| live);
        fullest.map_or(0, |(step, _)| step)
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

/// Plans the arena of a graph whose values have these layouts.
pub fn plan_memory(graph: &Graph, maps: &ValueMap<Map>) -> Plan {
    let order = graph.order();
    let mut stretches = stretches(graph, &order, maps);
    let lower_bound = largest_live_set(&stretches, order.len(), |s| s.len);
    let (offsets, peak) = place::place(&stretches, order.len(), lower_bound);
    let mut buffers = ValueMap::new(graph, Map::new(0, 0, 0).at(0));
    let mut scratch = BTreeMap::new();
    for (stretch, &offset) in stretches.iter_mut().zip(&offsets) {
        stretch.offset = offset;
        for content in &stretch.contents {
            match *content {
                Content::Value(value) => {
                    buffers[value] = maps[value].at(offset);
                }
                Content::Scratch(node) => {
                    scratch.insert(node, offset);
                }
            }
        }
    }
    let workspaces = order.iter().map(|&node| graph.node(node).op.workspace());
    Plan {
        workspace: workspaces.max().unwrap_or(0),
        buffers,
        scratch,
        peak,
        lower_bound,
        logical_lower_bound: largest_live_set(&stretches, order.len(), |s| s.logical_len),
        stretches,
        order,
    }
}

/// Lifetimes: one stretch for each value or chain of values in one place.
fn stretches(graph: &Graph, order: &[NodeIndex], maps: &ValueMap<Map>) -> Vec<Stretch> {
    let inputs_of: Vec<_> = order.iter().map(|&node| graph.inputs(node)).collect();
    let mut last_read = ValueMap::new(graph, 0);
    for (step, inputs) in inputs_of.iter().enumerate() {
        inputs.iter().for_each(|&value| last_read[value] = step);
    }
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut stretch_of = ValueMap::new(graph, usize::MAX);
    for (step, &node) in order.iter().enumerate() {
        let inputs = &inputs_of[step];
        let op = &graph.node(node).op;
        let mut overwritten = Vec::new();
        for (port, shape) in graph.node(node).outputs.iter().enumerate() {
            let value = Value { node, port };
            let map = maps[value];
            let last = last_read[value].max(step);
            let over = op.in_place().iter().find_map(|&(input, output)| {
                let old = *inputs.get(input).filter(|_| output == port)?;
                let stretch = stretch_of[old];
                let dies_here = stretches[stretch].last == step
                    && inputs
                        .iter()
                        .filter(|&&other| stretch_of[other] == stretch)
                        .count()
                        == 1;
                (dies_here && maps[old] == map && !overwritten.contains(&stretch))
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
            stretch_of[value] = stretch;
        }
        let input_maps: Vec<_> = inputs.iter().map(|&value| maps[value]).collect();
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

/// The largest sum of lengths that are alive in one step.
fn largest_live_set(stretches: &[Stretch], steps: usize, len: fn(&Stretch) -> usize) -> usize {
    live_sets(stretches, steps, len).max().unwrap_or(0)
}

/// The sum of lengths that are alive, step by step.
fn live_sets(
    stretches: &[Stretch],
    steps: usize,
    len: fn(&Stretch) -> usize,
) -> impl Iterator<Item = usize> {
    let mut change = vec![0isize; steps + 1];
    for stretch in stretches {
        change[stretch.first] += len(stretch) as isize;
        change[stretch.last + 1] -= len(stretch) as isize;
    }
    change.truncate(steps);
    change.into_iter().scan(0, |live, change| {
        *live += change;
        Some(*live as usize)
    })
}
