//! The loops over the strips of a row and the vectors of a pixel.

/// Runs a body for the vectors of a pixel, `N` of them at a time: four while
/// there are four, then two, then one. What belongs to the channels (sums,
/// scales) stays in registers while the body walks the pixels.
///
/// `by_chunks!(vectors, first, N => body)`: `first` is the first vector of the
/// chunk, `N` a constant of the body.
macro_rules! by_chunks {
    ($vectors:expr, $first:ident, $n:ident => $body:expr) => {{
        let vectors: usize = $vectors;
        let mut $first = 0;
        while $first + 4 <= vectors {
            const $n: usize = 4;
            $body;
            $first += $n;
        }
        while $first + 2 <= vectors {
            const $n: usize = 2;
            $body;
            $first += $n;
        }
        while $first < vectors {
            const $n: usize = 1;
            $body;
            $first += $n;
        }
    }};
}

pub(super) use by_chunks;

/// Elements of a map that a strip holds, unless its pixels are large.
const STRIP_ELEMENTS: usize = 4096;

/// Pixels in a strip at least, for what is done once a strip to pay.
const STRIP_PIXELS: usize = 8;

/// Runs a body for the strips of a row: short enough that memory is walked in
/// order though each chunk of channels walks a strip of its own.
///
/// `by_strips!(extent, columns => body)`: `columns` is a range of pixels.
macro_rules! by_strips {
    ($extent:expr, $columns:ident => $body:expr) => {{
        let extent: Extent = $extent;
        let strip = super::chunks::strip_pixels(extent.channels);
        let mut column = 0;
        while column < extent.width {
            let end = extent.width.min(column + strip);
            let $columns = column..end;
            $body;
            column = end;
        }
    }};
}

pub(super) use by_strips;

#[inline(always)]
pub(super) fn strip_pixels(channels: usize) -> usize {
    (STRIP_ELEMENTS / channels).max(STRIP_PIXELS)
}
