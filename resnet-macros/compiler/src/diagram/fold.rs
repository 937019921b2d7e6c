//! Folds runs of equal blocks: of 35 blocks in a row that differ in nothing
//! but their parameters, a picture shows one, in a frame.

use std::cmp::Reverse;

use super::{Box, Diagram, Frame, Link};
use crate::graph::{EdgeKind, Graph, Phase};

/// Fewer blocks than this stay as they are: that reads better.
const FEWEST_BLOCKS: usize = 3;
/// So do runs whose folding would save fewer boxes than this.
const FEWEST_SAVED: usize = 4;
/// No block of the family has more boxes.
const LONGEST_BLOCK: usize = 48;

/// A run of equal blocks among the forward boxes.
struct Run {
    start: usize,
    period: usize,
    blocks: usize,
}

impl Run {
    /// The block that a forward box belongs to.
    fn block_of(&self, index: usize) -> Option<usize> {
        let run = self.start..self.start + self.period * self.blocks;
        run.contains(&index)
            .then(|| (index - self.start) / self.period)
    }
}

/// The diagram with its runs folded.
pub(super) fn fold(whole: &Diagram, graph: &Graph) -> Diagram {
    let signatures = signatures(whole, graph);
    let mut runs = Vec::new();
    let mut start = 0;
    while start < signatures.len() {
        let (period, blocks, slack) = longest_run(&signatures[start..]);
        if blocks > 1 {
            // Where a block begins is told by names: a run may begin with the
            // end of the block before, which then lacks the end of its last.
            let block = |shift: usize| &whole.boxes[start + shift..start + shift + period];
            let shared = |shift: usize| common(block(shift)).map_or(0, str::len);
            let shift = (0..=slack).max_by_key(|&shift| (shared(shift), Reverse(shift)));
            start += shift.unwrap_or(0);
            runs.push(Run {
                start,
                period,
                blocks,
            });
        }
        start += period * blocks;
    }
    quotient(whole, &runs)
}

/// Everything that makes two forward boxes differ, but for names: what they
/// and their gradients compute, and how far away the boxes are that they read.
#[derive(PartialEq)]
struct Signature {
    /// Operators with their attributes and shapes, of the node and its gradients.
    computed: Vec<String>,
    /// How many boxes above, and what for.
    reads: Vec<(usize, EdgeKind)>,
}

fn signatures(diagram: &Diagram, graph: &Graph) -> Vec<Signature> {
    let computed = |b: &Box| {
        let inputs = graph.inputs(b.node);
        let read: Vec<_> = inputs.iter().map(|&value| graph.shape(value)).collect();
        let node = graph.node(b.node);
        let name = node.op.name();
        format!(
            "{name} {:?} {:?} {read:?} {:?}",
            b.parts, b.attributes, node.outputs
        )
    };
    let is_forward = |b: &&Box| b.phase == Phase::Forward;
    let forward = diagram.boxes.iter().take_while(is_forward);
    let mut signatures: Vec<_> = forward
        .map(|b| Signature {
            computed: vec![computed(b)],
            reads: Vec::new(),
        })
        .collect();
    for b in diagram.boxes.iter().skip(signatures.len()) {
        if let Some(forward) = b.forward {
            signatures[forward].computed.push(computed(b));
        }
    }
    for link in &diagram.links {
        if let Some(signature) = signatures.get_mut(link.to) {
            signature.reads.push((link.to - link.from, link.kind));
        }
    }
    signatures
}

/// Length of a block and how often it stands in a row at the start, and by how
/// many boxes the run could begin later; one box, once, if nothing repeats
/// often enough.
fn longest_run(signatures: &[Signature]) -> (usize, usize, usize) {
    let mut best = (1, 1, 0);
    for period in 1..=LONGEST_BLOCK.min(signatures.len() / FEWEST_BLOCKS) {
        let pairs = signatures.iter().zip(&signatures[period..]);
        let repeated = pairs.take_while(|(a, b)| a == b).count();
        let blocks = repeated / period + 1;
        let worth_it = blocks >= FEWEST_BLOCKS && period * (blocks - 1) >= FEWEST_SAVED;
        if worth_it && period * blocks > best.0 * best.1 {
            best = (period, blocks, repeated % period);
        }
    }
    best
}

/// Every box of a run stands for its like in the first block; links from one
/// block to another are what the frame says.
fn quotient(whole: &Diagram, runs: &[Run]) -> Diagram {
    // A gradient belongs to the block of what it differentiates.
    let home = |index: usize| {
        let forward = whole.boxes[index].forward.unwrap_or(index);
        let run = runs
            .iter()
            .position(|run| run.block_of(forward).is_some())?;
        Some((run, runs[run].block_of(forward)?))
    };
    let homes: Vec<_> = (0..whole.boxes.len()).map(home).collect();
    let mut shown = vec![usize::MAX; whole.boxes.len()];
    let mut boxes = Vec::new();
    for (index, b) in whole.boxes.iter().enumerate() {
        if homes[index].is_none_or(|(_, block)| block == 0) {
            shown[index] = boxes.len();
            boxes.push(b.clone());
        }
    }
    let mut gradients = vec![Vec::new(); whole.boxes.len()];
    for (index, b) in whole.boxes.iter().enumerate() {
        if let Some(forward) = b.forward {
            gradients[forward].push(index);
        }
    }
    for run in runs {
        for index in run.start + run.period..run.start + run.period * run.blocks {
            let like = run.start + (index - run.start) % run.period;
            shown[index] = shown[like];
            for (&gradient, &like) in gradients[index].iter().zip(&gradients[like]) {
                shown[gradient] = shown[like];
            }
        }
    }
    for b in &mut boxes {
        b.forward = b.forward.map(|forward| shown[forward]);
    }

    let leaves_block = |link: &&Link| match (homes[link.from], homes[link.to]) {
        (Some((run, from)), Some((other, to))) => run != other || from == to,
        _ => true,
    };
    let mut links: Vec<_> = whole
        .links
        .iter()
        .filter(leaves_block)
        .map(|link| Link {
            from: shown[link.from],
            to: shown[link.to],
            ..*link
        })
        .collect();
    links.sort_unstable();
    links.dedup();

    let frames = runs
        .iter()
        .enumerate()
        .map(|(r, run)| {
            let names = |block: usize| {
                let start = run.start + block * run.period;
                block_name(&whole.boxes[start..start + run.period])
            };
            let first_block = (0..homes.len()).filter(|&index| homes[index] == Some((r, 0)));
            Frame {
                boxes: first_block.map(|index| shown[index]).collect(),
                blocks: run.blocks,
                first: names(0),
                last: names(run.blocks - 1),
            }
        })
        .collect();
    Diagram {
        boxes,
        links,
        frames,
    }
}

/// What the boxes' names have in common, in whole words between dots.
fn common(boxes: &[Box]) -> Option<&str> {
    let shared = |prefix: &str| {
        boxes.iter().all(|b| {
            let rest = b.name.strip_prefix(prefix);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    let mut prefix = boxes[0].name.as_str();
    while !shared(prefix) {
        prefix = prefix.rsplit_once('.')?.0;
    }
    Some(prefix)
}

/// A block's name: what its boxes' names have in common, or the first and the last.
fn block_name(boxes: &[Box]) -> String {
    let ends = || format!("{}..{}", boxes[0].name, boxes[boxes.len() - 1].name);
    common(boxes).map_or_else(ends, str::to_owned)
}
