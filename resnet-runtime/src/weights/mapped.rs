//! Packed weights in a file that is part of the address space: nothing is
//! copied, all programs that use the file share its pages.

use core::marker::PhantomData;
use core::ops::Deref;
use std::fs::File;
use std::path::Path;

use memmap2::Mmap;

use super::packed;
use crate::geometry::PACKED_HEADER;
use crate::{Element, Error, ModelInfo};

/// The panels of a file.
pub(crate) struct Mapped<E> {
    file: Mmap,
    element: PhantomData<E>,
}

impl<E: Element> Mapped<E> {
    /// Maps and checks a file of packed weights; `None` where files can't be
    /// mapped.
    pub(super) fn open(info: &ModelInfo, path: &Path) -> Result<Option<Self>, Error> {
        let open = File::open(path).and_then(|file| {
            // SAFETY: the mapping is private and only read, any bytes are
            // elements, and no address or length is ever taken from them: who
            // writes to the file while it is mapped makes the numbers wrong,
            // and who cuts it off has the system end the program. That nobody
            // does can't be enforced. What writes such files here replaces
            // them whole, which leaves mapped ones as they are
            // (`write_atomically`), and `Weights::load` tells of it.
            unsafe { Mmap::map(&file) }
        });
        let Ok(file) = open else {
            return Ok(None);
        };
        packed::check::<E>(info, &file)?;
        let element = PhantomData;
        Ok(Some(Self { file, element }))
    }
}

impl<E: Element> Deref for Mapped<E> {
    type Target = [E];

    fn deref(&self) -> &[E] {
        packed::elements(&self.file[PACKED_HEADER..])
            .expect("mappings begin on a page, and the header is two cache lines")
    }
}
