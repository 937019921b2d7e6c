//! Pointers to pixels of one image, as kernels take them.

/// Pixels that are read.
#[derive(Clone, Copy)]
pub(crate) struct Pixels<E> {
    /// The first pixel of the first row.
    pub(crate) base: *const E,
    /// Elements from one row to the next.
    pub(crate) row: usize,
    /// Elements from one pixel to the next.
    pub(crate) pixel: usize,
}

/// Pixels that are written.
#[derive(Clone, Copy)]
pub(crate) struct PixelsMut<E> {
    /// The first pixel of the first row.
    pub(crate) base: *mut E,
    /// Elements from one row to the next.
    pub(crate) row: usize,
    /// Elements from one pixel to the next.
    pub(crate) pixel: usize,
}

impl<E> Pixels<E> {
    /// The pixel at a row and column, counted from the first.
    #[inline(always)]
    pub(crate) fn at(&self, row: usize, column: usize) -> *const E {
        self.base.wrapping_add(row * self.row + column * self.pixel)
    }
}

impl<E> PixelsMut<E> {
    /// The same pixels, to read.
    pub(crate) fn as_read(&self) -> Pixels<E> {
        Pixels {
            base: self.base,
            row: self.row,
            pixel: self.pixel,
        }
    }

    /// The pixel at a row and column, counted from the first.
    #[inline(always)]
    pub(crate) fn at(&self, row: usize, column: usize) -> *mut E {
        self.base.wrapping_add(row * self.row + column * self.pixel)
    }
}

/// The rows and columns that a kernel walks, and the channels of a pixel.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    /// Rows of pixels.
    pub(crate) rows: usize,
    /// Pixels in a row.
    pub(crate) width: usize,
    /// Elements of a pixel, whole channel blocks.
    pub(crate) channels: usize,
}
