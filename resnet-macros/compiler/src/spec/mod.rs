//! What the YAML describes: the typed spec, read and checked.
//!
//! text -> `text` (cheap checks) -> [`tree`] (values with places) -> `decode` (this file's structs,
//! by their tables) -> [`validate()`] (keys that contradict each other).

mod decode;
mod lines;
mod name;
mod scalar;
mod suggest;
pub mod table;
mod text;
pub mod tree;
mod validate;

use decode::Decoder;
use table::Absent::{Default, HalfOf, Nothing};
use table::{Field, Record, Rule, choice, record};

use crate::diagnostics::{Code, Diagnostic, Diagnostics, Located};
use crate::source::Source;
pub use validate::validate;

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

record! {
    /// The layers before the first stage: a convolution, and a pool if there is one.
    pub struct Stem {
        /// Channels that the convolution makes.
        channels: Located<usize> = Rule::whole(1, 65_536),
        /// Side of its square kernel.
        kernel: Located<usize> = Rule::whole(1, 31),
        /// Step from one of its positions to the next.
        stride: Located<usize> = Rule::whole(1, 16).or(Default(1)),
        /// Zeros around its input, half the kernel unless given.
        padding: Located<usize> = Rule::whole(0, 30).or(HalfOf("kernel")),
        /// The pool after it.
        pool: Option<StemPool> = Rule::mapping::<StemPool>().or(Nothing),
    }
}

record! {
    /// The pool after the stem's convolution.
    pub struct StemPool {
        /// What it takes of each window.
        kind: Located<PoolKind> = Rule::choice::<PoolKind>(),
        /// Side of its square window.
        kernel: Located<usize> = Rule::whole(1, 31),
        /// Step from one window to the next.
        stride: Located<usize> = Rule::whole(1, 16),
        /// Padding around its input, half the kernel unless given.
        padding: Located<usize> = Rule::whole(0, 15).or(HalfOf("kernel")),
    }
}

choice! {
    /// What a pool takes of each window.
    pub enum PoolKind {
        /// The largest value.
        Max = "max",
        /// The mean of the values.
        Average = "average",
    }
}

record! {
    /// What every block is made of.
    pub struct Block {
        /// The convolutions of the block's main branch.
        kind: Located<BlockKind> = Rule::choice::<BlockKind>(),
        /// What leads around them.
        shortcut: Located<Shortcut> = Rule::choice::<Shortcut>(),
    }
}

choice! {
    /// The convolutions of a block's main branch.
    pub enum BlockKind {
        /// Two of 3x3.
        Basic = "basic",
        /// 1x1, 3x3, 1x1, the last with four times the channels.
        Bottleneck = "bottleneck",
    }
}

choice! {
    /// What leads around the convolutions of a block.
    pub enum Shortcut {
        /// The block's input, subsampled and with zeros for new channels (option A).
        Identity = "identity",
        /// The block's input, through a 1x1 convolution where shapes change (option B).
        Projection = "projection",
        /// Nothing: the plain twin of a residual network.
        None = "none",
    }
}

record! {
    /// A run of equal blocks.
    pub struct Stage {
        /// How many blocks.
        blocks: Located<usize> = Rule::whole(1, 1000),
        /// Channels of their 3x3 convolutions.
        channels: Located<usize> = Rule::whole(1, 65_536),
        /// Step of the first block's convolution, which makes the image smaller.
        stride: Located<usize> = Rule::whole(1, 16).or(Default(1)),
    }
}

record! {
    /// The layers after the last stage: the mean over the image and a linear layer.
    pub struct Head {
        /// How many classes the network tells apart.
        classes: Located<usize> = Rule::whole(1, 1_000_000),
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
