//! What the YAML describes: the typed spec, read and checked.
//!
//! text -> `text` (cheap checks) -> [`tree`] (values with places) -> `decode` (this file's structs,
//! by their tables) -> [`validate()`] (keys that contradict each other).

mod decode;
mod family;
mod lines;
mod name;
mod scalar;
#[cfg(feature = "schema")]
mod schema;
mod suggest;
pub mod table;
mod text;
pub mod tree;
mod validate;
mod words;

use decode::Decoder;
use table::{Field, Record, Rule, record};

use crate::diagnostics::{Code, Diagnostic, Diagnostics, Located};
use crate::source::Source;
pub use family::{Block, BlockKind, Head, Shortcut, Stage, Stem, StemPool};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use validate::validate;
pub use words::{Activation, Elu, LeakyRelu, PoolKind};

record! {
    /// A residual network, in the family form.
    pub struct Spec {
        /// The name of the model, and of the Rust module that is made of it.
        model: Located<String> = Rule::name(),
        /// The images that the network takes.
        input: Input = Rule::mapping::<Input>(),
        /// The layers before the first stage.
        stem: Stem = Rule::mapping::<Stem>(),
        /// What every block of every stage is made of.
        block: Block = Rule::mapping::<Block>(),
        /// The stages, each a run of equal blocks.
        stages: Vec<Stage> = Rule::list::<Stage>(1, 16),
        /// The layers after the last stage.
        head: Head = Rule::mapping::<Head>(),
    }
}

record! {
    /// The images that the network takes.
    pub struct Input {
        /// Channels of an image: 1 for grey, 3 for colour.
        channels: Located<usize> = Rule::whole(1, 4096),
        /// Rows of an image.
        height: Located<usize> = Rule::whole(1, 65_536),
        /// Columns of an image.
        width: Located<usize> = Rule::whole(1, 65_536),
    }
}

impl Spec {
    /// The table of all keys, of which decoder, suggestions and schemas are made.
    pub const FIELDS: &'static [Field] = <Self as Record>::FIELDS;
}

/// Reads a spec, key by key; whether the keys go together is for [`validate`] to say.
pub fn parse(source: &Source) -> Result<Spec, Diagnostics> {
    let tree = tree::parse(source)?;
    let mut decoder = Decoder::new(&source.text);
    let spec = decoder.record("the spec", &tree);
    Diagnostics::check(decoder.found)?;
    spec.ok_or_else(|| {
        let message = "the spec has no mistake, and yet was not decoded";
        Diagnostic::new(Code::Internal, None, message).into()
    })
}
