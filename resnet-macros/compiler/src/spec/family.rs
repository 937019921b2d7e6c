//! The family form: a stem, stages of blocks, a head.

use super::table::Absent::{Default, HalfOf, Nothing};
use super::table::{Rule, choice, record};
use super::words::PoolKind;
use crate::diagnostics::Located;

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
