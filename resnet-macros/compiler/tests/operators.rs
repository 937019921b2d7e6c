//! Operators beyond the plain family through every stage: scaling,
//! concatenation, blurs, regularisation by chance and uneven pools.

mod graph_common;

use graph_common::{add, compile, text};
use resnet_compiler::check::check;
use resnet_compiler::diagnostics::Code;
use resnet_compiler::graph::{Graph, Shape, Value};
use resnet_compiler::ops::{
    BlurPool, Concat, Conv2d, DropPath, Dropout, GlobalAveragePool, Input, Op, Output, Pool2d,
    PoolKind, Scale,
};
use resnet_compiler::parameter::{Parameter, Role};
use resnet_compiler::{passes, shape::infer_shapes};
use resnet_geometry::{Conv2d as ConvSizes, Pool2d as PoolSizes};

/// A graph that ends in a convolution, and its value.
fn begin(shape: Shape, channels: usize) -> (Graph, Value) {
    let mut graph = Graph::default();
    let input = add(&mut graph, "input", Input { shape }, &[]);
    let value = conv(&mut graph, "conv", [shape.channels, channels], input);
    (graph, value)
}

fn conv(graph: &mut Graph, name: &str, [from, to]: [usize; 2], input: Value) -> Value {
    let weight = graph.add_parameter(Parameter::new(
        format!("{name}.weight"),
        vec![to, from, 1, 1],
        Role::ConvWeight,
    ));
    let op = Conv2d::new(ConvSizes::new(from, to), weight);
    add(graph, name, op, &[input])
}

fn end(graph: &mut Graph, value: Value) {
    let pool = add(graph, "pool", GlobalAveragePool, &[value]);
    add(graph, "output", Output::new("logits"), &[pool]);
}

#[track_caller]
fn assert_lines(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn scaling_gives_a_gradient_to_both() {
    let (mut graph, x) = begin(Shape::new(3, 6, 5), 20);
    let mean = add(&mut graph, "mean", GlobalAveragePool, &[x]);
    let scales = conv(&mut graph, "gate", [20, 20], mean);
    let scaled = add(&mut graph, "scale", Scale, &[x, scales]);
    end(&mut graph, scaled);
    let network = compile("scaled", graph).unwrap();
    let backward = network.training.graph.to_string();
    assert_lines(
        &backward,
        &[
            "scale = scale(conv, gate) : 20x6x5\n",
            "d_scale.input0 = scale_backward(d_pool.input, saved gate) : 20x6x5\n",
            "d_scale.input1 = scale_backward_factors(d_pool.input, saved conv) : 20x1x1\n",
            // The mean's gradient is added to that of the scaled map.
            "d_mean.input = global_average_pool_backward(d_gate.input, d_scale.input0)",
        ],
    );
    assert_lines(
        &text(&network),
        &["run.scale(MAP_20X6X5.at(", "step.scale_backward_factors("],
    );
}

#[test]
fn concatenation_is_a_call_for_each_input() {
    let (mut graph, x) = begin(Shape::new(3, 6, 5), 20);
    let y = conv(&mut graph, "other", [20, 7], x);
    let joined = add(&mut graph, "join", Concat, &[x, y, x]);
    end(&mut graph, joined);
    let network = compile("joined", graph).unwrap();
    let backward = network.training.graph.to_string();
    assert_lines(
        &backward,
        &[
            "join = concat(conv, other, conv) : 47x6x5\n",
            "d_join.input0 = concat_backward(d_pool.input) first=0 : 20x6x5\n",
            "d_join.input1 = concat_backward(d_pool.input) first=20 : 7x6x5\n",
            "d_join.input2 = concat_backward(d_pool.input, d_join.input0) first=27 : 20x6x5\n",
        ],
    );
    let text = text(&network);
    for first in [0, 20, 27] {
        assert_lines(
            &text,
            &[
                &format!("run.concat({first}, "),
                &format!("step.concat({first}, "),
            ],
        );
    }
}

#[test]
fn pools_and_blurs() {
    let (mut graph, x) = begin(Shape::new(3, 8, 7), 20);
    let sizes = PoolSizes::new([2, 2]).stride([2, 2]);
    let max = Pool2d {
        kind: PoolKind::Max,
        sizes: sizes.ceil(),
    };
    let average = Pool2d {
        kind: PoolKind::Average,
        sizes: sizes.padding([1, 1]).exclude_padding(),
    };
    let max = add(&mut graph, "max", max, &[x]);
    let average = add(&mut graph, "average", average, &[max]);
    let blur = BlurPool {
        kernel: 3,
        stride: 2,
    };
    let blur = add(&mut graph, "blur", blur, &[average]);
    end(&mut graph, blur);
    let network = compile("pooled", graph).unwrap();
    let forward = network.inference.graph.to_string();
    assert_lines(
        &forward,
        &[
            "max_pool(conv) kernel=2x2 stride=2x2 padding=0x0 ceil=true : 20x4x4\n",
            "average_pool(max) kernel=2x2 stride=2x2 padding=1x1 count_padding=false : 20x3x3\n",
            "blur_pool(average) kernel=3 stride=2 : 20x2x2\n",
        ],
    );
    assert_lines(
        &text(&network),
        &[
            "const POOL_2X2_S2_CEIL: Pool2d = Pool2d::new([2, 2]).stride([2, 2]).ceil();",
            "const POOL_2X2_S2_P1_INSIDE: Pool2d",
            ".exclude_padding();",
            "run.blur_pool(3, 2, MAP_20X3X3.at(",
            "step.blur_pool_backward(",
        ],
    );
}

#[test]
fn chance_is_left_to_training() {
    let (mut graph, mut x) = begin(Shape::new(3, 6, 5), 20);
    for stream in 0..5 {
        let path = DropPath {
            rate: stream as f64 / 8.0,
            stream,
        };
        x = add(&mut graph, &format!("path{stream}"), path, &[x]);
    }
    let dropout = Dropout {
        rate: 0.5,
        stream: 5,
    };
    let dropped = add(&mut graph, "dropout", dropout, &[x]);
    end(&mut graph, dropped);
    let network = compile("dropped", graph).unwrap();
    let inference = network.inference.graph.to_string();
    assert_lines(&inference, &["pool = global_average_pool(conv) : 20x1x1\n"]);
    assert!(!inference.contains("drop"), "{inference}");
    let training = network.training.graph.to_string();
    assert_lines(
        &training,
        &[
            "path3 = drop_path(path2) rate=0.375 stream=3 : 20x6x5\n",
            "dropout = dropout(path4) rate=0.5 stream=5 : 20x6x5\n",
            "d_path3.input = drop_backward(d_path4.input) rate=0.375 stream=3 : 20x6x5\n",
        ],
    );
    assert_lines(
        &text(&network),
        &[
            // Half of 2^32; streams and rates don't keep blocks from being one loop.
            "step.dropout(2147483648, 5, ",
            "step.drop_path(\n                    i * 536870912,\n                    i,\n",
        ],
    );
}

#[test]
fn removing_a_node_keeps_what_readers_read() {
    let (mut graph, x) = begin(Shape::new(3, 6, 5), 20);
    let dropout = Dropout {
        rate: 0.1,
        stream: 0,
    };
    let dropped = add(&mut graph, "dropout", dropout, &[x]);
    let joined = add(&mut graph, "join", Concat, &[dropped, x, dropped]);
    end(&mut graph, joined);
    infer_shapes(&mut graph).unwrap();
    passes::run_watched(&mut graph, passes::INFERENCE, |_, _| {}).unwrap();
    check(&graph, "passes").unwrap();
    assert_lines(
        &graph.to_string(),
        &["join = concat(conv, conv, conv) : 60x6x5\n"],
    );
}

#[test]
fn mistakes_say_what_does_not_fit() {
    let shape = |channels, height, width| Shape::new(channels, height, width);
    let map = shape(20, 6, 5);
    let blur = |kernel, stride| BlurPool { kernel, stride };
    let pool = |padding| Pool2d {
        kind: PoolKind::Max,
        sizes: PoolSizes::new([3, 3]).padding([padding; 2]),
    };
    let dropout = |rate| Dropout { rate, stream: 0 };
    #[rustfmt::skip]
    let cases: [(&dyn Op, &[Shape], Code, &str); 8] = [
        (&Scale, &[map, shape(20, 6, 5)], Code::ScaleShapeDiffers, "20x1x1, but its second input is 20x6x5"),
        (&Scale, &[map, shape(5, 1, 1)], Code::ScaleShapeDiffers, "second input is 5x1x1"),
        (&Concat, &[map, shape(3, 6, 5), shape(20, 5, 5)], Code::ConcatSizesDiffer,
            "input 1 is 20x6x5, input 3 is 20x5x5 (all: 20x6x5, 3x6x5, 20x5x5)"),
        (&blur(1, 2), &[map], Code::OutOfRange, "kernel of 1"),
        (&blur(13, 2), &[map], Code::KernelExceedsInput, "mirrors 6 pixels at the border, but its input's height is 6"),
        (&pool(2), &[map], Code::PaddingTooLarge, "kernel of 3 and a padding of 2"),
        (&pool(1), &[shape(1, 1, 0)], Code::KernelExceedsInput, "width is 0"),
        (&dropout(1.0), &[map], Code::OutOfRange, "rate of 1"),
    ];
    for (op, inputs, code, message) in cases {
        let mistake = op.infer(inputs).unwrap_err();
        assert_eq!(mistake.code, code);
        assert!(mistake.message.contains(message), "{}", mistake.message);
    }
}
