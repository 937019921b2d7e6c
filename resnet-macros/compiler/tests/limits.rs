//! Networks at the edge of what arithmetic can count: refused or compiled,
//! never a panic.

use resnet_compiler::diagnostics::Code;
use resnet_compiler::source::Source;
use resnet_compiler::{Options, compile};

fn spec(size: usize, channels: usize, kernel: usize, blocks: usize) -> Source {
    Source::new(
        "large.yaml",
        &format!(
            "model: large\n\
             input: {{channels: {}, height: {size}, width: {size}}}\n\
             stem: {{channels: {channels}, kernel: {kernel}}}\n\
             block: {{kind: basic, shortcut: none}}\n\
             stages: [{{blocks: {blocks}, channels: {channels}}}]\n\
             head: {{classes: 10}}\n",
            channels.min(4096)
        ),
    )
}

#[test]
fn work_beyond_64_bits_is_refused_at_its_layer() {
    let error = compile(&spec(4096, 65_536, 31, 30), &Options::default()).unwrap_err();
    let [diagnostic] = &error.iter().collect::<Vec<_>>()[..] else {
        panic!("{error:?}");
    };
    assert_eq!(diagnostic.code, Code::ModelTooLarge);
    // 2^62 for the stem, 9 * 2^56 for each convolution after it.
    assert_eq!(
        diagnostic.message,
        "layer1.10.conv2: with this layer the network takes more than \
         18446744073709551615 multiply-adds an image"
    );
    assert_eq!(diagnostic.place.unwrap().line, 5);
}

#[test]
fn extreme_sizes_never_panic() {
    for size in [1, 31, 4096, 65_536] {
        for channels in [1, 17, 4096, 65_536] {
            for kernel in [1, 31] {
                for blocks in [1, 20] {
                    let _ = compile(&spec(size, channels, kernel, blocks), &Options::default());
                }
            }
        }
    }
}
