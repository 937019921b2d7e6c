//! Runtime of compiled residual networks.
//!
//! The macro `resnet!` turns a spec into a type that implements [`Network`];
//! everything else is generic over it:
//!
//! ```ignore
//! use resnet_runtime::{Error, resnet};
//!
//! resnet!("specs/digits.yaml");
//!
//! fn main() -> Result<(), Error> {
//!     let weights = digits::Weights::load("digits.safetensors")?;
//!     let mut model = digits::Model::new(&weights, 8, 2)?;
//!     let logits = model.forward(&[0.0; 64])?;
//!     println!("{logits:?}");
//!     Ok(())
//! }
//! ```
//!
//! - [`Parameters`] are what a file holds, by name, in torchvision's layout;
//! - [`Weights`] are parameters folded and packed for inference, shared by
//!   every [`Model`] made from them;
//! - a [`Trainer`] owns parameters, gradients and an optimiser's state, and is
//!   driven by [`softmax_cross_entropy`] (or any other loss) and an
//!   [`Optimizer`];
//! - [`ModelInfo`] says what there is to know about a network, as data;
//! - [`DynNetwork`], [`DynModel`] and [`DynTrainer`] are the same as trait
//!   objects, for programs that serve any network.
//!
//! Emitted code calls the hidden module `seam`, which checks every argument
//! and runs the kernels of the processor's instruction set ([`isa`]). Results
//! never depend on the number of threads.
//!
//! Without the feature `std` (which is on by default) the crate needs an
//! allocator alone: there are no files and no threads, and `RESNET_ISA` isn't
//! read.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod aligned;
mod checkpoint;
mod compiled;
mod dynamic;
mod element;
mod error;
#[cfg(test)]
mod fixture;
mod info;
mod kernels;
mod loss;
mod model;
mod network;
mod observer;
mod ops;
mod optimizer;
mod outputs;
mod parameters;
mod philox;
mod pool;
#[doc(hidden)]
pub mod seam;
mod trainer;
mod weights;
#[cfg(not(feature = "std"))]
mod without_std;

pub use checkpoint::Precision;
#[cfg(feature = "std")]
pub use checkpoint::write_atomically;
pub use dynamic::{DynModel, DynNetwork, DynTrainer};
pub use element::Element;
pub use error::{Error, Mismatch};
use resnet_geometry as geometry;

pub use geometry::{
    Activation, Algorithm, BatchNorm, Buffer, CHANNEL_BLOCK, Conv2d, Fan, Init, Interpolation,
    Linear, Map, PACKED_MAGIC, PANEL, Pool2d, Resize, Role, Sizes, round_up,
};
pub use info::{
    IMAGENET_CLASSES, LayerInfo, ModelInfo, OutputInfo, ParameterInfo, PlanInfo, Preprocessing,
    Table,
};
#[doc(hidden)]
pub use info::{Repeated, Row, Rows};
pub use kernels::isa::isa;
#[cfg(feature = "std")]
pub use kernels::peak::{fma_gflops, fma_peak_gflops};
pub use loss::{soft_cross_entropy, softmax, softmax_cross_entropy, softmax_cross_entropy_of_maps};
pub use model::Model;
pub use network::{Embedded, Network};
pub use observer::{LayerCall, Observer};
#[cfg(feature = "std")]
pub use ops::bandwidth::memory_gigabytes;
pub use optimizer::{AdamW, Lars, Optimizer, Sgd};
pub use parameters::Parameters;
/// Compiles a spec into a module with a [`Network`] and its types.
#[cfg(feature = "macros")]
pub use resnet_macros::resnet;
pub use trainer::{Explanation, Trainer};
pub use weights::Weights;
