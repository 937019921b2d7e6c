//! One entry for each value of a graph.

use crate::graph::{Graph, Value};

/// A table with an entry for each output of each node, found by index: deep
/// networks look entries up so often that a tree would be felt.
#[derive(Clone, Debug)]
pub struct ValueMap<T> {
    /// Where the entries of the node at each index begin.
    starts: Vec<usize>,
    entries: Vec<T>,
}

impl<T: Clone> ValueMap<T> {
    /// A table in which every entry is `entry`.
    pub fn new(graph: &Graph, entry: T) -> Self {
        let mut starts = Vec::new();
        let mut len = 0;
        for node in graph.unordered() {
            if starts.len() <= node.index() {
                starts.resize(node.index() + 1, 0);
            }
            starts[node.index()] = len;
            len += graph.node(node).outputs.len();
        }
        let entries = vec![entry; len];
        Self { starts, entries }
    }
}

impl<T> std::ops::Index<Value> for ValueMap<T> {
    type Output = T;

    fn index(&self, value: Value) -> &T {
        &self.entries[self.starts[value.node.index()] + value.port]
    }
}

impl<T> std::ops::IndexMut<Value> for ValueMap<T> {
    fn index_mut(&mut self, value: Value) -> &mut T {
        &mut self.entries[self.starts[value.node.index()] + value.port]
    }
}
