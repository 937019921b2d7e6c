//! The messages of ONNX that networks need.

mod read;
mod write;

/// A model: a graph, and the version of the operators in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// Version of the operators.
    pub(crate) opset: i64,
    pub(crate) graph: Graph,
    /// Keys and values about the model.
    pub(crate) metadata: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    pub(crate) name: String,
    /// In an order in which they can run.
    pub(crate) nodes: Vec<Node>,
    pub(crate) initializers: Vec<Tensor>,
    pub(crate) inputs: Vec<Value>,
    pub(crate) outputs: Vec<Value>,
}

/// An operator with the names of what it reads and makes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) op: String,
    pub(crate) inputs: Vec<String>,
    pub(crate) outputs: Vec<String>,
    pub(crate) attributes: Vec<(String, Attribute)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Attribute {
    Int(i64),
    Float(f32),
    Text(String),
    Ints(Vec<i64>),
    Floats(Vec<f32>),
    Tensor(Tensor),
    /// Of a type that no operator here has.
    Other,
}

/// A tensor of constants.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Data,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    F32(Vec<f32>),
    I64(Vec<i64>),
    /// In a type or place that is not read: which.
    Unread(String),
}

impl Default for Data {
    fn default() -> Self {
        Self::Unread("none".to_owned())
    }
}

/// What goes in or comes out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Value {
    pub(crate) name: String,
    /// Sizes; `None` for the batch and others that are open.
    pub(crate) shape: Vec<Option<usize>>,
}

impl Node {
    /// A whole number of its attributes.
    pub(crate) fn int(&self, name: &str) -> Option<i64> {
        match self.attribute(name)? {
            Attribute::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// A number of its attributes.
    pub(crate) fn float(&self, name: &str) -> Option<f32> {
        match self.attribute(name)? {
            Attribute::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// Whole numbers of its attributes.
    pub(crate) fn ints(&self, name: &str) -> Option<&[i64]> {
        match self.attribute(name)? {
            Attribute::Ints(numbers) => Some(numbers),
            _ => None,
        }
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        let mut attributes = self.attributes.iter();
        attributes
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }
}
