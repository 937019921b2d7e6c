//! Weights packed for inference.

use alloc::sync::Arc;
use core::fmt;
#[cfg(feature = "std")]
use std::path::Path;

use crate::aligned::Aligned;
#[cfg(feature = "std")]
use crate::checkpoint;
use crate::checkpoint::{Bytes, Checkpoint, InFile};
use crate::element::sealed::Sealed;
use crate::kernels::isa;
use crate::{Element, Embedded, Error, ModelInfo, Network, Parameters, seam};

/// A network's weights, batch norms folded into them, packed for inference.
///
/// They are immutable; clones, and all models made from them, share one copy.
pub struct Weights<N: Network> {
    pub(crate) packed: Arc<Aligned<N::Element>>,
}

impl<N: Network> Weights<N> {
    /// Reads a safetensors file; see [`Parameters::load`]. Of the parameters
    /// only one at a time is in memory, until it is packed.
    ///
    /// # Errors
    ///
    /// As [`Parameters::load`].
    #[cfg(feature = "std")]
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let file = checkpoint::open(path)?;
        Self::from_file(&*file).map_err(|error| error.in_file(path))
    }

    /// Reads what a safetensors file holds.
    ///
    /// # Errors
    ///
    /// As [`Parameters::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_file(&bytes)
    }

    fn from_file(file: &dyn Bytes) -> Result<Self, Error> {
        let packed = <N::Element as Sealed>::pack_file(N::INFO, N::pack, file)?;
        let packed = Arc::new(packed);
        Ok(Self { packed })
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
            values: &*parameters,
            packed: &mut packed,
        });
        let packed = Arc::new(packed);
        Ok(Self { packed })
    }
}

/// Packs the parameters of a file.
pub(crate) fn pack_file<E: Element>(
    info: &'static ModelInfo,
    pack: fn(&mut seam::Pack<'_, E>),
    file: &dyn Bytes,
) -> Result<Aligned<E>, Error> {
    isa::selected().map_err(Error::InstructionSet)?;
    let values = InFile::new(info, Checkpoint::parse(info, file, None)?);
    let mut packed = Aligned::zeroed(info.sizes.packed, "packed weights")?;
    pack(&mut seam::Pack {
        values: &values,
        packed: &mut packed,
    });
    values.finish()?;
    Ok(packed)
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
