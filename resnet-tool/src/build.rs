//! What `resnet build` stands on: the sources that the tool carries, the cargo
//! projects that it makes of them, the folder they lie in, the toolchain,
//! and where the binary goes.

pub(crate) mod binary;
pub(crate) mod cache;
pub(crate) mod carried;
pub(crate) mod compile;
pub(crate) mod project;
pub(crate) mod study;
pub(crate) mod toolchain;
