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

/// Packs `G g G^T`, `[out / panel][frequency][in][panel]`, for tiles of
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
    assert!(conv.suits_winograd(), "no Winograd convolution: {conv:?}");
    let g: &[[f64; 3]] = if m == 2 { &G2 } else { &G4 };
    let depth = conv.in_channels;
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
        for channel in 0..depth {
            let outputs = scales.iter().enumerate().skip(index * panel).take(panel);
            for (lane, (output, scale)) in outputs.enumerate() {
                let tap = |row: usize, column: usize| {
                    let at = (row * 3 + column) * depth + channel;
                    E::to_f64(master[at * block + output]) * scale
                };
                for (row, by_row) in g.iter().enumerate() {
                    let half: [f64; 3] = core::array::from_fn(|column| {
                        (0..3)
                            .map(|tap_row| by_row[tap_row] * tap(tap_row, column))
                            .sum()
                    });
                    for (column, by_column) in g.iter().enumerate() {
                        let sum = half.iter().zip(by_column).map(|(a, b)| a * b).sum();
                        let frequency = row * g.len() + column;
                        packed[(frequency * depth + channel) * panel + lane] = E::from_f64(sum);
                    }
                }
            }
        }
    }
}
