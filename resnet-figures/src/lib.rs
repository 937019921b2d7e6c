//! Numbers, tables and axes as people read them, for everything that prints or
//! plots: the commands of the per-model binaries and the compiler's drawings.

#![forbid(unsafe_code)]

pub mod axis;
pub mod format;
pub mod plot;
pub mod report;
pub mod svg;
pub mod table;
