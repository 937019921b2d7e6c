//! The blocks of each stage: do their keys go together?

use crate::diagnostics::{Code, Diagnostic, Located};
use crate::spec::{Block, BlockKind, Family, NormKind, Order, Shortcut, Stage};

pub(super) fn check(spec: Family<'_>, found: &mut Vec<Diagnostic>) {
    let mut dilation = 1;
    let blocks: usize = spec.stages.iter().map(|stage| stage.blocks.value).sum();
    for stage in spec.stages {
        if stage.layers.is_some() {
            found.extend(mixed(stage));
            continue;
        }
        let block = stage.block(spec.block);
        if let Some(channels) = stage.channels {
            match block.kind.value {
                BlockKind::Basic => basic(&block, found),
                BlockKind::Bottleneck => found.extend(empty_groups(&block, channels)),
            }
            found.extend(reduction_too_large(&block, channels));
        }
        found.extend(norm_missing(spec, &block));
        found.extend(drop_path(&block, blocks));
        found.extend(blur_strides(&block, stage));
        dilated(stage, dilation, found);
        dilation = stage.dilation.value;
    }
}

/// A stage that lists its layers and says what blocks are made of, too.
fn mixed(stage: &Stage) -> Option<Diagnostic> {
    let (key, place) = stage.block_key()?;
    let message = format!("the stage lists the layers of its blocks, and has `{key}` too");
    let help = format!("delete `{key}`: the layers say it for themselves");
    Some(Diagnostic::new(Code::StageMixed, place, message).help(help))
}

/// Keys that only bottlenecks have a use for.
fn basic(block: &Block, found: &mut Vec<Diagnostic>) {
    let mut unwanted = |code, place, message: String, help| {
        let unwanted = Diagnostic::new(code, place, message)
            .label(block.kind.place, "the kind of block")
            .help(help);
        found.push(unwanted);
    };
    let (groups, width) = (block.groups, block.width_per_group);
    if groups.value != 1 {
        let message = format!(
            "basic blocks have one group, and `groups` is {}",
            groups.value
        );
        let help = "leave `groups` out, or use `kind: bottleneck`";
        unwanted(Code::BasicHasGroups, groups.place, message, help);
    }
    if width.value != 64 {
        let message = format!(
            "basic blocks have the stage's channels, and `width_per_group` is {}",
            width.value
        );
        let help = "leave `width_per_group` out and give the stages other channels, or use \
                    `kind: bottleneck`";
        unwanted(Code::BasicHasWidth, width.place, message, help);
    }
    if let Some(on) = block.stride_on {
        let message = "basic blocks take their steps in the first convolution, and `stride_on` \
                       chooses between those of a bottleneck";
        let help = "leave `stride_on` out, or use `kind: bottleneck`";
        unwanted(Code::BasicHasStrideOn, on.place, message.to_owned(), help);
    }
}

/// Groups of no channels at all.
fn empty_groups(block: &Block, channels: Located<usize>) -> Option<Diagnostic> {
    let width = block.width_per_group;
    if block.width(channels.value) > 0 {
        return None;
    }
    let message = format!(
        "`width_per_group` is {}, which leaves no channel for a group in a stage of {} channels \
         ({} * {} / 64, rounded down)",
        width.value, channels.value, channels.value, width.value
    );
    Some(
        Diagnostic::new(Code::EmptyGroups, width.place, message)
            .label(channels.place, "the stage's channels")
            .help(format!(
                "use a width of at least {}",
                64usize.div_ceil(channels.value)
            )),
    )
}

fn reduction_too_large(block: &Block, stage: Located<usize>) -> Option<Diagnostic> {
    let reduction = block.squeeze_excitation.on()?.reduction;
    let channels = block.out_channels(stage.value);
    (reduction.value > channels).then(|| {
        let message = format!(
            "`reduction` is {}, and the blocks of this stage have {channels} channels to reduce",
            reduction.value
        );
        Diagnostic::new(Code::ReductionTooLarge, reduction.place, message)
            .label(stage.place, "the stage's channels")
            .help(format!("use a reduction of at most {channels}"))
    })
}

fn norm_missing(spec: Family<'_>, block: &Block) -> Option<Diagnostic> {
    let norm = spec.norm.as_ref()?;
    let missing = norm.value == NormKind::None && block.order.value == Order::PreActivation;
    missing.then(|| {
        let message = "blocks with pre-activation begin with a norm, and `norm` is `none`";
        Diagnostic::new(Code::PreActivationWithoutNorm, block.order.place, message)
            .label(norm.place, "no norms")
            .help("use `order: post_activation`, or `norm: batch`")
    })
}

/// Stochastic depth that has nothing to leave out, or nothing to keep.
fn drop_path(block: &Block, blocks: usize) -> Option<Diagnostic> {
    let rate = block.drop_path;
    if rate.value == 0.0 {
        return None;
    }
    if block.shortcut.value == Shortcut::None {
        let message = "`drop_path` leaves the main branch out, and without a shortcut nothing \
                       else leads through the block";
        let lost = Diagnostic::new(Code::DropPathWithoutShortcut, rate.place, message)
            .label(block.shortcut.place, "no shortcut");
        return Some(lost.help("leave `drop_path` out, or use another shortcut"));
    }
    (blocks == 1).then(|| {
        let message = "`drop_path` grows from 0 in the first block, and there is no other block";
        Diagnostic::new(Code::DropPathOfOneBlock, rate.place, message)
            .help("leave `drop_path` out, or use more blocks")
    })
}

fn blur_strides(block: &Block, stage: &Stage) -> Option<Diagnostic> {
    let antialias = block.antialias.on()?;
    let [rows, columns] = stage.stride.value;
    (rows != columns).then(|| {
        let message = format!(
            "the stage takes steps of {rows} and {columns}, and a blur takes the same along rows \
             and columns"
        );
        Diagnostic::new(Code::BlurStrides, stage.stride.place, message)
            .label(antialias.place, "the blur")
            .help("use one stride for both, or `antialias: none` in this stage")
    })
}

/// Dilation stands in for a stride.
fn dilated(stage: &Stage, before: usize, found: &mut Vec<Diagnostic>) {
    let (dilation, stride) = (stage.dilation, stage.stride);
    if dilation.value != before && stride.value != [1, 1] {
        let message = format!(
            "the dilation changes from {before} to {} in place of a stride, and the stage has a \
             stride too",
            dilation.value
        );
        let both = Diagnostic::new(Code::DilationWithStride, dilation.place, message)
            .label(stride.place, "the stride")
            .help("leave one of the two out");
        found.push(both);
    }
}
