//! Pixels of a batch as three nested loops, folded where memory allows.

/// Strides of images, rows and pixels, in elements.
pub(crate) type Strides = [usize; 3];

/// Images, rows and columns that `N` maps are walked over together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent<const N: usize> {
    /// Images, rows, columns.
    pub(crate) count: [usize; 3],
    /// How each map is walked.
    pub(crate) strides: [Strides; N],
}

impl<const N: usize> Extent<N> {
    /// The same pixels in the same order in fewer, longer loops: a map
    /// without halos becomes one row, a batch of single pixels too.
    pub(crate) fn folded(mut self) -> Self {
        // Each round removes a loop of one step.
        for _ in 0..2 {
            if self.is_seamless(2) {
                self.merge(2);
            }
            if self.is_seamless(1) {
                self.merge(1);
            }
        }
        self
    }

    /// Whether the loop at `inner` and the one around it are as good as one.
    fn is_seamless(&self, inner: usize) -> bool {
        let outer = inner - 1;
        self.count[inner] == 1
            || self.count[outer] == 1
            || self
                .strides
                .iter()
                .all(|s| s[outer] == self.count[inner] * s[inner])
    }

    fn merge(&mut self, inner: usize) {
        let outer = inner - 1;
        for s in &mut self.strides {
            if self.count[inner] == 1 {
                s[inner] = s[outer];
            }
        }
        self.count[inner] *= self.count[outer];
        self.count[outer] = 1;
        if inner == 2 {
            // The innermost loop has swallowed the rows: images move up.
            self.count.swap(0, 1);
            for s in &mut self.strides {
                s[1] = s[0];
            }
        }
    }
}

/// Cuts `len` into the fewest pieces of at most `most`, as even as possible;
/// returns the number of pieces.
pub(crate) fn pieces(len: usize, most: usize) -> usize {
    len.div_ceil(most)
}

/// The part of `0..len` that is number `index` of `count` even ones.
pub(crate) fn part(len: usize, index: usize, count: usize) -> core::ops::Range<usize> {
    let (least, longer) = (len / count, len % count);
    let start = index * least + index.min(longer);
    start..start + least + usize::from(index < longer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding() {
        let fold = |count, strides| {
            Extent {
                count,
                strides: [strides],
            }
            .folded()
        };
        // Contiguous images become one row.
        assert_eq!(fold([2, 3, 4], [120, 40, 10]).count, [1, 1, 24]);
        // A halo keeps rows apart.
        assert_eq!(fold([2, 3, 4], [200, 50, 10]).count, [2, 3, 4]);
        // Single pixels of a batch become a row with the images' stride.
        let linear = fold([5, 1, 1], [70, 30, 10]);
        assert_eq!((linear.count, linear.strides[0][2]), ([1, 1, 5], 70));
        // Columns of one pixel become rows' pixels.
        let column = fold([2, 5, 1], [100, 15, 10]);
        assert_eq!((column.count[2], column.strides[0][2]), (5, 15));
        let single = fold([2, 1, 6], [100, 80, 10]);
        assert_eq!(
            (single.count, single.strides[0]),
            ([1, 2, 6], [100, 100, 10])
        );
    }

    #[test]
    fn parts_are_even() {
        let widths: Vec<_> = (0..3).map(|i| part(32, i, pieces(32, 14)).len()).collect();
        assert_eq!(widths, [11, 11, 10]);
        assert_eq!(part(32, 2, 3).end, 32);
    }
}
