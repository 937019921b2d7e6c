//! The order in which a graph's nodes are executed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::stable_graph::NodeIndex;
use petgraph::visit::EdgeRef;

use super::{Graph, Node};
use crate::ops::{Explain, Output};

impl Node {
    /// Whether what it reads leaves the network, and needn't stay for it then.
    pub(super) fn leaves(&self) -> bool {
        self.op_as::<Output>().is_some() || self.op_as::<Explain>().is_some()
    }
}

impl Graph {
    /// Every node after the nodes it reads; of several that could come next,
    /// forward before backward, what leaves the network first (so that its
    /// value need not stay), then the one added first. `None` if there is a cycle.
    pub fn try_order(&self) -> Option<Vec<NodeIndex>> {
        self.order.get_or_init(|| self.sorted()).clone()
    }

    /// Like [`try_order`](Self::try_order), for graphs that were checked.
    pub fn order(&self) -> Vec<NodeIndex> {
        self.try_order().expect("a checked graph has no cycle")
    }

    /// What [`try_order`](Self::try_order) tells, computed.
    fn sorted(&self) -> Option<Vec<NodeIndex>> {
        let mut waiting = vec![0usize; self.added.len()];
        let mut ready = BinaryHeap::new();
        let rank = |node: NodeIndex| {
            let Node { phase, .. } = self.nodes[node];
            let leaves = self.nodes[node].leaves();
            Reverse((phase, !leaves, self.added[node.index()], node))
        };
        for node in self.nodes.node_indices() {
            waiting[node.index()] = self.nodes.edges_directed(node, Incoming).count();
            if waiting[node.index()] == 0 {
                ready.push(rank(node));
            }
        }
        let mut order = Vec::with_capacity(self.nodes.node_count());
        while let Some(Reverse((_, _, _, node))) = ready.pop() {
            order.push(node);
            for edge in self.nodes.edges_directed(node, Outgoing) {
                let left = &mut waiting[edge.target().index()];
                *left -= 1;
                if *left == 0 {
                    ready.push(rank(edge.target()));
                }
            }
        }
        (order.len() == self.nodes.node_count()).then_some(order)
    }
}
