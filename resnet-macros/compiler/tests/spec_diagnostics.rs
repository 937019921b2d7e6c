//! Every mistake a spec can have: its code, its exact place, what is said, how to mend it.
//!
//! A case is a whole text, or an edit of the good spec; what is expected reads
//! `CODE line:column+length message | help`.

mod spec_common;

use spec_common::{GOOD, edited, mistakes};

/// One test for each case.
macro_rules! rejects {
    ($($name:ident { $($case:tt)* } => [$($expected:literal,)*])*) => {
        $(#[test]
        fn $name() {
            assert_eq!(mistakes(rejects!(@ $($case)*)), [$($expected),*]);
        })*
    };
    (@ text: $text:expr) => { $text };
    (@ edit: $from:literal => $to:expr) => { &edited($from, $to) };
}

// The text, before it is parsed.
rejects! {
    comments_only { text: "# nothing here\n---\n\n" } => [
        "E0111 1:1+0 the spec is empty, expected a model description | start it with `model: NAME`",
    ]
    nul { text: "model: x\ninput: \0\n" } => [
        "E0112 2:8+1 found a NUL character, which YAML does not allow | save the file as UTF-8 text",
    ]
    invisible { text: "model: x\u{200b}\ninput:\u{2028}\n" } => [
        "E0112 2:7+1 found the invisible character U+2028, which YAML does not allow | delete it",
    ]
    tab { text: "model: x\ninput:\n  \tchannels: 1\n\theight: 2\n" } => [
        "E0113 3:3+1 found a tab in the indentation, which YAML does not allow | indent with spaces",
    ]
    directive { text: "%YAML 1.1\n---\nmodel: x\n" } => [
        "E0114 1:1+1 found a YAML directive, which specs do not use | delete the line",
    ]
}

// YAML syntax.
rejects! {
    unclosed_braces { text: "model: x\ninput: {channels: 1\nhead: {classes: 2}\n" } => [
        "E0201 3:5+1 expected `,` or `}` to go on with, or close, the mapping in braces | write `{key: value, key: value}`",
    ]
    unclosed_brackets { text: "model: x\nstages: [1, 2\n" } => [
        "E0201 2:13+1 expected `,` or `]` to go on with, or close, the list in brackets | write `[value, value]`",
    ]
    two_colons { text: "model: x: y\n" } => [
        "E0201 1:9+1 a `:` cannot stand here | does the line before lack its `:`, or does the indentation differ? text that contains `: ` goes in quotes",
    ]
    lost_colon { text: "model: x\nhead\n" } => [
        "E0201 2:4+1 expected `:` after the key before this | write `key: value`, with a space after the colon",
    ]
    bad_indent { text: "model: x\n  input: 3\n" } => [
        "E0201 2:8+1 a `:` cannot stand here | does the line before lack its `:`, or does the indentation differ? text that contains `: ` goes in quotes",
    ]
    list_misaligned { text: "stages:\n  - a\n b\n" } => [
        "E0201 3:2+1 expected a key here | keys of one mapping line up at the same column",
    ]
    list_in_line { text: "stages: - a\n" } => [
        "E0201 1:9+1 a list item cannot stand here | start the list on a new line, each item after `- `",
    ]
    at_sign { text: "model: @x\n" } => [
        "E0201 1:8+1 this character cannot start a value | put the text in quotes",
    ]
    unclosed_quotes { text: "model: \"x\nhead: 3\n" } => [
        "E0201 2:7+1 the file ends inside quotes | close the quotes",
    ]
    unknown_anchor { text: "model: *name\n" } => [
        "E0201 1:8+1 this alias repeats a value that has no anchor before it | put `&NAME` before the value to repeat",
    ]
    stray_bracket { text: "[1]\n]\n" } => [
        "E0201 2:1+1 expected the file to end here | check the brackets and the indentation before this",
    ]
    bad_escape { text: "model: \"\\q\"\n" } => [
        "E0201 1:9+1 this escape is not known | write two backslashes for one, or use single quotes",
    ]
    no_value_in_braces { edit: "kernel: 3" => "kernel:" } => [
        "E0201 3:28+1 a value must follow this `:`, after a space | write `key: value`, or leave the key out",
    ]
    second_bare { text: "model: x\n...\n\n# more\nhead: 3\n" } => [
        "E0201 5:1+1 expected the file to end here | check the brackets and the indentation before this",
    ]
}

// What YAML allows and specs do not.
rejects! {
    deep { text: &format!("model: x\nhead: {}\n", "[".repeat(70)) } => [
        "E0202 2:71+1 values are nested more than 64 levels deep | a spec needs four levels",
    ]
    deep_dashes { text: &format!("head:\n{}x\n", "- ".repeat(70)) } => [
        "E0202 2:1+1 values are nested more than 64 levels deep | a spec needs four levels",
    ]
    deep_lines { text: &(0..200).map(|i| format!("{}a:\n", " ".repeat(i))).collect::<String>() } => [
        "E0202 129:129+1 values are nested more than 64 levels deep | a spec needs four levels",
    ]
    too_many_values { text: &format!("head: [{}]\n", "1,".repeat(130_000)) } => [
        "E0203 1:240003+1 the spec holds more than 30000 values | repeat blocks with `blocks: N` instead of writing each",
    ]
    alias_bomb { text: &(1..30).fold("a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, i| {
        let aliases = vec![format!("*a{}", i - 1); 9].join(",");
        format!("{text}a{i}: &a{i} [{aliases}]\n")
    }) } => [
        "E0203 4:9+37 the spec holds more than 30000 values | repeat blocks with `blocks: N` instead of writing each",
    ]
    second_document { text: &format!("{GOOD}--- # another\nmodel: b\n") } => [
        "E0204 9:1+13 a second YAML document starts here, expected one model per file | move it into a file of its own",
    ]
    duplicate { edit: "kernel: 3" => "kernel: 3, stride: 1, kernel: 5" } => [
        "E0205 3:44+6 `kernel` is written twice in one mapping, first on line 3 | delete one of the two",
    ]
    duplicate_lines { edit: "head:" => "model: again\nhead:" } => [
        "E0205 8:1+5 `model` is written twice in one mapping, first on line 1 | delete one of the two",
    ]
    duplicate_among_others { edit: "kernel: 3" => "kernel: 3, kernel: 5, strid: 1" } => [
        "E0205 3:33+6 `kernel` is written twice in one mapping, first on line 3 | delete one of the two",
        "E0301 3:44+5 `strid` is not a key of `stem` | did you mean `stride`?",
    ]
    list_key { edit: "kernel: 3" => "kernel: 3, [a]: 1" } => [
        "E0206 3:33+3 found a list or mapping as a key, expected a word",
    ]
    tag { edit: "kernel: 3" => "kernel: !!int 3" } => [
        "E0207 3:30+5 found the YAML tag `!!int`, which specs do not use | leave it out",
    ]
    tag_anchor { edit: "kernel: 3" => "kernel: &k !size 3" } => [
        "E0207 3:33+5 found the YAML tag `!size`, which specs do not use | leave it out",
    ]
    self_alias { edit: "{classes: 10}" => "&h {classes: *h}" } => [
        "E0208 8:10+13 an alias inside this value repeats the value itself",
    ]
    merge { edit: "{classes: 10}" => "{<<: {classes: 10}}" } => [
        "E0209 8:8+2 found the merge key `<<`, which specs do not use | write the keys out, or repeat a whole value with an alias",
    ]
}

// Keys.
rejects! {
    unknown_near { edit: "stride: 2" => "strid: 2" } => [
        "E0301 7:31+5 `strid` is not a key of item 2 of `stages` | did you mean `stride`?",
    ]
    unknown_far { edit: "kernel: 3" => "kernel: 3, dropout: 0.5" } => [
        "E0301 3:33+7 `dropout` is not a key of `stem` | its keys are kind, channels, width, kernel, stride, padding, pool",
    ]
    unknown_part { edit: "kernel: 3" => "kernel_size: 99" } => [
        "E0301 3:22+11 `kernel_size` is not a key of `stem` | did you mean `kernel`?",
        "E0306 3:35+2 `kernel` is 99, expected a whole number from 1 to 31, or `[rows, columns]` of such numbers",
    ]
    missing { edit: "height: 8, " => "" } => [
        "E0302 2:8+23 `input` has no key `height` | add `height` (Rows of an image): a whole number from 1 to 65536",
    ]
    missing_root { edit: "stem: {channels: 16, kernel: 3}\n" => "" } => [
        "E0302 1:1+5 the spec has no key `stem` | add `stem` (The layers before the first stage): a mapping of kind, channels, width, kernel, stride, padding, pool",
    ]
}

// Types.
rejects! {
    text_for_number { edit: "kernel: 3" => "kernel: seven" } => [
        "E0303 3:30+5 found the text `seven` for `kernel`, expected a whole number from 1 to 31, or `[rows, columns]` of such numbers",
    ]
    bool_for_number { edit: "kernel: 3" => "kernel: true" } => [
        "E0303 3:30+4 found the truth value `true` for `kernel`, expected a whole number from 1 to 31, or `[rows, columns]` of such numbers",
    ]
    list_for_number { edit: "classes: 10" => "classes: [3, 3]" } => [
        "E0303 8:17+6 found a list for `classes`, expected a whole number from 1 to 1000000",
    ]
    mapping_for_number { edit: "kernel: 3" => "kernel: {size: 3}" } => [
        "E0303 3:30+9 found a mapping for `kernel`, expected a whole number from 1 to 31, or `[rows, columns]` of such numbers",
    ]
    number_for_mapping { edit: "{classes: 10}" => "10" } => [
        "E0303 8:7+2 found the number `10` for `head`, expected a mapping of classes, dropout, bias",
    ]
    mapping_for_list { edit: "  - {blocks: 1, channels: 16}\n  - {blocks: 1, channels: 32, stride: 2}\n" => "  blocks: 1\n" } => [
        "E0303 6:3+6 found a mapping for `stages`, expected a list",
    ]
    number_for_item { edit: "{blocks: 1, channels: 16}" => "16" } => [
        "E0303 6:5+2 found the number `16` for item 1 of `stages`, expected a mapping of blocks, channels, layers, stride, dilation, kind, shortcut, order, stride_on, groups, width_per_group, squeeze_excitation, antialias, activation, drop_path",
    ]
    number_for_name { edit: "model: digits" => "model: 18" } => [
        "E0303 1:8+2 found the number `18` for `model`, expected a name in snake_case",
    ]
    number_for_word { edit: "kind: basic" => "kind: 2" } => [
        "E0303 4:15+1 found the number `2` for `kind`, expected `basic` or `bottleneck`",
    ]
    root_list { text: "- model: x\n" } => [
        "E0303 1:1+1 found a list for the spec, expected a mapping of model, input, stem, activation, norm, block, stages, head, layers, outputs, initialization, preprocessing, class_names, limits, algorithm, recompute",
    ]
    no_value { edit: "{classes: 10}" => "" } => [
        "E0304 8:1+4 `head` has no value, expected a mapping of classes, dropout, bias",
    ]
    null_value { edit: "kernel: 3" => "kernel: 3, pool: ~" } => [
        "E0304 3:39+1 `pool` has no value, expected a mapping of kind, kernel, stride, padding, antialias",
    ]
}

// Numbers.
rejects! {
    whole_float { edit: "kernel: 3" => "kernel: 3.0" } => [
        "E0305 3:30+3 found `3.0` for `kernel`, expected a whole number from 1 to 31, or `[rows, columns]` of such numbers | write `3`",
    ]
    fraction { edit: "kernel: 3" => "kernel: 3.5" } => [
        "E0305 3:30+3 found `3.5` for `kernel`, expected a whole number from 1 to 31, or `[rows, columns]` of such numbers",
    ]
    exponent { edit: "classes: 10" => "classes: 1e3" } => [
        "E0305 8:17+3 found `1e3` for `classes`, expected a whole number from 1 to 1000000 | write `1000`",
    ]
    leading_zero { edit: "classes: 10" => "classes: 010" } => [
        "E0305 8:17+3 found `010` for `classes`, expected a whole number from 1 to 1000000 | write `10`",
    ]
    underscore { edit: "classes: 10" => "classes: 1_000" } => [
        "E0305 8:17+5 found `1_000` for `classes`, expected a whole number from 1 to 1000000 | write `1000`",
    ]
    quoted { edit: "classes: 10" => r#"classes: "10""# } => [
        r#"E0305 8:17+4 found `"10"` for `classes`, expected a whole number from 1 to 1000000 | write `10`"#,
    ]
    nan { edit: "classes: 10" => "classes: .nan" } => [
        "E0305 8:17+4 found `.nan` for `classes`, expected a whole number from 1 to 1000000",
    ]
    zero { edit: "stride: 2" => "stride: 0" } => [
        "E0306 7:39+1 `stride` is 0, expected a whole number from 1 to 16, or `[rows, columns]` of such numbers",
    ]
    negative { edit: "stride: 2" => "stride: -2" } => [
        "E0306 7:39+2 `stride` is -2, expected a whole number from 1 to 16, or `[rows, columns]` of such numbers",
    ]
    too_large_number { edit: "stride: 2" => "stride: 17" } => [
        "E0306 7:39+2 `stride` is 17, expected a whole number from 1 to 16, or `[rows, columns]` of such numbers",
    ]
    number_beyond_128_bits { edit: "stride: 2" => &format!("stride: {}", "9".repeat(60)) } => [
        "E0305 7:39+60 found `9999999999999999999999999999999999999999...` for `stride`, expected a whole number from 1 to 16, or `[rows, columns]` of such numbers",
    ]
    number_beyond_64_bits { edit: "stride: 2" => &format!("stride: {}", "9".repeat(38)) } => [
        "E0306 7:39+38 `stride` is 99999999999999999999999999999999999999, expected a whole number from 1 to 16, or `[rows, columns]` of such numbers",
    ]
    hex_too_large { edit: "stride: 2" => "stride: 0x20" } => [
        "E0306 7:39+4 `stride` is 0x20, expected a whole number from 1 to 16, or `[rows, columns]` of such numbers",
    ]
}

// Words, names and lists.
rejects! {
    choice_near { edit: "basic" => "Bottelneck" } => [
        "E0307 4:15+10 found `Bottelneck` for `kind`, expected `basic` or `bottleneck` | did you mean `bottleneck`?",
    ]
    choice_far { edit: "projection" => "dense" } => [
        "E0307 4:32+5 found `dense` for `shortcut`, expected `identity`, `projection`, `projection_all`, `average_projection` or `none`",
    ]
    name_case { edit: "model: digits" => "model: ResNet-18" } => [
        "E0308 1:8+9 the name `ResNet-18` does not start with a lower-case letter, expected a name in snake_case | write `resnet_18`",
    ]
    name_digit { edit: "model: digits" => "model: 18net" } => [
        "E0308 1:8+5 the name `18net` does not start with a lower-case letter, expected a name in snake_case | it becomes the name of a Rust module, such as `resnet18`",
    ]
    name_keyword { edit: "model: digits" => "model: match" } => [
        "E0308 1:8+5 the name `match` is a Rust keyword, expected a name in snake_case | it becomes the name of a Rust module, such as `resnet18`",
    ]
    name_unicode { edit: "model: digits" => "model: größe" } => [
        "E0308 1:8+5 the name `größe` contains characters other than a-z, 0-9 and _, expected a name in snake_case | it becomes the name of a Rust module, such as `resnet18`",
    ]
    name_empty { edit: "model: digits" => "model: ''" } => [
        "E0308 1:8+2 the name `` is empty, expected a name in snake_case | it becomes the name of a Rust module, such as `resnet18`",
    ]
    name_long { edit: "digits" => &"x".repeat(70) } => [
        "E0308 1:8+70 the name `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...` is longer than 64 characters, expected a name in snake_case | it becomes the name of a Rust module, such as `resnet18`",
    ]
    name_without_letters { edit: "model: digits" => "model: _" } => [
        "E0308 1:8+1 the name `_` has no letters, expected a name in snake_case | it becomes the name of a Rust module, such as `resnet18`",
    ]
    stages_empty { edit: "  - {blocks: 1, channels: 16}\n  - {blocks: 1, channels: 32, stride: 2}\n" => "  []\n" } => [
        "E0309 6:3+2 `stages` has 0 items, expected from 1 to 16",
    ]
    stages_many { edit: "  - {blocks: 1, channels: 16}\n" => &"  - {blocks: 1, channels: 16}\n".repeat(16) } => [
        "E0309 6:3+1 `stages` has 17 items, expected from 1 to 16",
    ]
}

// Several keys.
rejects! {
    stem_padding { edit: "kernel: 3" => "kernel: 3, padding: 3" } => [
        "E0401 3:42+1 padding 3 is too large for kernel 3, expected less than the kernel: 0 to 2 | leave `padding` out to get half the kernel",
    ]
    pool_padding { edit: "kernel: 3" => "kernel: 3, pool: {kind: max, kernel: 3, stride: 2, padding: 2}" } => [
        "E0401 3:82+1 padding 2 is too large for kernel 3, expected at most half the kernel: 0 to 1 | leave `padding` out to get half the kernel",
    ]
    stem_kernel { edit: "kernel: 3" => "kernel: 31, padding: 0" } => [
        "E0502 3:30+2 the kernel of the stem's convolution is 31, larger than its padded input, whose height is 8 (8 and twice the padding 0) | use a kernel of at most 8, or a larger input",
    ]
    pool_kernel { edit: "kernel: 3" => "kernel: 3, stride: 4, pool: {kind: average, kernel: 5, stride: 2, padding: 0}" } => [
        "E0502 3:74+1 the kernel of the stem's pool is 5, larger than its padded input, whose height is 2 (2 and twice the padding 0) | use a kernel of at most 2, or a larger input",
    ]
    all_mistakes_at_once { edit: "{channels: 16, kernel: 3}" => "{channels: 0, kernal: 33, stride: two}" } => [
        "E0306 3:18+1 `channels` is 0, expected a whole number from 1 to 65536",
        "E0301 3:21+6 `kernal` is not a key of `stem` | did you mean `kernel`?",
        "E0306 3:29+2 `kernel` is 33, expected a whole number from 1 to 31, or `[rows, columns]` of such numbers",
        "E0303 3:41+3 found the text `two` for `stride`, expected a whole number from 1 to 16, or `[rows, columns]` of such numbers",
    ]
}
