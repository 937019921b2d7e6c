//! The compiler behind `resnet!`: a YAML spec in, specialised Rust out.
//!
//! Read [`compile`] first: it is the whole pipeline. Each stage is a function
//! from value to value in a module of its own name.

#![forbid(unsafe_code)]

pub mod backward;
pub mod check;
pub mod diagnostics;
pub mod emit;
pub mod graph;
pub mod layout;
pub mod lower;
pub mod ops;
pub mod parameter;
pub mod passes;
pub mod plan;
pub mod shape;
pub mod source;
pub mod spec;
pub mod storage;

use proc_macro2::TokenStream;
use quote::quote;
use sha2::{Digest, Sha256};

use diagnostics::{Code, Diagnostic, Diagnostics};
use emit::{Network, Planned};
use graph::Graph;
use source::Source;
use storage::Storage;

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
    /// Absolute path of the spec, for the emitted code to depend on.
    pub tracked: Option<String>,
    /// Mark comments for [`emit::pretty`].
    pub comments: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            runtime: quote!(::resnet_runtime),
            element: Element::F32,
            tracked: None,
            comments: false,
        }
    }
}

/// Compiles a spec to the Rust module of its network.
pub fn compile(source: &Source, options: &Options) -> Result<TokenStream, Diagnostics> {
    let network = analyse(source)?;
    Ok(emit::emit(&network, options))
}

/// Everything up to emission: parse, validate, lower, infer shapes, rewrite,
/// derive backward, plan.
pub fn analyse(source: &Source) -> Result<Network, Diagnostics> {
    let spec = spec::parse(source)?;
    spec::validate(&spec)?;
    let mut graph = lower::lower(&spec);
    shape::infer_shapes(&mut graph)?;
    sound(check::check(&graph, "lowering"))?;

    let mut inference = graph.clone();
    sound(passes::run(&mut inference, passes::INFERENCE))?;

    let mut training = graph.clone();
    sound(passes::run(&mut training, passes::TRAINING))?;
    backward::derive_backward(&mut training);
    sound(check::check(&training, "derive_backward"))?;

    let storage = Storage::new(&inference, &training);
    Ok(Network {
        name: spec.model.value.clone(),
        hash: hash(&graph),
        inference: plan(inference, false),
        training: plan(training, true),
        storage,
    })
}

/// Layouts and offsets for every value of a graph.
fn plan(graph: Graph, training: bool) -> Planned {
    let maps = layout::choose_layouts(&graph);
    let plan = plan::plan_memory(&graph, &maps);
    Planned {
        graph,
        plan,
        training,
    }
}

/// A broken invariant is this compiler's fault, and is reported as such.
fn sound(result: Result<(), String>) -> Result<(), Diagnostics> {
    result.map_err(|what| {
        let message = format!("the compiler broke its own rules: {what}");
        let help = "this is a bug in the compiler: please report it with the spec";
        Diagnostics::from(Diagnostic::new(Code::Internal, None, message).help(help))
    })
}

/// SHA-256 of the graph's text: what the network computes, and nothing else.
fn hash(graph: &Graph) -> String {
    let digest = Sha256::digest(graph.to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
