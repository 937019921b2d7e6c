//! How a file of packed weights begins: what the runtime writes, and the compiler
//! checks of a file that goes into a program.

use core::ops::Range;

/// Its first bytes.
pub const PACKED_MAGIC: [u8; 8] = *b"RESNETPK";

/// Bytes before the panels: two cache lines.
pub const PACKED_HEADER: usize = 128;

/// Where in the header the spec's hash is, 64 hexadecimal digits.
pub const PACKED_HASH: Range<usize> = 32..96;
