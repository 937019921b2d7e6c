//! The numbers that the recorded references were made from.
//!
//! Weights, images and labels of every fixture follow from a seed, so that only
//! results are stored. `formula.py` holds the same formula; both pin the same
//! values, and `README.md` states it in words.
//!
//! All arithmetic is in f64 with operations that IEEE 754 rounds correctly
//! (no fused multiply-add), rounded once to f32 at the end.

/// Increment of splitmix64: 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Factor of a block's last norm weight, in nets that ask for it.
const LAST_NORM_SCALE: f64 = 0.3;

/// Signed sums that stand for a large gradient.
pub(crate) const PROJECTIONS: usize = 64;

/// What a tensor is, and so the range of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Weight of a convolution or of the linear layer: `v * sqrt(6 / fan_in)`.
    Weight,
    /// Weight of a batch norm: `1 + v / 2`.
    NormWeight,
    /// Weight of a block's last batch norm, in nets that scale it: `(1 + v / 2) * 0.3`.
    LastNormWeight,
    /// Bias of a batch norm or of the linear layer: `v / 4`.
    Bias,
    /// Running mean: `v / 4`.
    RunningMean,
    /// Running variance: `2 + v`.
    RunningVar,
    /// Image: `2 * v`.
    Image,
}

impl Role {
    /// Role of the tensor of this torchvision name and shape.
    ///
    /// `scaled_norm` is the fixture's metadata of that name: `bn2` or `bn3` where
    /// the last norm of every block is scaled, otherwise empty.
    pub(crate) fn of(name: &str, shape: &[usize], scaled_norm: &str) -> Self {
        let mut parts = name.rsplit('.');
        let (last, owner) = (parts.next(), parts.next());
        match last {
            Some("running_mean") => Self::RunningMean,
            Some("running_var") => Self::RunningVar,
            Some("bias") => Self::Bias,
            _ if shape.len() > 1 => Self::Weight,
            _ if !scaled_norm.is_empty() && owner == Some(scaled_norm) => Self::LastNormWeight,
            _ => Self::NormWeight,
        }
    }

    /// Value of this role from `v` in [-1, 1).
    fn value(self, v: f64, shape: &[usize]) -> f32 {
        let value = match self {
            Self::Weight => {
                let fan_in: usize = shape[1..].iter().product();
                v * (6.0 / fan_in as f64).sqrt()
            }
            Self::NormWeight => 1.0 + 0.5 * v,
            Self::LastNormWeight => (1.0 + 0.5 * v) * LAST_NORM_SCALE,
            Self::Bias | Self::RunningMean => 0.25 * v,
            Self::RunningVar => 2.0 + v,
            Self::Image => 2.0 * v,
        };
        value as f32
    }
}

/// The pseudo-random words of one named tensor: splitmix64 from a key of its
/// name and the seed.
#[derive(Clone, Copy)]
pub(crate) struct Words(u64);

impl Words {
    /// Words of the tensor `name` under `seed`.
    pub(crate) fn new(name: &str, seed: u64) -> Self {
        // FNV-1a, 64 bits.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self(mix(hash.wrapping_add(seed.wrapping_mul(GOLDEN))))
    }

    /// Word of one element.
    pub(crate) fn at(self, index: usize) -> u64 {
        let steps = (index as u64).wrapping_add(1);
        mix(self.0.wrapping_add(steps.wrapping_mul(GOLDEN)))
    }
}

/// The finaliser of splitmix64.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A word's upper 24 bits as a number in [-1, 1): exact in f32 and in f64.
pub(crate) fn value(word: u64) -> f64 {
    (word >> 40) as f64 / 8_388_608.0 - 1.0
}

/// All values of one tensor, in row-major order of its shape.
pub(crate) fn fill(name: &str, role: Role, shape: &[usize], seed: u64) -> Vec<f32> {
    let words = Words::new(name, seed);
    let len = shape.iter().product();
    (0..len)
        .map(|i| role.value(value(words.at(i)), shape))
        .collect()
}

/// Images `[batch, channels, height, width]`.
pub(crate) fn images(shape: &[usize], seed: u64) -> Vec<f32> {
    fill("x", Role::Image, shape, seed)
}

/// Labels of a batch.
pub(crate) fn labels(batch: usize, classes: usize, seed: u64) -> Vec<usize> {
    let words = Words::new("labels", seed);
    (0..batch)
        .map(|i| (words.at(i) % classes as u64) as usize)
        .collect()
}

/// Projection `k` of a tensor: the sum of its elements, each with the sign that
/// bit `k` of its word of the tensor `projection` gives (0 is plus), divided by 8.
///
/// Their squares add up to about the tensor's own sum of squares, and so the
/// relative L2 error of projections estimates that of the tensor.
pub(crate) fn project(tensor: &[f32]) -> [f64; PROJECTIONS] {
    let words = Words::new("projection", 0);
    let mut sums = [0.0; PROJECTIONS];
    for (i, &element) in tensor.iter().enumerate() {
        let word = words.at(i);
        for (k, sum) in sums.iter_mut().enumerate() {
            let element = f64::from(element);
            *sum += if (word >> k) & 1 == 0 {
                element
            } else {
                -element
            };
        }
    }
    sums.map(|sum| sum / 8.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same pins stand in `formula.py`.
    #[test]
    fn agrees_with_python() {
        let words = Words::new("conv1.weight", 7);
        assert_eq!(
            [words.at(0), words.at(1)],
            [0x572ef5517b0941b1, 0x5e8e2cbf1fce55aa]
        );
        let named = |name: &str, shape: &[usize]| {
            let values = fill(name, Role::of(name, shape, "bn2"), shape, 7);
            [values[0], values[1]]
        };
        assert_eq!(
            named("conv1.weight", &[2, 3, 1, 1]),
            [-0.4509637, -0.36951458]
        );
        assert_eq!(named("bn1.weight", &[2]), [0.93123883, 0.59334147]);
        assert_eq!(named("layer1.0.bn2.weight", &[2]), [0.43254018, 0.4308679]);
        assert_eq!(named("fc.bias", &[2]), [0.16889295, 0.0889498]);
        assert_eq!(named("bn1.running_mean", &[2]), [0.08685988, 0.22073328]);
        assert_eq!(named("bn1.running_var", &[2]), [1.0802348, 2.0683682]);
        assert_eq!(images(&[1, 1, 1, 2], 7), [1.5617571, 0.6026983]);
        assert_eq!(labels(6, 10, 7), [0, 1, 2, 5, 4, 2]);
        let projections = project(&images(&[1, 1, 5, 5], 7));
        for (k, pinned) in [(0, 0.8598863780498505), (63, 0.01341298222541809)] {
            // NumPy adds in another order.
            assert!((projections[k] - pinned).abs() < 1e-13);
        }
    }

    /// Projections have about the length of what they stand for.
    #[test]
    fn projections_keep_length() {
        let tensor = images(&[1, 1, 80, 100], 3);
        let length =
            |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
        let whole = length(&mut tensor.iter().map(|&v| f64::from(v)));
        let projected = length(&mut project(&tensor).into_iter());
        assert!(
            (projected / whole - 1.0).abs() < 0.3,
            "{projected} for {whole}"
        );
    }
}
