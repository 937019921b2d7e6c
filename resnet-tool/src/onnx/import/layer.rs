//! A layer of the spec that is being made.

/// A layer.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) name: String,
    pub(super) op: Op,
}

/// What a layer computes, and what it reads.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// An operator with one input, as the spec writes it: `conv`, `{...}`.
    Of {
        input: String,
        key: &'static str,
        value: String,
    },
    /// `add`, `concat` or `scale` of these.
    List {
        key: &'static str,
        reads: Vec<String>,
    },
}

impl Layer {
    /// A line of the spec; `before` is the layer of the line before.
    pub(super) fn line(&self, before: &str) -> String {
        let name = &self.name;
        match &self.op {
            Op::Of { input, key, value } if input == before => {
                format!("  - {{name: {name}, {key}: {value}}}\n")
            }
            Op::Of { input, key, value } => {
                format!("  - {{name: {name}, input: {input}, {key}: {value}}}\n")
            }
            Op::List { key, reads } => {
                format!("  - {{name: {name}, {key}: [{}]}}\n", reads.join(", "))
            }
        }
    }
}
