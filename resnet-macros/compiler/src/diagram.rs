//! A graph as a picture shows it: boxes that list what was fused, links
//! between them, and long runs of equal blocks folded into frames.
//!
//! Every drawing starts here. The picture in an emitted module's documentation
//! is [`rails`]; the feature `draw` has the others.

mod fold;
pub mod rails;

use std::collections::BTreeMap;

use petgraph::stable_graph::NodeIndex;

use crate::graph::{EdgeKind, Graph, Phase, Value};
use crate::recompute::MARK;

/// What a picture of a graph shows.
#[derive(Clone, Debug, Default)]
pub struct Diagram {
    /// Forward ones in order of execution, then backward ones.
    pub boxes: Vec<Box>,
    /// From box to box, without duplicates.
    pub links: Vec<Link>,
    /// Folded runs of blocks.
    pub frames: Vec<Frame>,
}

/// A node.
#[derive(Clone, Debug)]
pub struct Box {
    /// The node it shows; of a folded run, the first block's.
    pub node: NodeIndex,
    /// The node's name.
    pub name: String,
    /// What it computes: one part for each operator that was fused into it.
    pub parts: Vec<String>,
    /// Everything that changes its result, for those who ask.
    pub attributes: Vec<(&'static str, String)>,
    /// Shape of its first output; of the network's output, if it has none.
    pub shape: String,
    /// Forward or backward.
    pub phase: Phase,
    /// For a gradient: the box of the node it differentiates.
    pub forward: Option<usize>,
}

/// A value on its way from box to box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// Where it is made.
    pub from: usize,
    /// Where it is read.
    pub to: usize,
    /// What for.
    pub kind: EdgeKind,
}

/// A run of equal blocks, of which one is shown.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The boxes of the block that is shown.
    pub boxes: Vec<usize>,
    /// How many blocks stand in a row.
    pub blocks: usize,
    /// What the names in the first block have in common, such as `layer3.1`.
    pub first: String,
    /// The same for the last block.
    pub last: String,
}

impl Frame {
    /// `36 x layer3.1 to layer3.36`.
    pub fn title(&self) -> String {
        format!("{} x: {} to {}", self.blocks, self.first, self.last)
    }
}

impl Diagram {
    /// The picture of a graph; `unfold` shows every block of every run.
    pub fn new(graph: &Graph, unfold: bool) -> Self {
        let whole = Self::whole(graph);
        match unfold {
            true => whole,
            false => fold::fold(&whole, graph),
        }
    }

    fn whole(graph: &Graph) -> Self {
        let mut order = graph.order();
        order.sort_by_key(|&node| graph.node(node).phase);
        let mut boxes: Vec<Box> = order.iter().map(|&node| boxed(graph, node)).collect();
        let by_name: BTreeMap<_, _> = boxes
            .iter()
            .enumerate()
            .filter(|(_, b)| b.phase == Phase::Forward)
            .map(|(i, b)| (b.name.clone(), i))
            .collect();
        for gradient in boxes.iter_mut().filter(|b| b.phase == Phase::Backward) {
            gradient.forward = differentiated(&gradient.name, &by_name);
        }
        let at: BTreeMap<_, _> = order.iter().enumerate().map(|(i, &n)| (n, i)).collect();
        let mut links = Vec::new();
        for (to, &node) in order.iter().enumerate() {
            for (value, kind) in graph.edges_into(node) {
                let from = at[&value.node];
                links.push(Link { from, to, kind });
            }
        }
        links.sort_unstable();
        links.dedup();
        let frames = Vec::new();
        Self {
            boxes,
            links,
            frames,
        }
    }
}

/// The forward node that a backward node is named after: `d_NAME` or `d_NAME.WHAT`, or `NAME'`.
fn differentiated(gradient: &str, by_name: &BTreeMap<String, usize>) -> Option<usize> {
    if let Some(again) = gradient.strip_suffix(MARK) {
        return by_name.get(again).copied();
    }
    let mut name = gradient.strip_prefix("d_")?;
    loop {
        if let Some(&index) = by_name.get(name) {
            return Some(index);
        }
        name = name.rsplit_once('.')?.0;
    }
}

fn boxed(graph: &Graph, index: NodeIndex) -> Box {
    let node = graph.node(index);
    let attributes = node.op.attributes();
    let mut parts: Vec<_> = node.op.title().split(" + ").map(str::to_owned).collect();
    let stride = attributes.iter().find(|(key, _)| *key == "stride");
    if let Some((_, stride)) = stride.filter(|(_, stride)| stride != "1x1") {
        // `2x2` reads better as `2`.
        let short = match stride.split_once('x') {
            Some((vertical, horizontal)) if vertical == horizontal => vertical,
            _ => stride,
        };
        parts[0] += &format!(" / {short}");
    }
    let output = (!node.outputs.is_empty()).then_some(Value {
        node: index,
        port: 0,
    });
    let read = graph.inputs(index).first().copied();
    let shown = output.or(read.filter(|_| node.phase == Phase::Forward));
    Box {
        node: index,
        name: node.name.clone(),
        parts,
        attributes,
        shape: shown.map_or_else(String::new, |value| graph.shape(value).to_string()),
        phase: node.phase,
        forward: None,
    }
}
