//! The layer form: what it describes, and every mistake it can have.
//!
//! Expected mistakes read `CODE line:column+length message | help`. The layers begin in line 4.

mod spec_common;

use resnet_compiler::source::Source;
use spec_common::{GOOD, layers, lowered, misfits};

/// One test for each case: the lines of `layers`, or a whole text.
macro_rules! rejects {
    ($($name:ident { $($case:tt)* } => [$($expected:literal,)*])*) => {
        $(#[test]
        fn $name() {
            assert_eq!(misfits(rejects!(@ $($case)*)), [$($expected),*]);
        })*
    };
    (@ text: $text:expr) => { $text };
    (@ $($line:literal,)*) => { &layers(&[$($line),*]) };
    (@ $($line:literal,)* outputs: $outputs:literal) => {
        &format!("{}outputs: {}\n", layers(&[$($line),*]), $outputs)
    };
}

// The form.
rejects! {
    both_forms { text: &format!("{GOOD}layers: [{{name: a, activation: relu}}]\n") } => [
        "E0461 3:7+25 the spec has `layers`, which list the whole network, and `stem` too | delete `stem`, or write `layers` inside an item of `stages`",
    ]
    neither_form { text: "model: x\ninput: {channels: 3, height: 8, width: 8}\n" } => [
        "E0302 1:1+5 the spec has no key `stem` | add `stem` (The layers before the first stage): a mapping of kind, channels, width, kernel, stride, padding, pool",
        "E0302 1:1+5 the spec has no key `block` | add `block` (What every block of every stage is made of): a mapping of kind, shortcut, order, stride_on, groups, width_per_group, squeeze_excitation, antialias, activation, drop_path",
        "E0302 1:1+5 the spec has no key `stages` | add `stages` (The stages, each a run of equal blocks): a list",
    ]
    unknown_operator { "name: a, convolution: {channels: 3, kernel: 1}", } => [
        "E0301 4:15+11 `convolution` is not a key of item 1 of `layers` | its keys are name, input, conv, norm, activation, pool, global_pool, linear, add, concat, scale, blur_pool, subsample, dropout, drop_path",
    ]
}

// One layer.
rejects! {
    no_operator { "name: a", "name: b, input: a", } => [
        "E0462 4:12+1 the layer `a` has no operator | add one of conv, norm, activation, pool, global_pool, linear, add, concat, scale, blur_pool, subsample, dropout, drop_path",
        "E0462 5:12+1 the layer `b` has no operator | add one of conv, norm, activation, pool, global_pool, linear, add, concat, scale, blur_pool, subsample, dropout, drop_path",
    ]
    several_operators { "name: a, activation: relu, conv: {channels: 3, kernel: 1}", } => [
        "E0463 4:12+1 the layer `a` has several operators: `conv` and `activation` | make a layer of each; one without `input` reads the layer before it",
    ]
    input_beside_list { "name: a, activation: relu", "name: b, input: a, add: [a, input]", } => [
        "E0464 5:22+1 `add` lists what the layer reads, and `input` says it again | delete `input`, or add `a` to the list",
    ]
    one_added { "name: a, activation: relu", "name: b, add: [a]", } => [
        "E0309 5:20+3 `add` has 1 item, expected from 2 to 256",
    ]
    one_concatenated { "name: a, activation: relu", "name: b, concat: []", } => [
        "E0309 5:23+2 `concat` has 0 items, expected from 2 to 256",
    ]
    three_scaled { "name: a, activation: relu", "name: b, scale: [a, a, a]", } => [
        "E0309 5:22+9 `scale` has 3 items, expected 2",
    ]
    invalid_name { "name: a b, activation: relu", } => [
        "E0311 4:12+3 the layer's name `a b` contains characters other than letters, digits, `_` and `.` | a layer's name is words of letters, digits and `_` with dots between them, such as `layer1.0.conv1`",
    ]
    padding_too_large { "name: a, conv: {channels: 3, kernel: [1, 3], padding: [1, 2]}", } => [
        "E0401 4:60+6 padding 1 is too large for kernel 1, expected less than the kernel: 0 to 0 | leave `padding` out to get half the kernel",
    ]
    keys_of_a_norm_without_its_word { "name: a, norm: {epsilon: 0.001}", } => [
        "E0307 4:22+7 found `epsilon` for `norm`, expected `batch` | `epsilon` is a key of `batch`: write `norm: {batch: {epsilon: ...}}`",
    ]
    rate_of_one { "name: a, dropout: 1.0", } => [
        "E0306 4:24+3 `dropout` is 1.0, expected a number from 0 to 0.999",
    ]
}

// Names.
rejects! {
    unknown_input { "name: conv1, conv: {channels: 3, kernel: 1}", "name: b, input: cnov1, activation: relu", "name: c, add: [b, zzz]", } => [
        "E0465 5:22+5 there is no layer `cnov1` | did you mean `conv1`?",
        "E0465 6:24+3 there is no layer `zzz` | write the name of one of the layers",
    ]
    duplicate_name { "name: a, activation: relu", "name: a, activation: relu", "name: b, add: [a, input]", } => [
        "E0466 5:5+27 two layers are named `a` | rename one of the two",
    ]
    reserved_name { "name: input, activation: relu", "name: d_a, activation: relu", "name: output, activation: relu", "name: output.a, activation: relu", } => [
        "E0467 4:5+31 no layer can have the name `input`, which stands for the images | choose another name",
        "E0467 5:5+29 no layer can have the name `d_a`, which is kept for a gradient, as are all that begin with `d_` | choose another name",
        "E0467 6:5+32 no layer can have the name `output`, which stands for what the network gives | choose another name",
        "E0467 7:5+34 no layer can have the name `output.a`, which is kept for an output, as are all that begin with `output.` | choose another name",
    ]
    name_of_a_parameter { "name: a, conv: {channels: 3, kernel: 1, bias: true}", "name: a.bias, activation: relu", } => [
        "E0468 5:5+32 the layer's name `a.bias` is also that of the parameter of the layer `a` | rename one of the two",
    ]
    name_of_a_partial_sum { "name: a, activation: relu", "name: b, add: [a, a, input]", "name: b.1, activation: relu", } => [
        "E0468 6:5+29 the layer's name `b.1` is also that of the partial sum of the layer `b` | rename one of the two",
    ]
    circle { "name: a, add: [input, c]", "name: b, activation: relu", "name: c, input: b, activation: tanh", } => [
        "E0469 4:12+1 3 layers read one another in a circle: `a` -> `b` -> `c` -> `a` | let one of them read a layer that does not depend on it",
    ]
    reads_itself { "name: a, add: [a, input]", } => [
        "E0469 4:12+1 the layer `a` reads itself | let one of them read a layer that does not depend on it",
    ]
    two_circles { "name: a, input: b, activation: relu", "name: b, input: a, activation: relu", "name: c, input: d, activation: relu", "name: d, input: c, activation: relu", "name: e, add: [a, c]", } => [
        "E0469 4:12+1 2 layers read one another in a circle: `a` -> `b` -> `a` | let one of them read a layer that does not depend on it",
        "E0469 6:12+1 2 layers read one another in a circle: `c` -> `d` -> `c` | let one of them read a layer that does not depend on it",
    ]
    unused { "name: a, activation: relu", "name: b, input: input, activation: relu", } => [
        "E0470 4:5+27 nothing reads the layer `a` | delete it, let another layer read it, or name it in `outputs`",
    ]
    unused_beside_sizes { "name: a, conv: {channels: 4, kernel: 3, stride: 2}", "name: b, add: [a, input]", "name: c, input: a, activation: relu", "name: d, input: b, activation: relu", } => [
        "E0501 5:5+26 b: a residual add needs branches of one shape: the main branch is 4x4x4 and the skip 3x8x8 | add a layer `conv: {channels: 4, kernel: 1, stride: 2}` to the branch of `input`, which makes it 4x4x4",
        "E0470 6:5+37 nothing reads the layer `c` | delete it, let another layer read it, or name it in `outputs`",
    ]
}

// Outputs.
rejects! {
    unknown_output { "name: conv1, activation: relu", outputs: "{logits: cnov1, map: conv3, maps: zzz}" } => [
        "E0442 5:19+5 the output `logits` names `cnov1`, and nothing in the network is called that | did you mean `conv1`?",
        "E0442 5:31+5 the output `map` names `conv3`, and nothing in the network is called that | write the name of a layer: `resnet expand-spec` lists them if `outputs` is left out",
        "E0442 5:44+3 the output `maps` names `zzz`, and nothing in the network is called that | write the name of a layer: `resnet expand-spec` lists them if `outputs` is left out",
    ]
    output_twice { "name: a, activation: relu", outputs: "{logits: a, map: a}" } => [
        "E0471 5:27+1 the outputs `logits` and `map` are both what `a` makes | delete `map`",
    ]
    no_outputs { "name: a, activation: relu", outputs: "{}" } => [
        "E0441 1:1+5 the network gives nothing: `outputs` is empty | name a layer, such as `outputs: {logits: fc}`, or leave it out",
    ]
    unused_beside_outputs { "name: a, activation: relu", "name: b, activation: relu", outputs: "{logits: a}" } => [
        "E0470 5:5+27 nothing reads the layer `b` | delete it, let another layer read it, or name it in `outputs`",
    ]
}

// What goes with the layers.
rejects! {
    class_names { text: &format!("{}class_names: [a, b]\n", layers(&["name: fc, global_pool: average"])) } => [
        "E0473 5:18+1 there are 2 class names, and `fc` makes 3 values, expected one for each | the names follow the order of the values",
    ]
    activation_of_the_model { text: &format!("{}activation: relu\n", layers(&["name: fc, global_pool: average"])) } => [
        "E0461 5:13+4 the spec has `layers`, which list the whole network, and `activation` too | delete `activation`: each of the layers says it for itself",
    ]
}

// Layers in a stage.
rejects! {
    stage_with_channels { text: &stage("channels: 3, layers: [{name: a, activation: relu}]") } => [
        "E0472 7:27+1 the stage lists the layers of its blocks, and has `channels` too | delete `channels`: the layers say it for themselves",
    ]
    stage_with_stride { text: &stage("stride: 2, layers: [{name: a, activation: relu}]") } => [
        "E0472 7:25+1 the stage lists the layers of its blocks, and has `stride` too | delete `stride`: the layers say it for themselves",
    ]
    stage_with_groups { text: &stage("groups: 2, layers: [{name: a, activation: relu}]") } => [
        "E0472 7:5+61 the stage lists the layers of its blocks, and has `groups` too | delete `groups`: the layers say it for themselves",
    ]
    stage_of_too_many { text: &stage("layers: [{name: a, activation: relu}]").replace("blocks: 2", "blocks: 1000").replace("[{name: a, activation: relu}]", &format!("[{}]", "{name: a, activation: relu}, ".repeat(70))) } => [
        "E0504 7:14+4 with this stage the network's layers read more than 24576 values of one another | make the number of blocks smaller",
    ]
    stage_of_too_many_parameters { text: &stage("layers: [{name: a, norm: batch}]").replace("blocks: 2", "blocks: 1000").replace("[{name: a, norm: batch}]", &format!("[{}]", "{name: a, norm: batch}, ".repeat(10))) } => [
        "E0504 7:14+4 with this stage the network's layers have more than 32768 tensors of parameters | make the number of blocks smaller",
    ]
    stage_of_nothing { text: &stage("layers: []") } => [
        "E0309 7:25+2 `layers` has 0 items, expected from 1 to 16384",
    ]
    stage_that_reads_what_follows { text: &stage("layers: [{name: a, input: layer3, activation: relu}]") } => [
        "E0465 7:43+6 there is no layer `layer3` | write the name of one of the layers",
    ]
    stage_with_a_misspelt_layer { text: &stage("layers: [{name: a, add: [input, layer1.0.con2]}]") } => [
        "E0465 7:49+13 there is no layer `layer1.0.con2` | did you mean `layer1.0.conv2`?",
    ]
    stage_with_an_unused_layer { text: &stage("layers: [{name: a, activation: relu}, {name: b, input: input, activation: tanh}]") } => [
        "E0443 7:26+27 nothing that the network gives depends on `layer2.0.a` and what follows it | leave this part out, or name an output that it makes",
    ]
    stage_with_a_circle { text: &stage("layers: [{name: a, input: b, activation: relu}, {name: b, activation: relu}]") } => [
        "E0469 7:33+1 2 layers read one another in a circle: `a` -> `b` -> `a` | let one of them read a layer that does not depend on it",
    ]
    stage_with_branches_that_differ { text: &stage("layers: [{name: a, conv: {channels: 4, kernel: 1}}, {name: b, add: [a, input]}]") } => [
        "E0501 7:69+26 layer2.0.b: a residual add needs branches of one shape: the main branch is 4x8x8 and the skip 16x8x8 | add a layer `conv: {channels: 4, kernel: 1}` to the branch of `layer1.0.relu`, which makes it 4x8x8",
    ]
}

/// A spec in the family form whose second stage, in line 7, has these keys.
fn stage(keys: &str) -> String {
    let text = GOOD.replace(
        "blocks: 1, channels: 32, stride: 2",
        &format!("blocks: 2, {keys}"),
    );
    text.replace("head:", "  - {blocks: 1, channels: 32}\nhead:")
}

#[test]
fn a_stage_of_layers_is_a_block_like_any_other() {
    let by_name = "layers: [{name: conv1, conv: {channels: 16, kernel: 3}}, {name: bn1, norm: batch}, \
                   {name: relu1, activation: relu}, {name: conv2, conv: {channels: 16, kernel: 3}}, \
                   {name: bn2, norm: batch}, {name: add, add: [bn2, input]}, {name: relu, activation: relu}]";
    let [by_name, by_key] = [by_name, "channels: 16"].map(|keys| lowered(&stage(keys)).unwrap());
    assert_eq!(by_name.to_string(), by_key.to_string());
}

#[test]
fn a_stage_reads_over_any_distance() {
    let text = stage(
        "layers: [{name: a, concat: [input, layer1.0.conv1, stem, layer1]}, \
                      {name: b, conv: {channels: 16, kernel: 1}}, {name: c, add: [b, input]}]",
    );
    let graph = lowered(&text).unwrap().to_string();
    let line = "layer2.0.a = concat(layer1.0.relu, skip layer1.0.conv1, skip relu, skip layer1.0.relu) : 64x8x8\n";
    assert!(graph.contains(line), "{graph}");
    assert!(
        graph.contains("layer2.1.c = add(layer2.1.b, skip layer2.0.c) : 16x8x8\n"),
        "{graph}"
    );
}

// Shapes.
rejects! {
    branches_differ { "name: a, conv: {channels: 8, kernel: 3}", "name: b, conv: {channels: 16, kernel: 3, stride: 2}", "name: c, add: [b, a]", } => [
        "E0501 6:5+22 c: a residual add needs branches of one shape: the main branch is 16x4x4 and the skip 8x8x8 | add a layer `conv: {channels: 16, kernel: 1, stride: 2}` to the branch of `a`, which makes it 16x4x4",
    ]
    branches_differ_in_channels { "name: a, conv: {channels: 8, kernel: 3}", "name: b, conv: {channels: 16, kernel: 3}", "name: c, add: [a, b]", } => [
        "E0501 6:5+22 c: a residual add needs branches of one shape: the main branch is 8x8x8 and the skip 16x8x8 | add a layer `conv: {channels: 8, kernel: 1}` to the branch of `b`, which makes it 8x8x8",
    ]
    branches_differ_in_one_axis { "name: a, conv: {channels: 3, kernel: 3, stride: [1, 2]}", "name: c, add: [input, a]", } => [
        "E0501 5:5+26 c: a residual add needs branches of one shape: the main branch is 3x8x8 and the skip 3x8x4 | add a layer `conv: {channels: 3, kernel: 1, stride: [1, 2]}` to the branch of `input`, which makes it 3x8x4",
    ]
    branches_that_no_stride_mends { "name: a, conv: {channels: 3, kernel: 3, padding: 0}", "name: c, add: [a, input]", } => [
        "E0501 5:5+26 c: a residual add needs branches of one shape: the main branch is 3x6x6 and the skip 3x8x8 | give both branches the same channels, strides and paddings",
    ]
    third_branch_differs { "name: a, activation: relu", "name: b, conv: {channels: 8, kernel: 1}", "name: c, add: [a, input, b]", } => [
        "E0501 6:5+29 c.1: a residual add needs branches of one shape: the main branch is 3x8x8 and the skip 8x8x8 | add a layer `conv: {channels: 3, kernel: 1}` to the branch of `b`, which makes it 3x8x8",
    ]
    concat_of_different_maps { "name: a, conv: {channels: 8, kernel: 3, stride: 2}", "name: c, concat: [a, input]", } => [
        "E0507 5:5+29 c: a concatenation needs inputs of one height and width: input 1 is 8x4x4, input 2 is 3x8x8 (all: 8x4x4, 3x8x8) | give all inputs the same strides, or pool the larger ones",
    ]
    scale_of_a_map { "name: a, activation: sigmoid", "name: b, scale: [input, a]", } => [
        "E0508 5:5+28 b: a scaling of 3x8x8 needs one factor for each channel, 3x1x1, but its second input is 3x8x8 | pool the second input to one pixel, and give it the channels of the first",
    ]
    linear_on_a_map { "name: fc, linear: {features: 10}", } => [
        "E0509 4:5+34 fc: a fully connected layer reads one pixel, and its input is 3x8x8 | add a layer `global_pool: average` before it",
    ]
    groups_that_do_not_divide { "name: a, conv: {channels: 8, kernel: 1, groups: 2}", } => [
        "E0510 4:5+52 a: a convolution of 3 to 8 channels can't have 2 groups | the number of groups must divide both numbers of channels",
    ]
    kernel_too_large { "name: a, conv: {channels: 8, kernel: 9, padding: 0}", } => [
        "E0502 4:5+53 a: a 9x9 convolution has a kernel height of 9, but its input's height is 8 (8 with padding) | make the input larger, the kernel smaller, or use fewer strides before it",
    ]
    subsample_to_fewer_channels { "name: a, subsample: {channels: 2}", } => [
        "E0505 4:5+35 a: an identity shortcut can add channels of zeros but not drop any: the block reads 3 channels and writes 2 | use `shortcut: projection`, or don't let the stage have fewer channels than the one before",
    ]
    several_places { "name: a, conv: {channels: 8, kernel: 1, groups: 2}", "name: b, input: input, linear: {features: 1}", "name: c, input: input, conv: {channels: 8, kernel: 9, padding: 0}", "name: d, concat: [a, b, c]", } => [
        "E0510 4:5+52 a: a convolution of 3 to 8 channels can't have 2 groups | the number of groups must divide both numbers of channels",
        "E0509 5:5+46 b: a fully connected layer reads one pixel, and its input is 3x8x8 | add a layer `global_pool: average` before it",
        "E0502 6:5+67 c: a 9x9 convolution has a kernel height of 9, but its input's height is 8 (8 with padding) | make the input larger, the kernel smaller, or use fewer strides before it",
    ]
}

#[test]
fn branches_that_differ_are_both_shown() {
    let text = layers(&[
        "name: a, conv: {channels: 8, kernel: 3}",
        "name: b, conv: {channels: 16, kernel: 3, stride: 2}",
        "name: c, add: [b, a]",
    ]);
    let source = Source::new("x.yaml", &text);
    let rendered = lowered(&text).unwrap_err().render(&source);
    let expected = "
error[E0501]: c: a residual add needs branches of one shape: the main branch is 16x4x4 and the skip 8x8x8
 --> x.yaml:6:5
  |
4 |   - {name: a, conv: {channels: 8, kernel: 3}}
  |     ----------------------------------------- a gives 8x8x8
5 |   - {name: b, conv: {channels: 16, kernel: 3, stride: 2}}
  |     ----------------------------------------------------- b gives 16x4x4
6 |   - {name: c, add: [b, a]}
  |     ^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: add a layer `conv: {channels: 16, kernel: 1, stride: 2}` to the branch of `a`, which makes it 16x4x4
";
    assert_eq!(rendered, expected.trim());
}

#[test]
fn a_circle_is_shown_layer_by_layer() {
    let text = layers(&[
        "name: a, add: [input, c]",
        "name: b, activation: relu",
        "name: c, input: b, activation: tanh",
    ]);
    let source = Source::new("x.yaml", &text);
    let rendered = lowered(&text).unwrap_err().render(&source);
    let expected = "
error[E0469]: 3 layers read one another in a circle: `a` -> `b` -> `c` -> `a`
 --> x.yaml:4:12
  |
4 |   - {name: a, add: [input, c]}
  |            ^ reads `c`
5 |   - {name: b, activation: relu}
  |            - reads `a`
6 |   - {name: c, input: b, activation: tanh}
  |            - reads `b`
  |
  = help: let one of them read a layer that does not depend on it
";
    assert_eq!(rendered, expected.trim());
}

#[test]
fn layers_may_read_layers_behind_them() {
    let backwards = layers(&[
        "name: sum, add: [b, a]",
        "name: b, input: a, conv: {channels: 4, kernel: 3}",
        "name: a, input: input, conv: {channels: 4, kernel: 3}",
    ]);
    let backwards = format!("{backwards}outputs: {{logits: sum}}\n");
    let forwards = layers(&[
        "name: a, conv: {channels: 4, kernel: 3}",
        "name: b, conv: {channels: 4, kernel: 3}",
        "name: sum, add: [b, a]",
    ]);
    let [backwards, forwards] = [backwards, forwards].map(|text| lowered(&text).unwrap());
    assert_eq!(backwards.to_string(), forwards.to_string());
}

#[test]
fn a_sum_of_many_is_a_chain() {
    let text = layers(&[
        "name: a, activation: relu",
        "name: sum, add: [a, input, a, input]",
        "name: fc, global_pool: average",
    ]);
    let graph = lowered(&text).unwrap().to_string();
    assert!(
        graph.contains("sum = add(a, skip input) : 3x8x8\n"),
        "{graph}"
    );
    assert!(
        graph.contains("sum.1 = add(sum, skip a) : 3x8x8\n"),
        "{graph}"
    );
    assert!(
        graph.contains("sum.2 = add(sum.1, skip input) : 3x8x8\n"),
        "{graph}"
    );
    assert!(graph.contains("fc = global_average_pool(sum.2)"), "{graph}");
}
