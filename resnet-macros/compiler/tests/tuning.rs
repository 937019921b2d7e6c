//! Tuning files: what they change, and how their mistakes are told.

use resnet_compiler::emit::Network;
use resnet_compiler::ops::Conv2d;
use resnet_compiler::ops::Region;
use resnet_compiler::source::Source;
use resnet_compiler::tuning::Tuning;
use resnet_compiler::{Options, analyse_with};
use resnet_geometry::Algorithm;

fn parsed(text: &str) -> Result<Tuning, String> {
    let source = Source::new("t.tuning.yaml", text);
    Tuning::parse(&source).map_err(|found| found.render(&source))
}

/// ResNet-18 by a tuning file's text.
fn tuned(text: &str) -> Network {
    let path = format!("{}/../../specs/resnet18.yaml", env!("CARGO_MANIFEST_DIR"));
    let options = Options {
        tuning: Some(parsed(text).unwrap()),
        ..Options::default()
    };
    analyse_with(&Source::read(path.as_ref(), "resnet18").unwrap(), &options).unwrap()
}

/// The algorithms of the convolutions that make maps of so many channels.
fn of(network: &Network, channels: usize) -> Vec<Algorithm> {
    let graph = &network.inference.graph;
    let convolutions = graph.order().into_iter().filter_map(|node| {
        let conv = graph.node(node).op_as::<Conv2d>()?;
        (graph.node(node).outputs[0].channels == channels).then_some(conv.algorithm)
    });
    convolutions.collect()
}

#[test]
fn measured_shapes_are_computed_as_measured() {
    let none = tuned("convolutions: []\n");
    let some = tuned(
        "convolutions:\n  \
         - {in_channels: 64, out_channels: 64, output: [56, 56], algorithm: direct}\n  \
         - {in_channels: 256, out_channels: 256, output: 14, algorithm: winograd2}\n  \
         - {in_channels: 64, out_channels: 128, output: 28, algorithm: winograd4}\n  \
         - {in_channels: 3, out_channels: 3, output: 9, algorithm: winograd4}\n",
    );
    use Algorithm::{Direct, Winograd2, Winograd4};
    // The first is the stem, whose stride of 2 gives it no choice, whatever the
    // file says.
    assert_eq!(of(&none, 64), [Winograd4; 5]);
    assert_eq!(of(&some, 64)[0], Winograd4);
    assert_eq!(of(&some, 64)[1..], [Direct; 4]);
    assert_eq!(of(&some, 256)[2..], [Winograd2; 3]);
    // So has the first of the next stage; others stay.
    assert_eq!(of(&some, 128), of(&none, 128));
    assert_eq!(of(&none, 128)[..2], [Winograd4, Direct]);
    assert_eq!(of(&some, 512), of(&none, 512));

    let training = |network: &Network| network.training.graph.to_string();
    assert_eq!(training(&none), training(&some));
    assert_eq!(none.hash, some.hash);
    let packed = |network: &Network| network.storage.region_len(Region::Packed);
    assert!(packed(&none) > packed(&some));
}

#[test]
fn mistakes_point_into_the_file() {
    let found = parsed(
        "convolution:\n  - {in_channels: 64}\nconvolutions:\n  \
         - {in_channels: 0, out_channels: 64, output: 7, algorithm: fastest}\n",
    )
    .unwrap_err();
    for part in [
        "`convolution` is not a key of the tuning file",
        "t.tuning.yaml:1:1",
        "did you mean `convolutions`?",
        "t.tuning.yaml:4:19",
        "`fastest`",
        "`winograd2`",
    ] {
        assert!(found.contains(part), "{part}: {found}");
    }
}
