//! Every contradiction between keys of the family form: its code, its exact place, what is said,
//! how to mend it.

mod spec_common;

use resnet_compiler::diagnostics::Diagnostics;
use resnet_compiler::source::Source;
use resnet_compiler::{analyse, stages};
use spec_common::{GOOD, lines, mistakes};

/// The good spec with bottlenecks.
fn bottlenecks() -> String {
    GOOD.replacen("kind: basic", "kind: bottleneck", 1)
}

/// All mistakes of what edits make of a text.
fn edited(text: &str, edits: &[(&str, &str)]) -> Vec<String> {
    let edited = edits.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "no {from:?} in {text}");
        text.replacen(from, to, 1)
    });
    mistakes(&edited)
}

/// One test for each case: edits of the good spec, or of that with bottlenecks.
macro_rules! rejects {
    ($($name:ident $base:ident { $($from:literal => $to:literal,)* } => [$($expected:literal,)*])*) => {
        $(#[test]
        fn $name() {
            let text = rejects!(@ $base);
            assert_eq!(edited(&text, &[$(($from, $to)),*]), [$($expected),*]);
        })*
    };
    (@ basic) => { GOOD.to_owned() };
    (@ bottleneck) => { bottlenecks() };
}

// Blocks.
rejects! {
    empty_groups bottleneck { "shortcut: projection" => "shortcut: projection, groups: 4, width_per_group: 2", } => [
        "E0421 4:77+1 `width_per_group` is 2, which leaves no channel for a group in a stage of 16 channels (16 * 2 / 64, rounded down) | use a width of at least 4",
    ]
    basic_groups basic { "shortcut: projection" => "shortcut: projection, groups: 4", } => [
        "E0422 4:52+1 basic blocks have one group, and `groups` is 4 | leave `groups` out, or use `kind: bottleneck`",
    ]
    basic_width basic { "channels: 32" => "channels: 32, width_per_group: 128", } => [
        "E0423 7:48+3 basic blocks have the stage's channels, and `width_per_group` is 128 | leave `width_per_group` out and give the stages other channels, or use `kind: bottleneck`",
    ]
    basic_stride_on basic { "shortcut: projection" => "shortcut: projection, stride_on: conv2", } => [
        "E0424 4:55+5 basic blocks take their steps in the first convolution, and `stride_on` chooses between those of a bottleneck | leave `stride_on` out, or use `kind: bottleneck`",
    ]
    stage_of_basic_blocks bottleneck { "channels: 32" => "channels: 32, kind: basic, stride_on: conv1", } => [
        "E0424 7:55+5 basic blocks take their steps in the first convolution, and `stride_on` chooses between those of a bottleneck | leave `stride_on` out, or use `kind: bottleneck`",
    ]
    reduction basic { "shortcut: projection" => "shortcut: projection, squeeze_excitation: {reduction: 20}", } => [
        "E0425 4:76+2 `reduction` is 20, and the blocks of this stage have 16 channels to reduce | use a reduction of at most 16",
    ]
    reduction_of_bottlenecks bottleneck { "channels: 16}" => "channels: 16, squeeze_excitation: {reduction: 65}}", } => [
        "E0425 6:63+2 `reduction` is 65, and the blocks of this stage have 64 channels to reduce | use a reduction of at most 64",
    ]
    pre_activation_without_norm basic {
        "shortcut: projection" => "shortcut: projection, order: pre_activation",
        "head:" => "norm: none\nhead:",
    } => [
        "E0426 4:51+14 blocks with pre-activation begin with a norm, and `norm` is `none` | use `order: post_activation`, or `norm: batch`",
    ]
    drop_path_without_shortcut basic { "channels: 32" => "channels: 32, shortcut: none, drop_path: 0.1", } => [
        "E0431 7:58+3 `drop_path` leaves the main branch out, and without a shortcut nothing else leads through the block | leave `drop_path` out, or use another shortcut",
    ]
    drop_path_of_one_block basic {
        "shortcut: projection" => "shortcut: projection, drop_path: 0.1",
        "  - {blocks: 1, channels: 32, stride: 2}\n" => "",
    } => [
        "E0432 4:55+3 `drop_path` grows from 0 in the first block, and there is no other block | leave `drop_path` out, or use more blocks",
    ]
    blur_with_unequal_strides basic {
        "shortcut: projection" => "shortcut: projection, antialias: {kernel: 3}",
        "stride: 2" => "stride: [1, 2]",
    } => [
        "E0433 7:39+6 the stage takes steps of 1 and 2, and a blur takes the same along rows and columns | use one stride for both, or `antialias: none` in this stage",
    ]
    pool_blur_with_unequal_strides basic { "kernel: 3" => "kernel: 3, pool: {kind: max, kernel: 3, stride: [2, 1], antialias: {}}", } => [
        "E0433 3:70+6 the stem's pool takes steps of 2 and 1, and a blur takes the same along rows and columns | use one stride for both, or leave `antialias` out",
    ]
    dilation_with_stride basic { "stride: 2" => "stride: 2, dilation: 2", } => [
        "E0429 7:52+1 the dilation changes from 1 to 2 in place of a stride, and the stage has a stride too | leave one of the two out",
    ]
    zero_without_norm basic { "head:" => "norm: none\ninitialization: {zero_last_norm: true}\nhead:", } => [
        "E0434 9:34+4 `zero_last_norm` starts norms at 0, and `norm` is `none` | leave `zero_last_norm` out, or use `norm: batch`",
    ]
    zero_without_shortcut basic {
        "channels: 32" => "channels: 32, shortcut: none",
        "head:" => "initialization: {zero_last_norm: true}\nhead:",
    } => [
        "E0435 8:34+4 `zero_last_norm` starts blocks as their shortcuts, and without a shortcut a block would give nothing | leave `zero_last_norm` out, or use another shortcut",
    ]
}

// The stem.
rejects! {
    width_of_one_convolution basic { "kernel: 3" => "kernel: 3, width: 8", } => [
        "E0427 3:40+1 `width` is for deep stems, and this one has a single convolution | leave it out, or use `kind: deep`",
    ]
    narrow_deep_stem basic { "channels: 16, kernel: 3" => "kind: deep, channels: 1, kernel: 3", } => [
        "E0428 3:30+1 a stem of this kind needs a width of at least 1, and its width is 0 | `width` is half of `channels` unless given: give it, or more channels",
    ]
    narrow_tiered_stem basic { "kernel: 3" => "kernel: 3, kind: deep_tiered, width: 3", } => [
        "E0428 3:59+1 a stem of this kind needs a width of at least 4, and its width is 3 | use a width of 4 or more",
    ]
    deep_stem_misfit basic { "kernel: 3" => "kernel: [3, 1], kind: deep, stride: 4, padding: 0", } => [
        "E0502 3:30+6 the kernel of the stem's convolution is 3, larger than its padded input, whose height is 2 (2 and twice the padding 0) | use a kernel of at most 2, or a larger input",
    ]
    padding_of_one_axis basic { "kernel: 3" => "kernel: [1, 7], padding: 3", } => [
        "E0401 3:47+1 padding 3 is too large for kernel 1, expected less than the kernel: 0 to 0 | leave `padding` out to get half the kernel",
    ]
}

// What is given, and pictures.
rejects! {
    nothing_given basic { "head: {classes: 10}\n" => "", } => [
        "E0441 1:1+5 the network gives nothing: the spec has neither `head` nor `outputs` | add `head: {classes: N}`, or `outputs: {features: layer4}` for the maps of a stage",
    ]
    few_class_names basic { "head:" => "class_names: [a, b]\nhead:", } => [
        "E0444 8:18+1 there are 2 class names for 10 classes, expected one for each | the names follow the order of the outputs",
    ]
    nameless_classes basic { "head: {classes: 10}" => "class_names: [a, b]\noutputs: {features: layer2}", } => [
        "E0445 8:18+1 there are 2 class names, and no `head` to give classes | leave `class_names` out, or add `head`",
    ]
    twin_class_names basic { "head: {classes: 10}" => "class_names: [a, b, a]\nhead: {classes: 3}", } => [
        "E0446 8:21+1 two classes are called `a` | give each class a name of its own",
    ]
    crop_is_not_input basic { "head:" => "preprocessing: {crop: [8, 9]}\nhead:", } => [
        "E0447 8:23+6 the crop is 8x9, and the network takes images of 8x8 | leave `crop` out to cut out what the network takes",
    ]
    crop_exceeds_resize basic { "head:" => "preprocessing: {resize: 7, mean: [0.5]}\nhead:", } => [
        "E0448 8:25+1 the shorter side is resized to 7, less than the 8 pixels that are cut out | resize to at least 8",
    ]
    normalization_channels basic {
        "channels: 1," => "channels: 2,",
        "head:" => "preprocessing: {mean: [0.5, 0.5, 0.5], std: [1, 2]}\nhead:",
    } => [
        "E0449 8:24+3 `mean` has 3 numbers for 2 channels, expected one for each or one for all | give `mean` 1 number, or 2",
    ]
    switch_word basic { "shortcut: projection" => "shortcut: projection, antialias: yes", } => [
        "E0303 4:55+3 found the text `yes` for `antialias`, expected `none`, or a mapping of kernel",
    ]
    word_with_unwanted_keys basic { "head:" => "activation: {relu: {slope: 1}}\nhead:", } => [
        "E0312 8:20+10 `relu` takes no keys | write `relu` alone",
    ]
    quantity_without_unit basic { "head:" => "limits: {parameters: 12X, macs: 0}\nhead:", } => [
        "E0310 8:22+3 found `12X` for `parameters`, expected a number above 0, with the unit `k`, `K`, `M`, `G` or `T` if you like",
        "E0310 8:33+1 found `0` for `macs`, expected a number above 0, with the unit `k`, `K`, `M`, `G` or `T` if you like",
    ]
    output_name basic { "head:" => "outputs: {logits: 'f c'}\nhead:", } => [
        "E0311 8:19+5 the layer's name `f c` contains characters other than letters, digits, `_` and `.` | a layer's name is words of letters, digits and `_` with dots between them, such as `layer1.0.conv1`",
    ]
}

/// Mistakes that are found after parsing.
fn later<T>(text: &str, stage: impl Fn(&Source) -> Result<T, Diagnostics>) -> Vec<String> {
    match stage(&Source::new("x.yaml", text)) {
        Ok(_) => panic!("the spec should be rejected"),
        Err(diagnostics) => lines(&diagnostics),
    }
}

#[test]
fn outputs_name_what_there_is() {
    let text = format!("{GOOD}outputs: {{logits: fc, features: layer3, maps: lyaer1}}\n");
    assert_eq!(
        later(&text, |source| stages::expanded(&stages::parsed(source)?)),
        [
            "E0442 9:33+6 the output `features` names `layer3`, and nothing in the network is called that | write the name of a layer: `resnet expand-spec` lists them if `outputs` is left out",
            "E0442 9:47+6 the output `maps` names `lyaer1`, and nothing in the network is called that | did you mean `layer1`?",
        ]
    );
}

#[test]
fn outputs_are_each_a_value_of_their_own() {
    let text = format!("{GOOD}outputs: {{logits: fc, map: layer2, block: layer2.0, again: fc}}\n");
    assert_eq!(
        later(&text, |source| stages::expanded(&stages::parsed(source)?)),
        [
            "E0471 9:43+8 the outputs `map` and `block` are both what `layer2.0` makes | delete `block`",
            "E0471 9:60+2 the outputs `logits` and `again` are both what `fc` makes | delete `again`",
        ]
    );
}

#[test]
fn nothing_is_left_over() {
    let text = format!("{GOOD}outputs: {{features: layer1}}\n");
    assert_eq!(
        later(&text, |source| stages::expanded(&stages::parsed(source)?)),
        [
            "E0443 7:5+36 nothing that the network gives depends on `layer2.0.conv1` and what follows it | leave this part out, or name an output that it makes",
            "E0443 8:7+13 nothing that the network gives depends on `avgpool` and what follows it | leave this part out, or name an output that it makes",
        ]
    );
}

#[test]
fn limits_tell_by_how_much_and_where() {
    let text = format!(
        "{GOOD}limits:\n  parameters: 10k\n  macs: 500k\n  inference_memory: 64KiB\n  \
         training_memory: 256KiB\n"
    );
    let found = later(&text, analyse);
    let [parameters, macs, inference, training] = &found[..] else {
        panic!("{found:#?}");
    };
    assert_eq!(
        parameters,
        "E0601 10:15+3 the network takes 19.71k parameters, 9.71k (97.1%) more than the limit of 10k | most of it is in `layer2.0.conv2` (9.28k), `layer2.0.conv1` (4.67k), `layer1.0.conv1` (2.34k); make them smaller, or raise the limit",
    );
    assert_eq!(
        macs,
        "E0602 11:9+4 the network takes 533.82k multiply-adds, 33.82k (6.8%) more than the limit of 500k | most of it is in `layer1.0.conv1` (147.46k), `layer1.0.conv2` (147.46k), `layer2.0.conv2` (147.46k); make them smaller, or raise the limit",
    );
    // How much memory is the planner's affair.
    for (message, begin, end) in [
        (
            inference,
            "E0603 12:21+5 the network takes ",
            " more than the limit of 64KiB | most of it is in `layer",
        ),
        (
            training,
            "E0604 13:20+6 the network takes ",
            " more than the limit of 256KiB | most of it is in `layer",
        ),
    ] {
        assert!(
            message.starts_with(begin) && message.contains(end),
            "{message}"
        );
    }
    let text = format!("{GOOD}limits: {{parameters: 12M, macs: 2G, training_memory: 8MiB}}\n");
    let limited = analyse(&Source::new("x.yaml", &text)).unwrap();
    let unlimited = analyse(&Source::new("x.yaml", GOOD)).unwrap();
    assert_eq!(limited.hash, unlimited.hash);
}
