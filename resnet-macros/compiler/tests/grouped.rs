//! Grouped, dilated and depthwise convolutions through every stage.

mod graph_common;

use graph_common::{add, compile, text};
use resnet_compiler::graph::{Graph, Shape};
use resnet_compiler::ops::{Conv2d, GlobalAveragePool, Input, Op, Output};
use resnet_compiler::parameter::{Parameter, Role};
use resnet_geometry::Conv2d as Sizes;

/// A network of these convolutions, one after another.
fn chain(shape: Shape, convolutions: &[Sizes]) -> Graph {
    let mut graph = Graph::default();
    let mut value = add(&mut graph, "input", Input { shape }, &[]);
    for (index, &sizes) in convolutions.iter().enumerate() {
        let [kernel_h, kernel_w] = sizes.kernel;
        let seen = sizes.in_channels / sizes.groups.max(1);
        let weight = graph.add_parameter(Parameter::new(
            format!("conv{index}.weight"),
            vec![sizes.out_channels, seen, kernel_h, kernel_w],
            Role::ConvWeight,
        ));
        let conv = Conv2d::new(sizes, weight);
        value = add(&mut graph, &format!("conv{index}"), conv, &[value]);
    }
    let pool = add(&mut graph, "pool", GlobalAveragePool, &[value]);
    add(&mut graph, "output", Output::new("logits"), &[pool]);
    graph
}

#[test]
fn sizes_are_emitted_where_they_are_not_the_default() {
    let grouped = Sizes::new(8, 12)
        .kernel([3, 3])
        .padding([2, 4])
        .dilation([2, 4])
        .groups(4);
    let depthwise = Sizes::new(12, 12)
        .kernel([3, 3])
        .stride([2, 2])
        .dilation([2, 2])
        .groups(12);
    let shape = Shape::new(8, 15, 13);
    let network = compile("grouped", chain(shape, &[grouped, depthwise])).unwrap();
    let shapes: Vec<_> = network
        .inference
        .graph
        .order()
        .into_iter()
        .flat_map(|node| network.inference.graph.node(node).outputs.clone())
        .collect();
    assert_eq!(
        shapes[..3],
        [shape, Shape::new(12, 15, 13), Shape::new(12, 6, 5),]
    );
    let text = text(&network);
    for expected in [
        "const CONV_8_12_3X3_P2X4_D2X4_G4: Conv2d = Conv2d::new(8, 12)",
        ".dilation([2, 4])",
        "const CONV_12_12_3X3_S2_D2_G12: Conv2d",
        ".dilation([2, 2])",
        ".groups(12)",
        // The input's halo covers the padding, the gradient's what its phases
        // reach.
        "const MAP_8X15X13_STRIDE8_HALO4",
        "const MAP_12X6X5_HALO2",
        "step.conv2d_backward_input(",
    ] {
        assert!(text.contains(expected), "{expected}:\n{text}");
    }
}

#[test]
fn a_depthwise_first_layer_reads_whole_blocks() {
    let sizes = Sizes::new(3, 3).kernel([3, 3]).padding([1, 1]).groups(3);
    let text = text(&compile("blurred", chain(Shape::new(3, 9, 9), &[sizes])).unwrap());
    assert!(text.contains("const MAP_3X9X9_HALO1: Map"), "{text}");
}

#[test]
fn work_and_attributes_count_groups() {
    let sizes = Sizes::new(8, 12).kernel([3, 3]).groups(4).dilation([2, 1]);
    let graph = chain(Shape::new(8, 9, 9), &[sizes]);
    let node = graph.order()[1];
    let conv = graph.node(node).op_as::<Conv2d>().unwrap();
    assert_eq!(conv.macs(Shape::new(12, 5, 7)), 5 * 7 * 9 * 2 * 12);
    let attributes = conv.attributes();
    for expected in [("dilation", "2x1"), ("groups", "4")] {
        let expected = (expected.0, expected.1.to_owned());
        assert!(attributes.contains(&expected), "{attributes:?}");
    }
}

#[test]
fn mistakes_are_told() {
    let refused = |sizes| {
        let network = compile("refused", chain(Shape::new(8, 9, 9), &[sizes]));
        let diagnostics = network.err().unwrap();
        diagnostics.iter().next().unwrap().message.clone()
    };
    assert_eq!(
        refused(Sizes::new(8, 12).groups(8)),
        "conv0: a convolution of 8 to 12 channels can't have 8 groups"
    );
    let wide = Sizes::new(8, 12).kernel([3, 3]).dilation([1, 5]);
    assert!(refused(wide).contains("a 3x3 convolution dilated by 1x5 has a kernel width of 11"));
}
