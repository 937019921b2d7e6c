//! Weights of averages whose windows don't all divide by the same number.

use super::weighted::Weights;
use super::window::Axis;

/// The windows along one axis of an average.
#[derive(Clone, Copy)]
pub(crate) struct Means {
    pub(crate) axis: Axis,
    /// Whether padding counts; what hangs over the padding never does.
    pub(crate) count_padding: bool,
    /// False: a pixel is a window, made of the places under it. True: a pixel
    /// is a place, made of the windows that cover it.
    pub(crate) backward: bool,
}

impl Means {
    /// The share of each of a window's places.
    #[inline(always)]
    fn share(&self, window: usize) -> f64 {
        let Axis {
            kernel,
            stride,
            padding,
            behind,
            len,
            ..
        } = self.axis;
        let counted = if self.count_padding {
            let start = window * stride;
            (padding + len + behind).min(start + kernel) - start
        } else {
            self.axis.places(window).len()
        };
        1.0 / counted as f64
    }
}

impl Weights for Means {
    #[inline(always)]
    fn pixels(&self) -> usize {
        if self.backward {
            self.axis.len
        } else {
            self.axis.windows
        }
    }

    #[inline(always)]
    fn taps(&self, pixel: usize) -> usize {
        if self.backward {
            self.axis.windows(pixel).len()
        } else {
            self.axis.places(pixel).len()
        }
    }

    #[inline(always)]
    fn tap(&self, pixel: usize, tap: usize) -> Option<(usize, f64)> {
        Some(if self.backward {
            let window = self.axis.windows(pixel).start + tap;
            (window, self.share(window))
        } else {
            (self.axis.places(pixel).start + tap, self.share(pixel))
        })
    }
}
