//! What a tuning file holds, decoded as specs are.

use super::read;
use super::table::{Rule, choice, record};
use crate::diagnostics::{Diagnostics, Located};
use crate::source::Source;

record! {
    /// A tuning file.
    pub struct TuningFile {
        /// The convolutions that were measured.
        convolutions: Vec<TunedConvolution> = Rule::list::<TunedConvolution>(0, 100_000),
    }
}

record! {
    /// A 3x3 convolution of stride 1, and how it is computed.
    pub struct TunedConvolution {
        /// Channels that it reads.
        in_channels: Located<usize> = Rule::whole(1, 65_536),
        /// Channels that it makes.
        out_channels: Located<usize> = Rule::whole(1, 65_536),
        /// Rows and columns that it makes.
        output: Located<[usize; 2]> = Rule::pair(1, 65_536),
        /// What was fastest.
        algorithm: Located<TunedAlgorithm> = Rule::choice::<TunedAlgorithm>(),
    }
}

choice! {
    /// An algorithm of a convolution.
    pub enum TunedAlgorithm {
        /// Direct convolution.
        Direct = "direct",
        /// Winograd's `F(2x2, 3x3)`.
        Winograd2 = "winograd2",
        /// Winograd's `F(4x4, 3x3)`.
        Winograd4 = "winograd4",
    }
}

/// Reads a tuning file.
pub fn parse_tuning(source: &Source) -> Result<TuningFile, Diagnostics> {
    read(source, "the tuning file")
}
