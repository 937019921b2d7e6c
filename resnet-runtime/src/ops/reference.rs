//! Plain loops in `f64` over logical NCHW arrays: what kernels are compared
//! with.

use crate::Element;
use crate::geometry::{Buffer, CHANNEL_BLOCK, Conv2d, Map, round_up};

/// A sum, and the sum of its terms' magnitudes, which bounds its error.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    pub(crate) value: f64,
    pub(crate) magnitude: f64,
}

impl Sum {
    /// Adds one term.
    pub(crate) fn add(&mut self, term: f64) {
        self.value += term;
        self.magnitude += term.abs();
    }

    /// Asserts that `actual` is this sum but for rounding.
    pub(crate) fn assert_near<E: Element>(&self, actual: E, what: &dyn core::fmt::Debug) {
        let tolerance = if size_of::<E>() == 4 { 1e-5 } else { 1e-13 };
        let difference = (actual.to_f64() - self.value).abs();
        assert!(
            difference <= tolerance * self.magnitude.max(1e-3),
            "{actual} where {} was expected: {what:?}",
            self.value
        );
    }
}

/// Calls `product(output, input, weight)` with the indices of every product
/// of a convolution of `[images, height, width]`. Weights are
/// `[out][in / groups][kernel_h][kernel_w]`.
pub(crate) fn products(
    conv: &Conv2d,
    [images, height, width]: [usize; 3],
    mut product: impl FnMut(usize, usize, usize),
) {
    let [out_h, out_w] = output_size(conv, [height, width]);
    let [kernel_h, kernel_w] = conv.kernel;
    // Walks an axis: (output place, kernel place, input place).
    let axis = |axis: usize, out: usize, len: usize| {
        let places = (0..out).flat_map(move |o| (0..conv.kernel[axis]).map(move |k| (o, k)));
        let inside = places.filter_map(move |(o, k)| {
            let padded = o * conv.stride[axis] + k * conv.dilation[axis];
            let place = padded.checked_sub(conv.padding[axis])?;
            (place < len).then_some((o, k, place))
        });
        inside.collect::<Vec<_>>()
    };
    let (rows, columns) = (axis(0, out_h, height), axis(1, out_w, width));
    let seen = conv.in_channels / conv.groups;
    for n in 0..images {
        for oc in 0..conv.out_channels {
            let group = oc / (conv.out_channels / conv.groups);
            for place in 0..seen {
                let ic = group * seen + place;
                for &(oh, kh, ih) in &rows {
                    for &(ow, kw, iw) in &columns {
                        product(
                            ((n * conv.out_channels + oc) * out_h + oh) * out_w + ow,
                            ((n * conv.in_channels + ic) * height + ih) * width + iw,
                            ((oc * seen + place) * kernel_h + kh) * kernel_w + kw,
                        );
                    }
                }
            }
        }
    }
}

/// Height and width of a convolution's output.
pub(crate) fn output_size(conv: &Conv2d, size: [usize; 2]) -> [usize; 2] {
    core::array::from_fn(|axis| {
        (size[axis] + 2 * conv.padding[axis] - conv.reach(axis)) / conv.stride[axis] + 1
    })
}

/// A weight from `[out][in / groups][kernel_h][kernel_w]` to training layout.
pub(crate) fn to_master<E: Element>(conv: &Conv2d, weight: &[E]) -> Vec<E> {
    let mut master = vec![E::ZERO; conv.master_len()];
    for (index, &value) in weight.iter().enumerate() {
        master[master_index(conv, index)] = value;
    }
    master
}

/// Where training layout holds element `index` of
/// `[out][in / groups][kernel_h][kernel_w]`.
pub(crate) fn master_index(conv: &Conv2d, index: usize) -> usize {
    let taps = conv.kernel[0] * conv.kernel[1];
    let seen = conv.in_channels / conv.groups;
    let (oc, ic, tap) = (index / taps / seen, index / taps % seen, index % taps);
    (tap * seen + ic) * round_up(conv.out_channels, CHANNEL_BLOCK) + oc
}

/// Calls `element(logical, offset)` for the whole blocks of channels of a
/// batch, halo included: the NCHW index, or `None` in halo and padding, and
/// the offset from the first image.
fn elements(map: &Map, batch: usize, mut element: impl FnMut(Option<usize>, usize)) {
    let channels = round_up(map.channels, CHANNEL_BLOCK).min(map.channel_stride);
    let (rows, columns) = (map.height + 2 * map.halo, map.width + 2 * map.halo);
    for n in 0..batch {
        for row in 0..rows {
            for column in 0..columns {
                for c in 0..channels {
                    let h = row.checked_sub(map.halo).filter(|&h| h < map.height);
                    let w = column.checked_sub(map.halo).filter(|&w| w < map.width);
                    let logical = (c < map.channels).then_some(()).and(h).zip(w);
                    let logical = logical
                        .map(|(h, w)| ((n * map.channels + c) * map.height + h) * map.width + w);
                    let offset =
                        n * map.len() + row * map.row_stride() + column * map.channel_stride;
                    element(logical, offset + c);
                }
            }
        }
    }
}

/// Writes NCHW values to a buffer, with the zeros around them.
pub(crate) fn put<E: Element>(arena: &mut [E], buffer: Buffer, limit: usize, values: &[E]) {
    let batch = values.len() / (buffer.map.channels * buffer.map.height * buffer.map.width);
    elements(&buffer.map, batch, |logical, at| {
        arena[buffer.offset * limit + at] = logical.map_or(E::ZERO, |index| values[index]);
    });
}

/// Reads NCHW values from a buffer, and asserts the zeros around them.
pub(crate) fn get<E: Element>(arena: &[E], buffer: Buffer, limit: usize, batch: usize) -> Vec<E> {
    let map = buffer.map;
    let mut values = vec![E::ZERO; batch * map.channels * map.height * map.width];
    elements(&map, batch, |logical, at| {
        let value = arena[buffer.offset * limit + at];
        match logical {
            Some(index) => values[index] = value,
            None => assert!(value == E::ZERO, "{value} in halo or padding of {map:?}"),
        }
    });
    values
}

/// Numbers that look random, the same every time.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    /// Below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // Knuth's MMIX generator; the high bits are the good ones.
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % bound
    }

    /// One of a list.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Values in -1..1 that `f32` holds exactly.
    pub(crate) fn values<E: Element>(&mut self, len: usize) -> Vec<E> {
        let value = |_| E::from_f64(self.below(1 << 16) as f64 / f64::from(1 << 15) - 1.0);
        (0..len).map(value).collect()
    }
}
