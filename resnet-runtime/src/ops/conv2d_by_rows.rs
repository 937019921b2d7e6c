//! A direct convolution, some rows at a time.

use core::ops::Range;

use super::conv2d::{Epilogue, checked};
use super::conv2d_max_pool::ByRows;
use super::direct::Direct;
use crate::Element;
use crate::geometry::{Conv2d, Map};
use crate::kernels::{ConvKernels, Kernels};
use crate::seam::{Source, Target};

/// A direct convolution whose output is elsewhere for each of its strips.
pub(crate) struct DirectByRows<E: 'static> {
    kernels: &'static ConvKernels<E>,
    direct: Direct<E>,
    map: Map,
}

impl<E: Element> DirectByRows<E> {
    /// The convolution of these arguments, into maps like `map`; nothing for no
    /// images.
    pub(crate) fn new(
        kernels: &'static Kernels<E>,
        conv: &Conv2d,
        panels: &[E],
        input: &Source<'_, E>,
        map: Map,
        epilogue: Epilogue<'_, E>,
    ) -> Option<Self> {
        assert!(
            !conv.forward_groups().is_narrow(),
            "narrow groups: {conv:?}"
        );
        let output = Target::elsewhere(map, input.batch, core::ptr::null_mut());
        let mut direct = checked(kernels, conv, panels, input, &output, epilogue)?;
        // One image after another lies in the same place.
        direct.extent.strides[2][0] = 0;
        Some(Self {
            kernels: &kernels.conv,
            direct,
            map,
        })
    }
}

impl<E: Element> ByRows<E> for DirectByRows<E> {
    fn map(&self) -> Map {
        self.map
    }

    fn work(&self) -> usize {
        self.direct.work()
    }

    fn workspace_len(&self) -> usize {
        0
    }

    unsafe fn rows(&self, image: usize, rows: Range<usize>, output: *mut E, _: &mut [E]) {
        let direct = Direct {
            output,
            ..self.direct
        };
        // SAFETY: the arguments were checked; the caller vouches for the rows,
        // which begin at an even one.
        unsafe { direct.rows(self.kernels, image, &rows) };
    }
}
