//! Where a file's bytes are: in memory already, or still on the disk.

#[cfg(feature = "std")]
use std::fs::{self, File};
#[cfg(feature = "std")]
use std::io::{self, Read, Seek, SeekFrom};
#[cfg(feature = "std")]
use std::path::{Path, PathBuf};

use crate::Error;

/// Bytes that are read piece by piece.
pub trait Bytes {
    /// How many there are.
    fn len(&self) -> usize;

    /// Fills `into` with the bytes from `at` on, which must be there.
    fn read(&self, at: usize, into: &mut [u8]) -> Result<(), Error>;
}

impl Bytes for &[u8] {
    fn len(&self) -> usize {
        (**self).len()
    }

    fn read(&self, at: usize, into: &mut [u8]) -> Result<(), Error> {
        into.copy_from_slice(&self[at..][..into.len()]);
        Ok(())
    }
}

/// A file on the disk.
#[cfg(feature = "std")]
struct OnDisk {
    file: File,
    len: usize,
    path: PathBuf,
}

#[cfg(feature = "std")]
impl Bytes for OnDisk {
    fn len(&self) -> usize {
        self.len
    }

    fn read(&self, at: usize, into: &mut [u8]) -> Result<(), Error> {
        let mut read = |mut file: &File| {
            file.seek(SeekFrom::Start(at as u64))?;
            file.read_exact(into)
        };
        read(&self.file).map_err(|source| refused(&self.path, source))
    }
}

/// What was read whole: pipes don't tell their length.
#[cfg(feature = "std")]
impl Bytes for Vec<u8> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn read(&self, at: usize, into: &mut [u8]) -> Result<(), Error> {
        self.as_slice().read(at, into)
    }
}

/// Opens a file.
#[cfg(feature = "std")]
pub(crate) fn open(path: &Path) -> Result<Box<dyn Bytes>, Error> {
    let open = || -> io::Result<Box<dyn Bytes>> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let len = usize::try_from(metadata.len()).unwrap_or_default();
        if !metadata.is_file() || len == 0 {
            return Ok(Box::new(fs::read(path)?));
        }
        let path = path.to_owned();
        Ok(Box::new(OnDisk { file, len, path }))
    };
    open().map_err(|source| refused(path, source))
}

#[cfg(feature = "std")]
fn refused(path: &Path, source: io::Error) -> Error {
    let path = path.to_owned();
    Error::File { path, source }
}
