//! Buffers that start on a cache line.

use ::alloc::alloc::{self, Layout};
use core::fmt;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;
use core::slice;

use crate::{Element, Error};

/// Bytes of a cache line, and of the widest vector.
const ALIGNMENT: usize = 64;

/// Bytes of a huge page; buffers of this size and more ask for such pages.
const HUGE_PAGE: usize = 2 << 20;

/// Bytes behind large buffers that are there too. Kernels ask early for what
/// comes next, at the end of a buffer too, and asking for a page that isn't
/// there takes some processors as long as many products.
const BEHIND: usize = 16 << 10;

/// A slice of a fixed length whose first element lies on a 64-byte boundary,
/// so that vectors of whole blocks never straddle cache lines.
pub struct Aligned<E> {
    start: NonNull<E>,
    len: usize,
}

impl<E: Element> Aligned<E> {
    /// `len` zeros. `what` they are for goes into the error.
    pub(crate) fn zeroed(len: usize, what: &'static str) -> Result<Self, Error> {
        let refused = || Error::Memory {
            what,
            bytes: len as u128 * size_of::<E>() as u128,
        };
        if len == 0 {
            let start = NonNull::dangling();
            return Ok(Self { start, len });
        }
        let layout = layout::<E>(len).ok_or_else(refused)?;
        // SAFETY: the layout's size is not zero, as neither `len` nor the size
        // of an element is.
        let start = unsafe { alloc::alloc(layout) };
        let start = NonNull::new(start.cast()).ok_or_else(refused)?;
        if layout.size() >= HUGE_PAGE {
            advise_huge_pages(start.cast(), layout.size());
        }
        // SAFETY: so many bytes were allocated. All-zero bytes are `0.0` in
        // `f32` and `f64`, the only elements.
        unsafe { start.cast::<u8>().write_bytes(0, layout.size()) };
        Ok(Self { start, len })
    }
}

/// The layout of `len` elements, if that many can be addressed, and of what is
/// behind them.
fn layout<E>(len: usize) -> Option<Layout> {
    let layout = Layout::array::<E>(len).ok()?;
    if layout.size() < HUGE_PAGE {
        return layout.align_to(ALIGNMENT).ok();
    }
    Layout::from_size_align(layout.size().checked_add(BEHIND)?, HUGE_PAGE).ok()
}

/// Asks for huge pages before memory is first touched: weights and maps are
/// read at strides that small pages make slow (address translations, and
/// hardware prefetchers stop at a page's end).
#[cfg(all(feature = "std", target_os = "linux"))]
fn advise_huge_pages(start: NonNull<u8>, bytes: usize) {
    use core::ffi::{c_int, c_void};
    // The C library that the standard library itself is linked with.
    unsafe extern "C" {
        fn madvise(address: *mut c_void, length: usize, advice: c_int) -> c_int;
    }
    const MADV_HUGEPAGE: c_int = 14;
    // SAFETY: advice about how to back whole pages of an allocation of ours;
    // it changes no content. Should the system refuse, pages stay small.
    unsafe { madvise(start.as_ptr().cast(), bytes, MADV_HUGEPAGE) };
}

#[cfg(not(all(feature = "std", target_os = "linux")))]
fn advise_huge_pages(_: NonNull<u8>, _: usize) {}

impl<E> Drop for Aligned<E> {
    fn drop(&mut self) {
        if self.len > 0 {
            let layout = layout::<E>(self.len).expect("it was allocated with this layout");
            // SAFETY: `start` came from `alloc_zeroed` with the same layout, and
            // is freed only here.
            unsafe { alloc::dealloc(self.start.as_ptr().cast(), layout) };
        }
    }
}

impl<E> Deref for Aligned<E> {
    type Target = [E];

    fn deref(&self) -> &[E] {
        // SAFETY: `start` points to `len` initialised elements that this value
        // owns (or dangles, aligned, with a length of zero).
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl<E> DerefMut for Aligned<E> {
    fn deref_mut(&mut self) -> &mut [E] {
        // SAFETY: as in `deref`, and `&mut self` makes the access unique.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl<E: Element> Clone for Aligned<E> {
    /// # Panics
    ///
    /// When there is no memory.
    fn clone(&self) -> Self {
        let mut copy = Self::zeroed(self.len, "a copy").unwrap_or_else(|error| panic!("{error}"));
        copy.copy_from_slice(self);
        copy
    }
}

impl<E> fmt::Debug for Aligned<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} elements]", self.len)
    }
}

// SAFETY: an `Aligned` owns its elements, as a `Box<[E]>` does.
unsafe impl<E: Send> Send for Aligned<E> {}
// SAFETY: as above; shared access gives out shared references alone.
unsafe impl<E: Sync> Sync for Aligned<E> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligned_and_zero() {
        for len in [0, 1, 15, 16, 1000, HUGE_PAGE / 4] {
            let mut buffer = Aligned::<f32>::zeroed(len, "a test").unwrap();
            assert_eq!(buffer.len(), len);
            assert!(len == 0 || buffer.as_ptr().addr().is_multiple_of(ALIGNMENT));
            assert!(buffer.iter().all(|&x| x == 0.0));
            buffer.fill(3.0);
            assert!(buffer.clone().iter().all(|&x| x == 3.0));
        }
    }

    #[test]
    fn too_large() {
        let error = Aligned::<f64>::zeroed(usize::MAX / 8, "a test").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("no memory for a test: 18446744073709551608 bytes")
        );
    }
}
