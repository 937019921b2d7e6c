//! Values of parameters where weights are packed from.

use alloc::borrow::Cow;
use core::cell::RefCell;
use core::fmt;

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use super::Checkpoint;
use crate::parameters::memory_len;
use crate::{Element, Error, ModelInfo, Parameters};

/// Values as kernels train them, by their offsets.
pub(crate) trait Unpacked<E: Element>: fmt::Debug {
    /// Of a trained parameter.
    fn master(&self, offset: usize, len: usize) -> Cow<'_, [E]>;

    /// Of a running statistic.
    fn running(&self, offset: usize, len: usize) -> Cow<'_, [E]>;
}

impl<E: Element> Unpacked<E> for Parameters<E> {
    fn master(&self, offset: usize, len: usize) -> Cow<'_, [E]> {
        Cow::Borrowed(&self.master[offset..][..len])
    }

    fn running(&self, offset: usize, len: usize) -> Cow<'_, [E]> {
        Cow::Borrowed(&self.running[offset..][..len])
    }
}

/// Values of a file, of which each is in memory only while it is packed.
pub(crate) struct InFile<'a> {
    info: &'static ModelInfo,
    checkpoint: Checkpoint<'a>,
    /// Why the first tensor that couldn't be read couldn't.
    failure: RefCell<Option<Error>>,
}

impl<'a> InFile<'a> {
    pub(crate) fn new(info: &'static ModelInfo, checkpoint: Checkpoint<'a>) -> Self {
        let failure = RefCell::default();
        Self {
            info,
            checkpoint,
            failure,
        }
    }

    /// An error if anything couldn't be read: zeros stood in for it.
    pub(crate) fn finish(self) -> Result<(), Error> {
        self.failure.into_inner().map_or(Ok(()), Err)
    }

    fn read<E: Element>(&self, running: bool, offset: usize, len: usize) -> Cow<'static, [E]> {
        let mut parameters = self.info.parameters.iter();
        let parameter = parameters
            .find(|parameter| parameter.role.is_running() == running && parameter.offset == offset)
            .expect("the network packs its own parameters");
        let mut values = vec![E::ZERO; memory_len(parameter).max(len)];
        if let Err(error) = self.checkpoint.read(parameter, &mut values) {
            self.failure.borrow_mut().get_or_insert(error);
        }
        values.truncate(len);
        Cow::Owned(values)
    }
}

impl<E: Element> Unpacked<E> for InFile<'_> {
    fn master(&self, offset: usize, len: usize) -> Cow<'_, [E]> {
        self.read(false, offset, len)
    }

    fn running(&self, offset: usize, len: usize) -> Cow<'_, [E]> {
        self.read(true, offset, len)
    }
}

impl fmt::Debug for InFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "parameters of {} in a file", self.info.name)
    }
}

/// Parameters and running statistics, wherever they are.
#[cfg(test)]
impl<E: Element> Unpacked<E> for (&[E], &[E]) {
    fn master(&self, offset: usize, len: usize) -> Cow<'_, [E]> {
        Cow::Borrowed(&self.0[offset..][..len])
    }

    fn running(&self, offset: usize, len: usize) -> Cow<'_, [E]> {
        Cow::Borrowed(&self.1[offset..][..len])
    }
}
