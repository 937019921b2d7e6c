//! Turns planned graphs into Rust: one module a network.
//!
//! The passes over the network become straight-line calls of the runtime's
//! seam, with shapes as named constants and offsets as literals; runs of
//! identical blocks become loops over tables of offsets.

mod call;
mod constants;
mod ends;
mod info;
mod init;
mod options;
#[cfg(feature = "pretty")]
mod pretty;
mod repeats;
mod runs;
mod site;
mod table;
mod tables;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use resnet_geometry::Sizes;

pub use call::{Arg, Call};
pub use info::{Layer, Summary, summary};
#[cfg(feature = "pretty")]
pub use pretty::pretty;
pub use site::Site;

use crate::graph::{Graph, Phase};
use crate::metadata::Metadata;
use crate::ops::{Op, Region};
use crate::outputs::outputs;
use crate::plan::Plan;
use crate::storage::Storage;
use crate::{Element, Options};
use constants::Constants;

/// A graph with its plan.
#[derive(Debug)]
pub struct Planned {
    /// The graph after its passes.
    pub graph: Graph,
    /// Its arena.
    pub plan: Plan,
    /// Whether it is a training step.
    pub training: bool,
}

/// Everything that emission needs.
#[derive(Debug)]
pub struct Network {
    /// The spec's `model`.
    pub name: String,
    /// SHA-256 of the lowered graph's text.
    pub hash: String,
    /// Names of classes and the like, which the graph doesn't need.
    pub metadata: Metadata,
    /// The forward pass of inference.
    pub inference: Planned,
    /// A training step; of no nodes if there is no training.
    pub training: Planned,
    /// Offsets outside the arenas.
    pub storage: Storage,
}

impl Network {
    /// Whether there is a training step.
    pub fn trains(&self) -> bool {
        !self.training.graph.is_empty()
    }

    /// Element counts of what is allocated once.
    pub fn sizes(&self) -> Sizes {
        let Storage {
            master,
            trained,
            running,
            ..
        } = self.storage;
        let region = |region| self.storage.region_len(region);
        Sizes {
            master,
            trained: if self.trains() { trained } else { 0 },
            running,
            packed: region(Region::Packed),
            workspace: self.inference.plan.workspace,
            training_workspace: self.training.plan.workspace,
            packed_forward: region(Region::PackedForward),
            packed_backward: region(Region::PackedBackward),
            saved: region(Region::Saved),
        }
    }
}

/// Emits the module of a network.
pub fn emit(network: &Network, options: &Options) -> TokenStream {
    let mut constants = Constants::default();
    let Network {
        inference,
        training,
        storage,
        ..
    } = network;
    let mut body = |receiver: &str, planned: &Planned, phase, emit: EmitOp| {
        let mut calls = Vec::new();
        let outputs = outputs(&planned.graph);
        for &node in &planned.plan.order {
            let site = Site::new(planned, storage, &outputs, node);
            if site.node().phase == phase {
                let emitted = emit(&*site.node().op, &site);
                calls.extend(emitted.into_iter().map(|call| match options.comments {
                    true => call.of(site.describe()),
                    false => call,
                }));
            }
        }
        repeats::emit(
            &calls,
            &format_ident!("{receiver}"),
            &mut constants,
            options,
        )
    };
    let run: EmitOp = |op, site| op.emit(site);
    let pack = body("pack", inference, Phase::Forward, |op, site| {
        op.emit_pack(site)
    });
    let forward = body("run", inference, Phase::Forward, run);
    let element = format_ident!("{}", options.element.name());
    let training = options.training.then(|| {
        let forward = body("step", training, Phase::Forward, run);
        let backward = body("step", training, Phase::Backward, run);
        let update = body("step", training, Phase::Forward, |op, site| {
            op.emit_update(site)
        });
        quote! {
            fn train_forward(step: &mut seam::Step<'_, #element>) { #forward }
            fn train_backward(step: &mut seam::Step<'_, #element>) { #backward }
            fn train_update(step: &mut seam::Step<'_, #element>) { #update }
        }
    });

    let runtime = &options.runtime;
    let module = options::module(network, options);
    let trainer = options::trainer(options);
    let max_batch = options::max_batch(options);
    let embedded = options::embedded(options);
    let constants = constants.items();
    let ends = ends::items(network, options);
    let info = info::items(network, options);
    let doc = options::doc(network, options);
    let tracked = options.tracked.iter().map(|path| {
        // Rebuilds the crate when the file changes.
        quote!(
            const _: &[u8] = ::core::include_bytes!(#path);
        )
    });
    quote! {
        #doc
        #[allow(
            dead_code,
            unreachable_pub,
            unused_imports,
            clippy::all,
            clippy::pedantic,
            reason = "emitted code: no user needs all of it, and nobody edits it"
        )]
        #module {
            use #runtime::{Activation, Algorithm, BatchNorm, Conv2d, Linear, Map, Pool2d, seam};
            use #runtime::{Fan, Init, LayerInfo, ModelInfo, OutputInfo, ParameterInfo, PlanInfo};
            use #runtime::{Interpolation, Preprocessing, Repeated, Resize, Role, Rows, Sizes, Table};
            #(#tracked)*

            /// The network itself: its description and its code.
            #[derive(Clone, Copy, Debug)]
            pub struct Network;
            /// Immutable weights, packed for inference, shared between models.
            pub type Weights = #runtime::Weights<Network>;
            /// Weights and an arena: runs inference.
            pub type Model = #runtime::Model<Network>;
            #trainer
            #max_batch

            impl #runtime::Network for Network {
                type Element = #element;
                const INFO: &'static ModelInfo = &INFO;

                fn pack(pack: &mut seam::Pack<'_, #element>) { #pack }
                fn forward(run: &mut seam::Forward<'_, #element>) { #forward }
                #training
            }

            #embedded

            #constants
            #ends
            #info
        }
    }
}

/// What an operator emits at its site, for one of the passes.
type EmitOp = fn(&dyn Op, &Site<'_>) -> Vec<Call>;

impl Element {
    /// Rust's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}
