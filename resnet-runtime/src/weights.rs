//! Weights packed for inference.

#[cfg(feature = "std")]
mod mapped;
pub(crate) mod packed;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;
#[cfg(feature = "std")]
use std::path::Path;

use crate::aligned::Aligned;
#[cfg(feature = "std")]
use crate::checkpoint;
use crate::checkpoint::{Bytes, Checkpoint, InFile};
use crate::element::sealed::Sealed;
use crate::geometry::PACKED_HEADER;
use crate::kernels::isa;
use crate::{Element, Embedded, Error, ModelInfo, Network, Parameters, seam};
#[cfg(feature = "std")]
use mapped::Mapped;

/// A network's weights, batch norms folded into them, packed for inference.
///
/// They are immutable; clones, and all models made from them, share one copy.
pub struct Weights<N: Network> {
    pub(crate) packed: Arc<Packed<N::Element>>,
}

/// Where packed weights are.
pub(crate) enum Packed<E: 'static> {
    Owned(Aligned<E>),
    /// In the program itself.
    InPlace(&'static [E]),
    /// In a file.
    #[cfg(feature = "std")]
    Mapped(Mapped<E>),
}

impl<E: Element> Deref for Packed<E> {
    type Target = [E];

    fn deref(&self) -> &[E] {
        match self {
            Self::Owned(packed) => packed,
            Self::InPlace(packed) => packed,
            #[cfg(feature = "std")]
            Self::Mapped(packed) => packed,
        }
    }
}

impl<N: Network> Weights<N> {
    /// Reads a safetensors file; see [`Parameters::load`]. Of the parameters
    /// only one at a time is in memory, until it is packed. Or maps a file of
    /// packed weights, as [`to_packed_bytes`](Self::to_packed_bytes) gives it,
    /// into memory.
    ///
    /// A mapped file must stay as it is while the weights are in use: what is
    /// written to it changes what is computed, and a program that uses a file
    /// that was cut off is ended by the system. Who can't rule that out reads
    /// it into [`from_bytes`](Self::from_bytes). Another file of the same name,
    /// as [`write_atomically`](crate::write_atomically) makes it, does no harm.
    ///
    /// # Errors
    ///
    /// As [`Parameters::load`], and as [`from_static`](Self::from_static).
    #[cfg(feature = "std")]
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let file = checkpoint::open(path)?;
        let load = || {
            if packed::is_packed(&*file)?
                && let Some(packed) = Mapped::open(N::INFO, path)?
            {
                return Ok(Self::of(Packed::Mapped(packed)));
            }
            Self::from_file(&*file)
        };
        load().map_err(|error: Error| error.in_file(path))
    }

    /// Reads what such a file holds.
    ///
    /// # Errors
    ///
    /// As [`Parameters::from_bytes`], and as [`from_static`](Self::from_static).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_file(&bytes)
    }

    fn from_file(file: &dyn Bytes) -> Result<Self, Error> {
        let packed = <N::Element as Sealed>::pack_file(N::INFO, N::pack, file)?;
        Ok(Self::of(Packed::Owned(packed)))
    }

    /// The same of a file that stays in memory as long as the program runs:
    /// packed weights that begin on a boundary of 64 bytes are used where they
    /// are, and take no memory of their own.
    ///
    /// # Errors
    ///
    /// As [`from_bytes`](Self::from_bytes). Packed weights are refused by
    /// [`Error::Format`] when they are another spec's or another instruction
    /// set's, were packed for other algorithms, or are damaged.
    pub fn from_static(bytes: &'static [u8]) -> Result<Self, Error> {
        if packed::is_packed(&bytes)?
            && let Some((_, panels)) = bytes.split_at_checked(PACKED_HEADER)
            && let Some(packed) = packed::elements(panels)
        {
            packed::check::<N::Element>(N::INFO, bytes)?;
            return Ok(Self::of(Packed::InPlace(packed)));
        }
        Self::from_bytes(bytes)
    }

    /// A file of these weights as they are, for this instruction set: reading
    /// it takes no packing, and in a program it takes no memory.
    pub fn to_packed_bytes(&self) -> Vec<u8> {
        packed::to_bytes(N::INFO, &self.packed)
    }

    fn of(packed: Packed<N::Element>) -> Self {
        let packed = Arc::new(packed);
        Self { packed }
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
        Ok(Self::of(Packed::Owned(packed)))
    }
}

/// Packs the parameters of a file, or reads what is packed.
pub(crate) fn pack_file<E: Element>(
    info: &'static ModelInfo,
    pack: fn(&mut seam::Pack<'_, E>),
    file: &dyn Bytes,
) -> Result<Aligned<E>, Error> {
    if packed::is_packed(file)? {
        return packed::read(info, file);
    }
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
    /// `resnet!("...", weights = "...")`: packs them anew at each call, unless
    /// they are packed already.
    ///
    /// # Errors
    ///
    /// [`Error::InstructionSet`] and [`Error::Memory`], and of packed weights
    /// as [`from_static`](Self::from_static); otherwise the file was checked
    /// while the program was compiled.
    pub fn embedded() -> Result<Self, Error> {
        Self::from_static(N::WEIGHTS)
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
