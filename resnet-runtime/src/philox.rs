//! Random numbers that are computed from where they are used.

/// Philox4x32-10 (Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1,
/// 2, 3"), for `N` counters side by side: four words of randomness for each
/// counter of four words, whatever was drawn before.
#[inline(always)]
pub(crate) fn philox4x32<const N: usize>(counters: [[u32; N]; 4], key: [u32; 2]) -> [[u32; N]; 4] {
    const ROUNDS: usize = 10;
    let [mut a, mut b, mut c, mut d] = counters;
    let [mut first, mut second] = key;
    for _ in 0..ROUNDS {
        let (a_high, a_low) = wide_product(&a, 0xd251_1f53);
        let (c_high, c_low) = wide_product(&c, 0xcd9e_8d57);
        for lane in 0..N {
            a[lane] = c_high[lane] ^ b[lane] ^ first;
            c[lane] = a_high[lane] ^ d[lane] ^ second;
        }
        b = c_low;
        d = a_low;
        first = first.wrapping_add(0x9e37_79b9);
        second = second.wrapping_add(0xbb67_ae85);
    }
    [a, b, c, d]
}

/// Upper and lower halves of products.
#[inline(always)]
fn wide_product<const N: usize>(words: &[u32; N], by: u32) -> ([u32; N], [u32; N]) {
    let (mut high, mut low) = ([0; N], [0; N]);
    for lane in 0..N {
        let product = u64::from(words[lane]).wrapping_mul(u64::from(by));
        high[lane] = (product >> 32) as u32;
        low[lane] = product as u32;
    }
    (high, low)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers of Random123, the authors' own library.
    #[test]
    fn known_answers() {
        let answers = [
            (
                [0; 4],
                [0; 2],
                [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8],
            ),
            (
                [u32::MAX; 4],
                [u32::MAX; 2],
                [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd],
            ),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, expected) in answers {
            let found = philox4x32(counter.map(|word: u32| [word]), key);
            assert_eq!(found.map(|[word]| word), expected);
            let side_by_side = philox4x32(counter.map(|word| [0, word, 1]), key);
            assert_eq!(side_by_side.map(|words| words[1]), expected);
        }
    }
}
