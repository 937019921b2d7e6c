//! The family form: a stem, stages of blocks, a head.

use super::layers::{Layer, MOST_LAYERS};
use super::table::Absent::{Default, Flag, HalfOf, Nothing, Number, Unless, Word};
use super::table::{Rule, Switch, choice, record};
use super::words::{Activation, PoolKind};
use crate::diagnostics::{Located, Place};

record! {
    /// The layers before the first stage: a convolution, or three of them, and a pool if there
    /// is one.
    pub struct Stem {
        /// How many convolutions, and how wide; `conv` unless given.
        kind: Located<StemKind> = Rule::choice::<StemKind>().or(Word("conv")),
        /// Channels that the stem makes.
        channels: Located<usize> = Rule::whole(1, 65_536),
        /// Channels between the convolutions of a deep stem; half of `channels` unless given.
        width: Option<Located<usize>> = Rule::whole(1, 65_536).or(Nothing),
        /// Rows and columns of the kernel; of all three in a deep stem.
        kernel: Located<[usize; 2]> = Rule::pair(1, 31),
        /// Steps of the first convolution from one of its positions to the next; 1 unless given.
        stride: Located<[usize; 2]> = Rule::pair(1, 16).or(Default(1)),
        /// Zeros around the input, above and below, left and right; half the kernel unless given.
        padding: Located<[usize; 2]> = Rule::pair(0, 30).or(HalfOf("kernel")),
        /// The pool after it; there is none unless given.
        pool: Option<StemPool> = Rule::mapping::<StemPool>().or(Nothing),
    }
}

choice! {
    /// The convolutions of a stem.
    pub enum StemKind {
        /// One convolution.
        Conv = "conv",
        /// Three: the first two make `width` channels, the last `channels` (the C and D nets).
        Deep = "deep",
        /// Three, of which the first makes 3/4 of `width` channels only (timm's T nets).
        DeepTiered = "deep_tiered",
    }
}

record! {
    /// The pool after the stem's convolutions.
    pub struct StemPool {
        /// What it takes of each window.
        kind: Located<PoolKind> = Rule::choice::<PoolKind>(),
        /// Rows and columns of its window.
        kernel: Located<[usize; 2]> = Rule::pair(1, 31),
        /// Steps from one window to the next.
        stride: Located<[usize; 2]> = Rule::pair(1, 16),
        /// Padding around its input, half the kernel unless given.
        padding: Located<[usize; 2]> = Rule::pair(0, 15).or(HalfOf("kernel")),
        /// Blurs what the pool gives, and takes its steps there, the pool's own being 1;
        /// `none` unless given.
        antialias: Switch<Antialias> = Rule::switch::<Antialias>(),
    }
}

/// Declares the keys of a block together with those of a stage, which may override them all.
macro_rules! block_keys {
    ($($(#[doc = $about:literal])* $key:ident: $Type:ty = $rule:expr, $absent:expr;)*) => {
        record! {
            /// What every block is made of. A stage may say each of these keys for its own
            /// blocks.
            pub struct Block {
                /// The convolutions of the block's main branch.
                kind: Located<BlockKind> = Rule::choice::<BlockKind>(),
                /// What leads around them.
                shortcut: Located<Shortcut> = Rule::choice::<Shortcut>(),
                $($(#[doc = $about])* $key: $Type = $rule.or($absent),)*
            }
        }

        record! {
            /// A run of equal blocks. Every key of `block` may stand here too, and goes before it.
            pub struct Stage {
                /// How many blocks.
                blocks: Located<usize> = Rule::whole(1, 1000),
                /// Channels of their 3x3 convolutions, before groups make them wider; a
                /// bottleneck ends with four times as many.
                channels: Option<Located<usize>> = Rule::whole(1, 65_536).or(Unless(&["layers"])),
                /// The layers of each block by name, in place of all other keys but `blocks`.
                /// `input` is what the block reads, and the last layer what it gives; their names
                /// begin with the block's (`layer2.0.`), and layers before the block are read by
                /// their full names.
                layers: Option<Vec<Layer>> = Rule::list::<Layer>(1, MOST_LAYERS).or(Nothing),
                /// Steps of the first block, which make the image smaller, along rows and
                /// columns; 1 unless given.
                stride: Located<[usize; 2]> = Rule::pair(1, 16).or(Default(1)),
                /// Pixels from one tap of the 3x3 kernels to the next, in place of a stride; the
                /// first convolution of the first block keeps the dilation of the stage before.
                /// 1 unless given.
                dilation: Located<usize> = Rule::whole(1, 16).or(Default(1)),
                /// The convolutions of the block's main branch; `block`'s unless given.
                kind: Option<Located<BlockKind>> = Rule::choice::<BlockKind>().or(Nothing),
                /// What leads around them; `block`'s unless given.
                shortcut: Option<Located<Shortcut>> = Rule::choice::<Shortcut>().or(Nothing),
                $($(#[doc = $about])* $key: Option<$Type> = $rule.or(Nothing),)*
            }
        }

        impl Stage {
            /// The first key that says what blocks are made of, if one is there.
            pub(super) fn block_key(&self) -> Option<(&'static str, Place)> {
                // A default is where the whole stage is.
                let given = |place: Place| Some(place).filter(|&place| place != self.place);
                let keys = [
                    ("channels", self.channels.map(|channels| channels.place)),
                    ("stride", given(self.stride.place)),
                    ("dilation", given(self.dilation.place)),
                    ("kind", self.kind.map(|kind| kind.place)),
                    ("shortcut", self.shortcut.map(|shortcut| shortcut.place)),
                    // These may be switches without a place of their own.
                    $((stringify!($key), self.$key.as_ref().map(|_| self.place)),)*
                ];
                keys.into_iter().find_map(|(key, place)| Some((key, place?)))
            }

            /// What this stage's blocks are made of, if `block` holds for what it doesn't say.
            pub fn block(&self, block: &Block) -> Block {
                Block {
                    kind: self.kind.unwrap_or(block.kind),
                    shortcut: self.shortcut.unwrap_or(block.shortcut),
                    $($key: self.$key.clone().unwrap_or_else(|| block.$key.clone()),)*
                    place: block.place,
                }
            }
        }
    };
}

block_keys! {
    /// Whether norm and activation follow each convolution or go before it; `post_activation`
    /// unless given.
    order: Located<Order> = Rule::choice::<Order>(), Word("post_activation");
    /// Which convolution of a bottleneck takes the steps; `conv2` unless given, as in
    /// torchvision.
    stride_on: Option<Located<StrideOn>> = Rule::choice::<StrideOn>(), Nothing;
    /// Groups of channels that a bottleneck's 3x3 convolution keeps apart (ResNeXt); 1 unless
    /// given.
    groups: Located<usize> = Rule::whole(1, 65_536), Default(1);
    /// Channels of each group in a stage of 64 channels, in others in proportion; 64 unless
    /// given, and 128 in the wide networks.
    width_per_group: Located<usize> = Rule::whole(1, 65_536), Default(64);
    /// Weighs the channels of a block's main branch by what all of them are on average; `none`
    /// unless given.
    squeeze_excitation: Switch<SqueezeExcitation> = Rule::switch::<SqueezeExcitation>(), Word("none");
    /// Blurs where a block makes the image smaller, and takes its steps there; `none` unless
    /// given.
    antialias: Switch<Antialias> = Rule::switch::<Antialias>(), Word("none");
    /// What follows the norms; the model's `activation` unless given.
    activation: Option<Located<Activation>> = Rule::variant::<Activation>(), Nothing;
    /// Share of the images for which the last block's main branch is left out in training
    /// (stochastic depth); of the blocks before it, in proportion to their number, the first
    /// never. 0 unless given.
    drop_path: Located<f64> = Rule::real(0.0, 0.95), Number(0.0);
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
        /// The block's input, through a 1x1 convolution in every block (option C).
        ProjectionAll = "projection_all",
        /// As `projection`, with an average pool before the convolution that takes its steps
        /// (option D).
        AverageProjection = "average_projection",
        /// Nothing: the plain twin of a residual network.
        None = "none",
    }
}

choice! {
    /// Where norm and activation are.
    pub enum Order {
        /// After each convolution, the last activation after the addition (He et al. 2015).
        PostActivation = "post_activation",
        /// Before each convolution, nothing after the addition (He et al. 2016).
        PreActivation = "pre_activation",
    }
}

choice! {
    /// Which convolution of a bottleneck takes the steps.
    pub enum StrideOn {
        /// The first, of 1x1 (the paper's, v1).
        Conv1 = "conv1",
        /// The second, of 3x3 (v1.5).
        Conv2 = "conv2",
    }
}

record! {
    /// Squeeze and excitation (Hu et al. 2017): the mean of each channel, two 1x1 convolutions,
    /// a sigmoid, and each channel times its own.
    pub struct SqueezeExcitation {
        /// How many times fewer channels there are between the two convolutions, rounded to
        /// multiples of 8; 16 unless given.
        reduction: Located<usize> = Rule::whole(1, 1024).or(Default(16)),
    }
}

record! {
    /// A blur before pixels are left out (Zhang 2019).
    pub struct Antialias {
        /// Rows and columns of the binomial blur; 3 unless given.
        kernel: Located<usize> = Rule::whole(2, 15).or(Default(3)),
    }
}

record! {
    /// The layers after the last stage: the mean over the image and a linear layer.
    pub struct Head {
        /// How many classes the network tells apart.
        classes: Located<usize> = Rule::whole(1, 1_000_000),
        /// Share of the values that training zeroes before the linear layer; 0 unless given.
        dropout: Located<f64> = Rule::real(0.0, 0.95).or(Number(0.0)),
        /// Whether the linear layer adds a bias; `true` unless given.
        bias: Located<bool> = Rule::flag().or(Flag(true)),
    }
}

impl Stem {
    /// Channels between the convolutions of a deep stem.
    pub fn width(&self) -> usize {
        match self.width {
            Some(width) => width.value,
            None => self.channels.value / 2,
        }
    }
}

impl Block {
    /// Channels of a bottleneck's 3x3 convolution, in a stage of `channels`.
    pub fn width(&self, channels: usize) -> usize {
        channels * self.width_per_group.value / WIDTH_OF_GROUP * self.groups.value
    }

    /// Channels that come out of it, in a stage of `channels`.
    pub fn out_channels(&self, channels: usize) -> usize {
        match self.kind.value {
            BlockKind::Basic => channels,
            BlockKind::Bottleneck => channels * BOTTLENECK_EXPANSION,
        }
    }
}

/// What `width_per_group` is in proportion to.
const WIDTH_OF_GROUP: usize = 64;

/// What a bottleneck's last convolution multiplies the stage's channels by.
const BOTTLENECK_EXPANSION: usize = 4;

impl SqueezeExcitation {
    /// Channels between the two convolutions, of a map of `channels`: the nearest multiple of 8.
    pub fn width(&self, channels: usize) -> usize {
        let reduction = self.reduction.value;
        ((channels + 4 * reduction) / (8 * reduction) * 8).max(8)
    }
}
