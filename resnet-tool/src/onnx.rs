//! ONNX models: graphs to them, and ResNets among them to specs.
//!
//! The few messages of ONNX that networks need are written and read here, by
//! hand: the format of protocol buffers is a page long, and a generator of code
//! for it a large dependency.

pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod message;
pub(crate) mod weights;
mod wire;
