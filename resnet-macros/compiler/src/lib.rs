//! The compiler behind `resnet!`: a YAML spec in, specialised Rust out.
//!
//! Read [`compile`] first: it is the whole pipeline. Each stage is a function
//! from value to value in a module of its own name.

#![forbid(unsafe_code)]

pub mod backward;
#[cfg(feature = "draw")]
pub mod budget;
pub mod check;
pub mod diagnostics;
pub mod diagram;
#[cfg(feature = "draw")]
pub mod draw;
pub mod emit;
pub mod expand_spec;
pub mod family;
pub mod freeze;
pub mod graph;
pub mod layer_form;
pub mod layers;
pub mod layout;
pub mod limits;
pub mod lower;
pub mod metadata;
pub mod ops;
pub mod outputs;
pub mod parameter;
pub mod passes;
pub mod plan;
pub mod recompute;
pub mod select;
pub mod shape;
pub mod source;
pub mod spec;
pub mod stages;
pub mod storage;
pub mod tuning;
pub mod value_map;
pub mod weights;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use sha2::{Digest, Sha256};

use diagnostics::Diagnostics;
use emit::Network;
pub use expand_spec::expand_spec;
use graph::Graph;
use metadata::Metadata;
pub use recompute::Recompute;
pub use select::Choice;
use source::Source;
use storage::Storage;
use tuning::Tuning;

/// What the emitted network computes with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Element {
    /// Single precision.
    #[default]
    F32,
    /// Double precision, for gradient checks.
    F64,
}

/// What a caller may choose.
#[derive(Clone, Debug)]
pub struct Options {
    /// Path of the runtime crate in emitted code.
    pub runtime: TokenStream,
    /// Element of the emitted network.
    pub element: Element,
    /// How convolutions are computed; as the spec says unless given.
    pub algorithm: Option<Choice>,
    /// What was measured, in place of what cost models of inference estimate.
    pub tuning: Option<Tuning>,
    /// What backward computes again; as the spec says unless given.
    pub recompute: Option<Recompute>,
    /// Visibility of the emitted module; private if empty.
    pub visibility: TokenStream,
    /// Name of the emitted module, if not the spec's `model`.
    pub module: Option<Ident>,
    /// Whether the network can be trained, or runs inference only.
    pub training: bool,
    /// Names of layers, or of what holds layers, that aren't trained.
    pub freeze: Vec<String>,
    /// The most images of a batch, if models are to refuse more.
    pub max_batch: Option<usize>,
    /// Absolute path of the weights to put into the program.
    pub weights: Option<String>,
    /// Absolute paths of the spec and other files, for the emitted code to depend on.
    pub tracked: Vec<String>,
    /// Mark comments for [`emit::pretty`].
    pub comments: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            runtime: quote!(::resnet_runtime),
            element: Element::F32,
            algorithm: None,
            tuning: None,
            recompute: None,
            visibility: TokenStream::new(),
            module: None,
            training: true,
            freeze: Vec::new(),
            max_batch: None,
            weights: None,
            tracked: Vec::new(),
            comments: false,
        }
    }
}

/// Compiles a spec to the Rust module of its network.
pub fn compile(source: &Source, options: &Options) -> Result<TokenStream, Diagnostics> {
    let network = analyse_with(source, options)?;
    Ok(emit::emit(&network, options))
}

/// Everything up to emission, with default options.
pub fn analyse(source: &Source) -> Result<Network, Diagnostics> {
    analyse_with(source, &Options::default())
}

/// Everything up to emission: parse, validate, expand, lower, infer shapes, rewrite,
/// derive backward, select algorithms, choose what stays, plan. Each line is a stage that can be
/// called alone.
pub fn analyse_with(source: &Source, options: &Options) -> Result<Network, Diagnostics> {
    let spec = stages::parsed(source)?;
    let layers = stages::expanded(&spec)?;
    let mut lowered = stages::lowered(&layers)?;
    freeze::freeze(&mut lowered, &options.freeze)?;
    let inference = stages::fused(&lowered)?;
    let choice = options.algorithm.unwrap_or_else(|| spec.algorithm());
    let training = match options.training {
        true => {
            let recompute = options.recompute.unwrap_or_else(|| spec.recompute());
            stages::training(&lowered, choice, recompute)?
        }
        false => Graph::default(),
    };
    let inference = stages::selected(inference, choice);
    let inference = stages::tuned(inference, options.tuning.as_ref());
    let storage = Storage::new(&inference, &training);
    let network = Network {
        name: spec.model.value.clone(),
        hash: String::new(),
        metadata: Metadata::of(&spec),
        inference: stages::planned(inference, false),
        training: stages::planned(training, true),
        storage,
    };
    limits::check(spec.limits.as_ref(), &network)?;
    // A network that is refused needs no digest of its long text.
    let hash = hash(&lowered);
    Ok(Network { hash, ..network })
}

/// SHA-256 of the graph's text: what the network computes, and nothing else.
fn hash(graph: &Graph) -> String {
    let digest = Sha256::digest(graph.to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
