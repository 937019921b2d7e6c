//! Weights packed for inference.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::aligned::Aligned;
use crate::{Embedded, Error, Network, Parameters, seam};

/// A network's weights, batch norms folded into them, packed for inference.
///
/// They are immutable; clones, and all models made from them, share one copy.
pub struct Weights<N: Network> {
    pub(crate) packed: Arc<Aligned<N::Element>>,
}

impl<N: Network> Weights<N> {
    /// Reads a safetensors file; see [`Parameters::load`].
    ///
    /// # Errors
    ///
    /// As [`Parameters::load`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::from_parameters(&Parameters::load(N::INFO, path)?)
    }

    /// Reads what a safetensors file holds.
    ///
    /// # Errors
    ///
    /// As [`Parameters::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_parameters(&Parameters::from_bytes(N::INFO, bytes)?)
    }

    /// Untrained weights; see [`Parameters::init`].
    ///
    /// # Panics
    ///
    /// When there is no memory.
    pub fn init(seed: u64) -> Self {
        let parameters = Parameters::init(N::INFO, seed);
        Self::from_parameters(&parameters).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Folds and packs parameters.
    ///
    /// # Errors
    ///
    /// [`Error::OtherModel`] when they were made for another spec,
    /// [`Error::InstructionSet`] and [`Error::Memory`].
    pub fn from_parameters(parameters: &Parameters<N::Element>) -> Result<Self, Error> {
        let parameters = parameters.laid_out_for(N::INFO)?;
        let mut packed = Aligned::zeroed(N::INFO.sizes.packed, "packed weights")?;
        N::pack(&mut seam::Pack {
            master: &parameters.master,
            running: &parameters.running,
            packed: &mut packed,
        });
        let packed = Arc::new(packed);
        Ok(Self { packed })
    }
}

impl<N: Embedded> Weights<N> {
    /// The weights that are in the program, put there by
    /// `resnet!("...", weights = "...")`: packs them anew at each call.
    ///
    /// # Errors
    ///
    /// [`Error::InstructionSet`] and [`Error::Memory`]; the file itself was
    /// checked while the program was compiled.
    pub fn embedded() -> Result<Self, Error> {
        Self::from_bytes(N::WEIGHTS)
    }
}

impl<N: Network> Clone for Weights<N> {
    fn clone(&self) -> Self {
        let packed = Arc::clone(&self.packed);
        Self { packed }
    }
}

impl<N: Network> fmt::Debug for Weights<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Weights of {}", N::INFO.name)
    }
}
