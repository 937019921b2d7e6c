//! Pictures: PNG and JPEG files to what a network takes.

mod batches;
mod decode;
mod encode;
mod exif;
mod files;
mod jpeg;
mod png;
mod raster;
mod resample;
mod transform;

pub(crate) use batches::{Seen, in_batches};
pub(crate) use files::{Source, sources};
pub(crate) use raster::Raster;
pub(crate) use transform::Transform;

#[cfg(test)]
mod tests;
