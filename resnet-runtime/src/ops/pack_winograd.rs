//! Weights to Winograd's frequencies.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use crate::Element;
use crate::geometry::{CHANNEL_BLOCK, Conv2d, round_up};

/// `G` of `F(2x2, 3x3)`.
const G2: [[f64; 3]; 4] = [
    [1.0, 0.0, 0.0],
    [0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5],
    [0.0, 0.0, 1.0],
];

/// `G` of `F(4x4, 3x3)`.
const G4: [[f64; 3]; 6] = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

/// `G` of `F(4x4, 2x2)`.
const G4_OF_2: [[f64; 2]; 5] = [
    [-1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 12.0, 1.0 / 6.0],
    [-1.0 / 12.0, 1.0 / 6.0],
    [0.0, 1.0],
];

/// `G` of `F(4x4, 4x4)`.
const G4_OF_4: [[f64; 4]; 7] = [
    [-2.0 / 9.0, -2.0 / 9.0, -2.0 / 9.0, -2.0 / 9.0],
    [2.0 / 9.0, -2.0 / 9.0, 2.0 / 9.0, -2.0 / 9.0],
    [1.0 / 45.0, 2.0 / 45.0, 4.0 / 45.0, 8.0 / 45.0],
    [-1.0 / 45.0, 2.0 / 45.0, -4.0 / 45.0, 8.0 / 45.0],
    [16.0 / 45.0, 8.0 / 45.0, 4.0 / 45.0, 2.0 / 45.0],
    [-16.0 / 45.0, 8.0 / 45.0, -4.0 / 45.0, 2.0 / 45.0],
    [0.0, 0.0, 0.0, 1.0],
];

/// Packs `G g G^T`, `[out / panel][frequency][phase][in][panel]`, for tiles of
/// `m x m` pixels, each output channel scaled by a factor of its own; computed
/// in `f64` and rounded once.
pub(crate) fn pack_winograd<E: Element>(
    panel: usize,
    m: usize,
    conv: &Conv2d,
    master: &[E],
    scale: impl Fn(usize) -> f64,
    packed: &mut [E],
) {
    assert!(
        conv.suits_winograd() || conv.suits_winograd_phases() && m == 4,
        "no Winograd convolution: {conv:?} by tiles of {m}"
    );
    match conv.winograd_side(m) {
        4 => pack(panel, &G2, conv, master, scale, packed),
        5 => pack(panel, &G4_OF_2, conv, master, scale, packed),
        6 => pack(panel, &G4, conv, master, scale, packed),
        _ => pack(panel, &G4_OF_4, conv, master, scale, packed),
    }
}

/// The same by a matrix `G` for so many taps of a phase.
fn pack<E: Element, const TAPS: usize>(
    panel: usize,
    g: &[[f64; TAPS]],
    conv: &Conv2d,
    master: &[E],
    scale: impl Fn(usize) -> f64,
    packed: &mut [E],
) {
    let ([kernel, _], [stride, _]) = (conv.kernel, conv.stride);
    let (channels, depth) = (conv.in_channels, conv.winograd_depth());
    let block = round_up(conv.out_channels, CHANNEL_BLOCK);
    let panels = block.div_ceil(panel);
    let frequencies = g.len() * g.len();
    let packed = &mut packed[..panels * frequencies * depth * panel];
    packed.fill(E::ZERO);
    let scales: Vec<f64> = (0..conv.out_channels).map(scale).collect();
    for (index, packed) in packed
        .chunks_exact_mut(frequencies * depth * panel)
        .enumerate()
    {
        for place in 0..depth {
            let (phase, channel) = (place / channels, place % channels);
            let [first_row, first_column] = [phase / stride, phase % stride];
            let outputs = scales.iter().enumerate().skip(index * panel).take(panel);
            for (lane, (output, scale)) in outputs.enumerate() {
                let tap = |row: usize, column: usize| {
                    let (row, column) = (row * stride + first_row, column * stride + first_column);
                    if row >= kernel || column >= kernel {
                        return 0.0;
                    }
                    let at = (row * kernel + column) * channels + channel;
                    E::to_f64(master[at * block + output]) * scale
                };
                for (row, by_row) in g.iter().enumerate() {
                    let half: [f64; TAPS] = core::array::from_fn(|column| {
                        (0..TAPS)
                            .map(|tap_row| by_row[tap_row] * tap(tap_row, column))
                            .sum()
                    });
                    for (column, by_column) in g.iter().enumerate() {
                        let sum = half.iter().zip(by_column).map(|(a, b)| a * b).sum();
                        let frequency = row * g.len() + column;
                        packed[(frequency * depth + place) * panel + lane] = E::from_f64(sum);
                    }
                }
            }
        }
    }
}
