//! What a caller's options add to the emitted module.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::Network;
use super::call::number;
use super::info;
use crate::Options;

/// `pub(crate) mod name`, as the options or the spec want it.
pub(super) fn module(network: &Network, options: &Options) -> TokenStream {
    let visibility = &options.visibility;
    let name = options.module.clone();
    let name = name.unwrap_or_else(|| format_ident!("{}", network.name));
    quote!(#visibility mod #name)
}

/// The type `Trainer`, unless the network is compiled for inference only.
pub(super) fn trainer(options: &Options) -> Option<TokenStream> {
    let runtime = &options.runtime;
    options.training.then(|| {
        quote! {
            /// Parameters, gradients and an arena: runs training steps.
            pub type Trainer = #runtime::Trainer<Network>;
        }
    })
}

/// The constant `MAX_BATCH`.
pub(super) fn max_batch(options: &Options) -> Option<TokenStream> {
    let images = number(options.max_batch?);
    Some(quote! {
        /// The most images of a batch: no model or trainer takes a higher limit.
        pub const MAX_BATCH: usize = #images;
    })
}

/// The weights inside the program, for `Weights::embedded`.
pub(super) fn embedded(options: &Options) -> Option<TokenStream> {
    let (runtime, path) = (&options.runtime, options.weights.as_ref()?);
    Some(quote! {
        impl #runtime::Embedded for Network {
            const WEIGHTS: &'static [u8] = {
                static FILE: &seam::CacheLines<[u8]> =
                    &seam::CacheLines(*::core::include_bytes!(#path));
                &FILE.0
            };
        }
    })
}

/// Documentation of the module: the network's, and what the options changed.
pub(super) fn doc(network: &Network, options: &Options) -> TokenStream {
    let mut notes = Vec::new();
    if !options.training {
        notes.push("Compiled for inference only: there is no trainer.".to_owned());
    }
    if !options.freeze.is_empty() {
        let names: Vec<_> = options.freeze.iter().map(|n| format!("`{n}`")).collect();
        notes.push(format!("Frozen in training: {}.", names.join(", ")));
    }
    if let Some(images) = options.max_batch {
        notes.push(format!("Batches have at most {images} images."));
    }
    if options.weights.is_some() {
        notes.push("Its weights are in the program: `Weights::embedded()`.".to_owned());
    }
    let network = info::doc(network);
    let notes = notes
        .iter()
        .flat_map(|note| [String::new(), format!(" {note}")]);
    quote!(#network #(#[doc = #notes])*)
}
