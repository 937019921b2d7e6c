//! What a pickle makes.

use anyhow::{Result, bail};

use super::program::Program;
use super::tensor::{Kind, Tensor};

/// A place among a pickle's values.
pub(super) type Id = usize;

/// A value. Those that hold others hold their places, so that one value can be
/// in several.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Int(i64),
    /// A whole number that takes more bytes, little-endian.
    Long(Vec<u8>),
    Text(String),
    /// What no tensor needs, by what messages call it.
    Other(&'static str),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// A function or class that may be called, by its name.
    Global(Global),
    Storage(Storage),
    Tensor(Tensor),
}

/// The functions and classes that a checkpoint needs. They are names here: what
/// calling them would give is built by [`Program`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    OrderedDict,
    /// `torch._utils._rebuild_tensor_v2`.
    Tensor,
    /// `torch._utils._rebuild_parameter`.
    Parameter,
    /// `torch.Size`.
    Size,
    /// `torch.FloatStorage` and its kin.
    Storage(Kind),
}

/// A storage's key and kind.
#[derive(Clone, Debug)]
pub(super) struct Storage {
    pub(super) key: String,
    pub(super) kind: Kind,
}

/// All values of a pickle that was read.
#[derive(Debug)]
pub(super) struct Pickle {
    pub(super) values: Vec<Value>,
    /// What the pickle is of.
    pub(super) root: Id,
}

impl Pickle {
    /// Reads the pickle at the start of some bytes; gives what follows, too.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, &[u8])> {
        Program::new(bytes).run()
    }

    /// A value.
    pub(super) fn get(&self, id: Id) -> &Value {
        &self.values[id]
    }

    /// What the pickle is of.
    pub(super) fn root(&self) -> &Value {
        self.get(self.root)
    }

    /// The texts of a tuple's or list's items.
    pub(super) fn texts(&self) -> Result<Vec<&str>> {
        let (Value::List(items) | Value::Tuple(items)) = self.root() else {
            bail!("found {}, expected a list", self.root().what());
        };
        let text = |&id: &Id| match self.get(id) {
            Value::Text(text) => Ok(text.as_str()),
            other => bail!("found {}, expected a text", other.what()),
        };
        items.iter().map(text).collect()
    }
}

impl Value {
    /// What messages call it.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Int(_) | Self::Long(_) => "a whole number",
            Self::Text(_) => "a text",
            Self::Other(what) => what,
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Dict(_) => "a dict",
            Self::Global(_) => "a class",
            Self::Storage(_) => "a storage",
            Self::Tensor(_) => "a tensor",
        }
    }
}
