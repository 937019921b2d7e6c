//! Rows of a picture: each forward box one row below the lowest that it reads,
//! each gradient beside what it differentiates.

use crate::diagram::Diagram;
use crate::graph::{EdgeKind, Phase};

/// Where boxes stand before they have coordinates.
pub(super) struct Ranks {
    /// The row of every box.
    pub(super) row: Vec<usize>,
    /// How many rows there are.
    pub(super) rows: usize,
    /// Boxes of the main path: the longest one, from top to bottom.
    pub(super) on_spine: Vec<bool>,
    /// The other forward boxes, in chains that stand above one another.
    pub(super) chains: Vec<Vec<usize>>,
}

/// Ranks every box of a diagram.
pub(super) fn ranks(diagram: &Diagram) -> Ranks {
    let is_forward = |b: usize| diagram.boxes[b].phase == Phase::Forward;
    let mut row = vec![0; diagram.boxes.len()];
    let mut above = vec![Vec::new(); diagram.boxes.len()];
    for link in diagram.links.iter().filter(|link| is_forward(link.to)) {
        above[link.to].push((link.kind != EdgeKind::Main, link.from));
    }
    // Forward boxes come in order of execution.
    for b in (0..row.len()).filter(|&b| is_forward(b)) {
        let rows = above[b].iter().map(|&(_, from)| row[from] + 1);
        row[b] = rows.max().unwrap_or(0);
    }
    let forward = (0..row.len()).filter(|&b| is_forward(b));
    let mut on_spine = vec![false; row.len()];
    let mut at = forward.max_by_key(|&b| row[b]);
    while let Some(b) = at {
        on_spine[b] = true;
        let next = above[b]
            .iter()
            .filter(|&&(_, from)| row[from] + 1 == row[b]);
        at = next.min().map(|&(_, from)| from);
    }
    for b in 0..row.len() {
        if let Some(forward) = diagram.boxes[b].forward {
            row[b] = row[forward];
        }
    }

    let mut chains: Vec<Vec<usize>> = Vec::new();
    for b in (0..row.len()).filter(|&b| is_forward(b) && !on_spine[b]) {
        let ends_above = |chain: &&mut Vec<usize>| {
            let last = chain[chain.len() - 1];
            row[last] < row[b] && above[b].iter().any(|&(_, from)| from == last)
        };
        match chains.iter_mut().find(ends_above) {
            Some(chain) => chain.push(b),
            None => chains.push(vec![b]),
        }
    }
    Ranks {
        rows: row.iter().map(|row| row + 1).max().unwrap_or(0),
        row,
        on_spine,
        chains,
    }
}
