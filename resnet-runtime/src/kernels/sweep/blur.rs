//! Weights of a blur over a mirrored map, forward and backward.

use super::weighted::Weights;
use crate::geometry::BlurPool;

/// A blur along one axis.
#[derive(Clone, Copy)]
pub(crate) struct Blur {
    taps: [f64; BlurPool::MOST_TAPS],
    kernel: usize,
    stride: usize,
    padding: usize,
    /// Places of the map that is blurred.
    len: usize,
    /// Pixels of the blurred map.
    blurred: usize,
    backward: bool,
}

impl Blur {
    /// From a map of `len` pixels to one of `blurred`, which must be what the
    /// sizes give.
    #[track_caller]
    pub(crate) fn new(sizes: &BlurPool, len: usize, blurred: usize, backward: bool) -> Self {
        let given = sizes.pixels(len);
        assert_eq!(given, Some(blurred), "{sizes:?} over {len} pixels");
        Self {
            taps: sizes.taps(),
            kernel: sizes.kernel,
            stride: sizes.stride,
            padding: sizes.padding(),
            len,
            blurred,
            backward,
        }
    }

    /// Where a place of the mirrored map comes from, counted from the first
    /// mirrored pixel.
    #[inline(always)]
    fn mirror(&self, place: usize) -> usize {
        match place.checked_sub(self.padding) {
            None => self.padding - place,
            Some(place) if place < self.len => place,
            Some(place) => 2 * (self.len - 1) - place,
        }
    }

    /// Whether a place has an image before the first pixel, and behind the
    /// last one.
    #[inline(always)]
    fn images(&self, place: usize) -> [bool; 2] {
        let end = self.len - 1;
        [
            place > 0 && place <= self.padding,
            place < end && end - place <= self.padding,
        ]
    }

    /// A pixel that reads `place` of the mirrored map through `tap`.
    #[inline(always)]
    fn reader(&self, place: usize, tap: usize) -> Option<usize> {
        let start = place.checked_sub(tap)?;
        // Divisions are slow, and small strides are common.
        let (pixel, rest) = match self.stride {
            1 => (start, 0),
            2 => (start / 2, start % 2),
            stride => (start / stride, start % stride),
        };
        (rest == 0 && pixel < self.blurred).then_some(pixel)
    }
}

impl Weights for Blur {
    #[inline(always)]
    fn pixels(&self) -> usize {
        if self.backward {
            self.len
        } else {
            self.blurred
        }
    }

    #[inline(always)]
    fn taps(&self, pixel: usize) -> usize {
        if self.backward {
            let [before, behind] = self.images(pixel);
            self.kernel * (1 + usize::from(before) + usize::from(behind))
        } else {
            self.kernel
        }
    }

    #[inline(always)]
    fn tap(&self, pixel: usize, tap: usize) -> Option<(usize, f64)> {
        if !self.backward {
            let place = self.mirror(pixel * self.stride + tap);
            return Some((place, self.taps[tap]));
        }
        // The pixel itself first, then its images.
        let [before, _] = self.images(pixel);
        let (place, tap) = if tap < self.kernel {
            (pixel + self.padding, tap)
        } else if before && tap < 2 * self.kernel {
            (self.padding - pixel, tap - self.kernel)
        } else {
            let others = if before { 2 } else { 1 };
            let image = 2 * (self.len - 1) - pixel;
            (image + self.padding, tap - others * self.kernel)
        };
        Some((self.reader(place, tap)?, self.taps[tap]))
    }
}
