//! Sizes of pooling windows.

/// Sizes of a pooling window (`[height, width]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pool2d {
    /// Window size.
    pub kernel: [usize; 2],
    /// Pixels of the input between two pixels of the output.
    pub stride: [usize; 2],
    /// Pixels around the input that never win a maximum; an average counts
    /// them as zeros unless `count_padding` is false.
    pub padding: [usize; 2],
    /// Pixels of the same kind that only follow the input, behind those of `padding`.
    pub extra: [usize; 2],
    /// Whether a last window that hangs over the end of the padded input is
    /// kept (PyTorch's `ceil_mode`), if it begins before the end of the input.
    pub ceil: bool,
    /// Whether an average divides by the padding's pixels too (PyTorch's
    /// `count_include_pad`). What hangs over the padded input never counts.
    pub count_padding: bool,
}

impl Pool2d {
    /// A window with stride 1 and without padding.
    pub const fn new(kernel: [usize; 2]) -> Self {
        Self {
            kernel,
            stride: [1, 1],
            padding: [0, 0],
            extra: [0, 0],
            ceil: false,
            count_padding: true,
        }
    }

    /// The same with another stride.
    pub const fn stride(self, stride: [usize; 2]) -> Self {
        Self { stride, ..self }
    }

    /// The same with another padding.
    pub const fn padding(self, padding: [usize; 2]) -> Self {
        Self { padding, ..self }
    }

    /// The same with more padding behind the input than before it.
    pub const fn extra(self, extra: [usize; 2]) -> Self {
        Self { extra, ..self }
    }

    /// The same with a last window that may hang over the end.
    pub const fn ceil(self) -> Self {
        Self { ceil: true, ..self }
    }

    /// The same with averages over the pixels of the input alone.
    pub const fn exclude_padding(self) -> Self {
        Self {
            count_padding: false,
            ..self
        }
    }

    /// Windows along an axis (0: vertical) of an input of `len` pixels, or
    /// `None` if not one fits, or the sizes make no sense.
    pub const fn windows(&self, axis: usize, len: usize) -> Option<usize> {
        let (kernel, stride, padding) = (self.kernel[axis], self.stride[axis], self.padding[axis]);
        let extra = self.extra[axis];
        // As in PyTorch; no window lies in the padding alone then.
        if kernel == 0 || stride == 0 || padding + extra > kernel / 2 {
            return None;
        }
        let Some(mut padded) = len.checked_add(2 * padding + extra) else {
            return None;
        };
        if self.ceil {
            padded = padded.saturating_add(stride - 1);
        }
        if len == 0 || padded < kernel {
            return None;
        }
        let last = (padded - kernel) / stride;
        // A window that begins behind the input would see nothing of it.
        if self.ceil && last * stride >= len + padding {
            return Some(last);
        }
        Some(last + 1)
    }

    /// True when all windows of an average over an input of `sizes` pixels
    /// divide by the same number, the kernel's area.
    pub const fn divides_evenly(&self, sizes: [usize; 2]) -> bool {
        let mut axis = 0;
        while axis < 2 {
            let (len, padding) = (sizes[axis], self.padding[axis]);
            let counted = if self.count_padding { padding } else { 0 };
            let before = padding - counted;
            let Some(windows) = self.windows(axis, len) else {
                return false;
            };
            // Where the last window ends, counted from the first pixel of padding.
            let end = windows.saturating_sub(1) * self.stride[axis] + self.kernel[axis];
            let behind = if self.count_padding {
                self.extra[axis]
            } else {
                0
            };
            if before > 0 || end > len + padding + counted + behind {
                return false;
            }
            axis += 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes from PyTorch's `MaxPool2d`, with `ceil_mode` and without.
    #[test]
    fn windows_as_in_pytorch() {
        for (len, kernel, stride, padding, floor, ceil) in [
            (8, 2, 2, 0, Some(4), Some(4)),
            (7, 2, 2, 0, Some(3), Some(4)),
            (7, 3, 2, 1, Some(4), Some(4)),
            (8, 3, 2, 1, Some(4), Some(5)),
            (1, 2, 2, 0, None, Some(1)),
            (2, 3, 2, 0, None, Some(1)),
            (1, 4, 2, 0, None, None),
            // The third window would begin in the padding behind the input.
            (4, 2, 3, 1, Some(2), Some(2)),
            (5, 5, 4, 2, Some(2), Some(2)),
        ] {
            let pool = Pool2d::new([kernel; 2])
                .stride([stride; 2])
                .padding([padding; 2]);
            assert_eq!(pool.windows(0, len), floor, "{pool:?} over {len}");
            assert_eq!(pool.ceil().windows(1, len), ceil, "{pool:?} over {len}");
        }
        assert_eq!(Pool2d::new([3, 3]).stride([0, 1]).windows(0, 9), None);
        assert_eq!(Pool2d::new([3, 3]).padding([2, 2]).windows(0, 9), None);
        // TensorFlow's `same`.
        let same = Pool2d::new([2, 4]).padding([0, 1]).extra([1, 1]);
        for len in [1, 2, 7] {
            assert_eq!([0, 1].map(|axis| same.windows(axis, len)), [Some(len); 2]);
        }
        assert_eq!(Pool2d::new([2, 2]).extra([2, 0]).windows(0, 9), None);
    }

    #[test]
    fn even_divisors() {
        let pool = Pool2d::new([2, 2]).stride([2, 2]);
        assert!(pool.divides_evenly([8, 7]) && pool.exclude_padding().divides_evenly([7, 7]));
        assert!(pool.ceil().divides_evenly([8, 6]) && !pool.ceil().divides_evenly([8, 7]));
        let padded = Pool2d::new([3, 3]).padding([1, 1]);
        let same = Pool2d::new([2, 2]).extra([1, 1]);
        assert!(same.divides_evenly([8, 7]) && !same.exclude_padding().divides_evenly([8, 7]));
        assert!(padded.divides_evenly([8, 8]) && !padded.exclude_padding().divides_evenly([8, 8]));
    }
}
