//! What the YAML describes: the typed spec, read and checked.
//!
//! text -> `text` (cheap checks) -> [`tree`] (values with places) -> `decode` (this file's structs,
//! by their tables) -> [`validate()`] (keys that contradict each other).

mod classes;
mod common;
mod decode;
mod family;
mod form;
pub mod layers;
mod lines;
mod name;
mod scalar;
#[cfg(feature = "schema")]
mod schema;
pub mod suggest;
pub mod table;
mod text;
pub mod tree;
mod tuning;
mod validate;
mod words;

use decode::Decoder;
use table::Absent::{Nothing, Unless, Word};
pub use table::Switch;
use table::{Field, Record, Rule, record};
use tree::Tree;

use crate::diagnostics::{Code, Diagnostic, Diagnostics, Located};
use crate::select::Choice;
use crate::source::Source;
pub use classes::{ClassNames, ClassSet};
pub use common::{
    Algorithm, BatchNorm, FanKeys, FanKind, Initialization, Interpolation, Limits, NormKind,
    NormalKeys, Preprocessing, Recompute, Scheme,
};
pub use family::{
    Antialias, Block, BlockKind, Head, Order, Shortcut, SqueezeExcitation, Stage, Stem, StemKind,
    StemPool, StrideOn,
};
pub use form::{Family, Form};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use tuning::{TunedAlgorithm, TunedConvolution, TuningFile, parse_tuning};
pub use validate::validate;
pub use words::{Activation, Elu, LeakyRelu, PoolKind};

record! {
    /// A residual network: in the family form with `stem`, `block`, `stages` and `head`, or in
    /// the layer form with `layers`.
    pub struct Spec {
        /// The name of the model, and of the Rust module that is made of it.
        model: Located<String> = Rule::name(),
        /// The images that the network takes.
        input: Input = Rule::mapping::<Input>(),
        /// The layers before the first stage.
        stem: Option<Stem> = Rule::mapping::<Stem>().or(Unless(&["layers"])),
        /// What follows the norms of stem and blocks; `relu` unless given.
        activation: Located<Activation> = Rule::variant::<Activation>().or(Word("relu")),
        /// What follows each convolution of stem and blocks; `batch` unless given.
        norm: Option<Located<NormKind>> = Rule::variant::<NormKind>().or(Nothing),
        /// What every block of every stage is made of.
        block: Option<Block> = Rule::mapping::<Block>().or(Unless(&["layers"])),
        /// The stages, each a run of equal blocks.
        stages: Option<Vec<Stage>> = Rule::list::<Stage>(1, 16).or(Unless(&["layers"])),
        /// The layers after the last stage. It may be left out if `outputs` says what the network
        /// gives.
        head: Option<Head> = Rule::mapping::<Head>().or(Nothing),
        /// All layers by name, in place of `stem`, `block`, `stages` and `head`. Each reads the
        /// one before it unless it says otherwise; the last one is the output unless `outputs`
        /// says otherwise.
        layers: Option<Vec<layers::Layer>> = Rule::list::<layers::Layer>(1, layers::MOST_LAYERS).or(Nothing),
        /// What the network gives: names of your choice, each with the layer, block, stage
        /// (`layer3`) or `stem` that makes it. The first is what callers get unasked. Unless
        /// given, `logits`, which the head makes, or the last of `layers`.
        outputs: Option<Vec<(Located<String>, Located<String>)>> = Rule::names().or(Nothing),
        /// How parameters are drawn before training; as in torchvision unless given.
        initialization: Option<Initialization> = Rule::mapping::<Initialization>().or(Nothing),
        /// What happens to a picture before the network sees it; tools apply it.
        preprocessing: Option<Preprocessing> = Rule::mapping::<Preprocessing>().or(Nothing),
        /// What the classes are called, in the order of the outputs; tools show them.
        class_names: Option<ClassNames> = ClassNames::rule().or(Nothing),
        /// What the network may cost; no limits unless given.
        limits: Option<Limits> = Rule::mapping::<Limits>().or(Nothing),
        /// How convolutions are computed; `auto` unless given. The macro's `algorithm`
        /// option goes before it.
        algorithm: Option<Located<Algorithm>> = Rule::choice::<Algorithm>().or(Nothing),
        /// What of a training step's forward pass stays in memory, and what backward computes
        /// again, to the same results; `none` unless given. The macro's `recompute` option goes
        /// before it.
        recompute: Option<Located<Recompute>> = Rule::choice::<Recompute>().or(Nothing),
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

    /// How convolutions are to be computed.
    pub fn algorithm(&self) -> Choice {
        match self.algorithm.map(|algorithm| algorithm.value) {
            Some(Algorithm::Auto) | None => Choice::Auto,
            Some(Algorithm::Direct) => Choice::Direct,
            Some(Algorithm::Winograd) => Choice::Winograd,
        }
    }

    /// What backward computes again.
    pub fn recompute(&self) -> crate::recompute::Recompute {
        use crate::recompute::Recompute::{Block, None as Nothing, Stage};
        match self.recompute.map(|recompute| recompute.value) {
            Some(Recompute::None) | None => Nothing,
            Some(Recompute::Block) => Block,
            Some(Recompute::Stage) => Stage,
        }
    }
}

/// Reads a spec, key by key; whether the keys go together is for [`validate`] to say.
pub fn parse(source: &Source) -> Result<Spec, Diagnostics> {
    read(source, "the spec")
}

/// Reads a file that is a mapping; `what` is what it is called in messages.
fn read<R: Record>(source: &Source, what: &str) -> Result<R, Diagnostics> {
    let Tree { root, repeated } = tree::parse(source)?;
    let mut decoder = Decoder::new(&source.text);
    let record = decoder.record(what, &root);
    Diagnostics::check([repeated, decoder.found].concat())?;
    record.ok_or_else(|| {
        let message = format!("{what} has no mistake, and yet was not decoded");
        Diagnostic::new(Code::Internal, None, message).into()
    })
}
