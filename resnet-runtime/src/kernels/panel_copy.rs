//! Copies of some pixels, panel by panel of channels.
//!
//! The channels of a panel lie far apart in a map, each pixel in another page
//! where there are many channels. Side by side they stay in the nearest cache.

use super::vector::{Kernel, Vector};

/// Pixels, and where their panels go. Strides are in elements.
pub(crate) struct PanelCopy<E> {
    /// The first pixel's first channel.
    pub(crate) from: *const E,
    /// Of images, rows, pixels.
    pub(crate) strides: [usize; 3],
    /// Images, rows, pixels in a row.
    pub(crate) count: [usize; 3],
    /// Vectors of channels.
    pub(crate) vectors: usize,
    /// `[panel][pixel][2 * LANES]`.
    pub(crate) to: *mut E,
    /// From one panel to the next.
    pub(crate) panel: usize,
}

/// The kernel of [`PanelCopy`]. Needs pixels that can be read and panels that
/// can be written; the second vector of a last panel of one isn't.
pub(crate) struct CopyPanels;

impl<V: Vector> Kernel<V> for CopyPanels {
    type Args = PanelCopy<V::Element>;

    #[inline(always)]
    unsafe fn run(copy: &Self::Args) {
        let [images, rows, columns] = copy.count;
        let [by_image, by_row, by_pixel] = copy.strides;
        let mut to = copy.to;
        for image in 0..images {
            for row in 0..rows {
                let mut from = copy.from.wrapping_add(image * by_image + row * by_row);
                for _ in 0..columns {
                    // SAFETY: the caller vouches for the instructions and all
                    // addresses.
                    unsafe { pixel::<V>(from, copy.vectors, to, copy.panel) };
                    from = from.wrapping_add(by_pixel);
                    to = to.wrapping_add(2 * V::LANES);
                }
            }
        }
    }
}

/// One pixel.
///
/// # Safety
///
/// As for [`CopyPanels`].
#[inline(always)]
unsafe fn pixel<V: Vector>(
    mut from: *const V::Element,
    vectors: usize,
    mut to: *mut V::Element,
    panel: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for _ in 0..vectors / 2 {
            V::load(from).store(to);
            V::load(from.add(V::LANES)).store(to.add(V::LANES));
            from = from.wrapping_add(2 * V::LANES);
            to = to.wrapping_add(panel);
        }
        if vectors % 2 == 1 {
            V::load(from).store(to);
        }
    }
}
