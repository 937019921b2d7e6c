//! How pictures become a network's input.

/// The size that pictures are scaled to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resize {
    /// The shorter side; the other keeps the ratio.
    Shorter(usize),
    /// Both sides, whatever the ratio.
    Exact {
        /// Rows of pixels.
        height: usize,
        /// Pixels in a row.
        width: usize,
    },
}

/// How pictures are scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interpolation {
    /// The nearest pixel.
    Nearest,
    /// Lines between pixels.
    #[default]
    Bilinear,
    /// Cubic curves between pixels.
    Bicubic,
}
