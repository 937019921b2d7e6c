//! Parameters and running statistics of a network, named as torchvision names them.

use resnet_geometry::{CHANNEL_BLOCK, round_up};
pub use resnet_geometry::{Fan, Init, Role};

/// A parameter of one graph, by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParameterId(pub usize);

/// A parameter or running statistic.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// torchvision's name.
    pub name: String,
    /// Shape in files.
    pub shape: Vec<usize>,
    /// What it is.
    pub role: Role,
    /// How it is initialised.
    pub init: Init,
}

impl Parameter {
    /// A parameter that is initialised as its role asks for.
    pub fn new(name: impl Into<String>, shape: Vec<usize>, role: Role) -> Self {
        Self {
            name: name.into(),
            shape,
            role,
            init: role.init(),
        }
    }

    /// The same parameter, initialised otherwise.
    pub fn init(self, init: Init) -> Self {
        Self { init, ..self }
    }

    /// Scalars in files.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// True when it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Scalars that training can change.
    pub fn trainable(&self) -> u64 {
        match self.role.is_running() {
            true => 0,
            false => self.len() as u64,
        }
    }

    /// Elements in memory: output channels (the first size) are rounded up to
    /// whole blocks.
    pub fn laid_out_len(&self) -> usize {
        let rest: usize = self.shape[1..].iter().product();
        rest * round_up(self.shape[0], CHANNEL_BLOCK)
    }
}
