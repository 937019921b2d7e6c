//! Which places of one axis a window covers, forward and backward.

use core::ops::Range;

/// The windows along one axis of a pooling operator.
#[derive(Clone, Copy)]
pub(crate) struct Axis {
    /// Places in a window.
    pub(crate) kernel: usize,
    /// Places from one window to the next.
    pub(crate) stride: usize,
    /// Places before the first one inside the map.
    pub(crate) padding: usize,
    /// Places of padding behind the last one inside the map.
    pub(crate) behind: usize,
    /// Places of the map that the windows lie on.
    pub(crate) len: usize,
    /// Windows.
    pub(crate) windows: usize,
}

impl Axis {
    /// The places inside the map that a window covers.
    #[inline(always)]
    pub(crate) fn places(&self, window: usize) -> Range<usize> {
        let start = window * self.stride;
        let inside = |place: usize| place.saturating_sub(self.padding).min(self.len);
        inside(start)..inside(start + self.kernel)
    }

    /// The windows that cover a place inside the map; perhaps none.
    #[inline(always)]
    pub(crate) fn windows(&self, place: usize) -> Range<usize> {
        let place = place + self.padding;
        let first = (place + 1).saturating_sub(self.kernel);
        // Divisions are slow, and small strides are common.
        let (start, last) = match self.stride {
            1 => (first, place),
            2 => (first.div_ceil(2), place / 2),
            stride => (first.div_ceil(stride), place / stride),
        };
        let end = (last + 1).min(self.windows);
        start.min(end)..end
    }

    /// The same windows where only some places are there, counted from the
    /// first of them.
    pub(crate) fn within(self, places: Range<usize>) -> Self {
        Self {
            padding: self.padding + places.start,
            len: places.len(),
            ..self
        }
    }

    /// How many windows cover no place from `place` on.
    pub(crate) fn ended_before(&self, place: usize) -> usize {
        if place >= self.len {
            return self.windows;
        }
        let fits = (place + self.padding).checked_sub(self.kernel);
        fits.map_or(0, |last| self.windows.min(last / self.stride + 1))
    }

    /// How many windows begin before a place.
    pub(crate) fn begun_before(&self, place: usize) -> usize {
        self.windows
            .min((place + self.padding).div_ceil(self.stride))
    }
}
