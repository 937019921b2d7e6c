//! The loop over the vectors of a pixel.

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
