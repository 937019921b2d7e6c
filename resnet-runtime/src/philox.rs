//! Random numbers that are computed from where they are used.

/// Philox4x32-10 (Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1,
/// 2, 3"), for `N` counters side by side: four words of randomness for each
/// counter of four words, whatever was drawn before.
#[inline(always)]
pub(crate) fn philox4x32<const N: usize>(
    counters: [[u32; N]; 4],
    mut key: [u32; 2],
) -> [[u32; N]; 4] {
    const ROUNDS: usize = 10;
    const MULTIPLIERS: [u64; 2] = [0xd251_1f53, 0xcd9e_8d57];
    const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];
    let mut words = counters;
    for _ in 0..ROUNDS {
        let mut next = [[0; N]; 4];
        for lane in 0..N {
            let first = u64::from(words[0][lane]) * MULTIPLIERS[0];
            let second = u64::from(words[2][lane]) * MULTIPLIERS[1];
            next[0][lane] = (second >> 32) as u32 ^ words[1][lane] ^ key[0];
            next[1][lane] = second as u32;
            next[2][lane] = (first >> 32) as u32 ^ words[3][lane] ^ key[1];
            next[3][lane] = first as u32;
        }
        words = next;
        for (key, step) in key.iter_mut().zip(WEYL) {
            *key = key.wrapping_add(step);
        }
    }
    words
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
