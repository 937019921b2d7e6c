//! Sizes of a blur that thins out pixels.

/// A binomial filter (`1 2 1` along each axis for a kernel of 3) at every
/// `stride`-th pixel; the map is mirrored at its borders, the border pixel
/// itself not repeated. timm calls it `BlurPool2d` (Zhang 2019, "Making
/// Convolutional Networks Shift-Invariant Again").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlurPool {
    /// Taps along each axis, 2 to [`MOST_TAPS`](Self::MOST_TAPS).
    pub kernel: usize,
    /// Pixels of the input between two pixels of the output.
    pub stride: usize,
}

impl BlurPool {
    /// The largest kernel.
    pub const MOST_TAPS: usize = 15;

    /// A blur of these sizes.
    pub const fn new(kernel: usize, stride: usize) -> Self {
        Self { kernel, stride }
    }

    /// True when a kernel and a stride are in range.
    pub const fn is_valid(&self) -> bool {
        self.kernel >= 2 && self.kernel <= Self::MOST_TAPS && self.stride > 0
    }

    /// Mirrored pixels on each side.
    pub const fn padding(&self) -> usize {
        (self.stride - 1 + self.kernel - 1) / 2
    }

    /// Pixels along an axis of the output for `len` of the input, or `None`
    /// if the input is too small to be mirrored, or the sizes are not valid.
    pub const fn pixels(&self, len: usize) -> Option<usize> {
        if !self.is_valid() || self.padding() >= len {
            return None;
        }
        Some((len + 2 * self.padding() - self.kernel) / self.stride + 1)
    }

    /// The filter along one axis; taps beyond the kernel are zero.
    pub const fn taps(&self) -> [f64; Self::MOST_TAPS] {
        let mut taps = [0.0; Self::MOST_TAPS];
        taps[0] = 1.0;
        let mut row = 1;
        // Pascal's triangle, each row halved.
        while row < self.kernel && row < Self::MOST_TAPS {
            let mut at = row;
            while at > 0 {
                taps[at] = (taps[at] + taps[at - 1]) / 2.0;
                at -= 1;
            }
            taps[0] /= 2.0;
            row += 1;
        }
        taps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binomial_taps() {
        assert_eq!(BlurPool::new(3, 2).taps()[..4], [0.25, 0.5, 0.25, 0.0]);
        let five = [1.0, 4.0, 6.0, 4.0, 1.0].map(|tap| tap / 16.0);
        assert_eq!(BlurPool::new(5, 1).taps()[..5], five);
    }

    #[test]
    fn pixels_as_in_timm() {
        assert_eq!(BlurPool::new(3, 2).pixels(8), Some(4));
        assert_eq!(BlurPool::new(3, 2).pixels(7), Some(4));
        assert_eq!(BlurPool::new(3, 1).pixels(7), Some(7));
        assert_eq!(BlurPool::new(5, 2).pixels(8), Some(4));
        assert_eq!(BlurPool::new(4, 2).pixels(6), Some(4));
        assert_eq!(BlurPool::new(3, 2).pixels(1), None);
        assert_eq!(BlurPool::new(1, 2).pixels(9), None);
        assert_eq!(BlurPool::new(3, 0).pixels(9), None);
    }
}
