//! A Winograd convolution, some rows at a time.

use core::ops::Range;

use super::{Weights, Winograd};
use crate::Element;
use crate::geometry::{Conv2d, Map};
use crate::kernels::{ConvKernels, Kernels};
use crate::ops::conv2d::Epilogue;
use crate::ops::conv2d_max_pool::ByRows;
use crate::seam::{Source, Target};

/// A Winograd convolution whose output is elsewhere for each of its strips.
pub(crate) struct WinogradByRows<'a, E: 'static> {
    kernels: &'static ConvKernels<E>,
    winograd: Winograd<'a, E>,
    workspace_len: usize,
}

impl<'a, E: Element> WinogradByRows<'a, E> {
    /// The convolution of these arguments, into maps like `map`.
    pub(crate) fn new(
        kernels: &'static Kernels<E>,
        m: usize,
        conv: &Conv2d,
        weights: Weights<'a, E>,
        input: Source<'a, E>,
        map: Map,
        epilogue: Epilogue<'a, E>,
    ) -> Self {
        let output = Target::elsewhere(map, input.batch, core::ptr::null_mut());
        Self {
            kernels: &kernels.conv,
            winograd: Winograd::new(kernels, m, conv, weights, input, output, epilogue),
            workspace_len: weights.workspace_len(conv, m),
        }
    }
}

impl<E: Element> ByRows<E> for WinogradByRows<'_, E> {
    fn map(&self) -> Map {
        self.winograd.output.map
    }

    fn work(&self) -> usize {
        self.winograd.work()
    }

    fn workspace_len(&self) -> usize {
        self.workspace_len
    }

    unsafe fn rows(&self, image: usize, rows: Range<usize>, output: *mut E, workspace: &mut [E]) {
        let Target { map, batch, .. } = self.winograd.output;
        let winograd = Winograd {
            output: Target::elsewhere(map, batch, output.wrapping_sub(image * map.len())),
            ..self.winograd
        };
        let panels = winograd.panels(self.kernels);
        let tiles = winograd.tiles.of_rows(image, rows);
        // SAFETY: the arguments were checked; the caller vouches for the rows.
        unsafe { winograd.blocks(self.kernels, tiles, 0..panels, workspace, &mut |_| ()) };
    }
}
