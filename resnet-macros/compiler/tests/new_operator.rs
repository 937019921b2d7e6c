//! An operator from outside the compiler goes through every stage: shape
//! inference, passes, backward, planning and emission.

use std::rc::Rc;

use resnet_compiler::backward::{Gradients, derive_backward};
use resnet_compiler::check::check;
use resnet_compiler::emit::{Arg, Call, Network, Planned, Site, emit, pretty};
use resnet_compiler::graph::{EdgeKind, Graph, Node, Phase, Shape, Value};
use resnet_compiler::layout::choose_layouts;
use resnet_compiler::ops::{Conv2d, GlobalAveragePool, Input, Mistake, Op, Output};
use resnet_compiler::parameter::{Parameter, Role};
use resnet_compiler::plan::plan_memory;
use resnet_compiler::shape::infer_shapes;
use resnet_compiler::storage::Storage;
use resnet_compiler::{Options, passes};
use resnet_geometry::Conv2d as Sizes;

/// Twice its input, in place.
#[derive(Debug)]
struct Double;

impl Op for Double {
    fn name(&self) -> &'static str {
        "double"
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Vec<Shape>, Mistake> {
        Ok(inputs.to_vec())
    }

    fn gradient(&self, gradients: &mut Gradients<'_>) {
        let d_output = gradients.d_output(0);
        let d_input = gradients.push("input", Double, vec![d_output]);
        gradients.pass(0, d_input);
    }

    fn in_place(&self) -> &'static [(usize, usize)] {
        &[(0, 0)]
    }

    fn emit(&self, site: &Site<'_>) -> Vec<Call> {
        let (input, output) = (site.input(0), site.output(0));
        assert_eq!(input, output, "planned in place");
        vec![Call::new("double", [Arg::buffer(output)])]
    }
}

fn add(graph: &mut Graph, name: &str, op: impl Op, inputs: &[Value]) -> Value {
    let node = Node {
        name: name.to_owned(),
        op: Rc::new(op),
        outputs: Vec::new(),
        phase: Phase::Forward,
        place: None,
    };
    let edges: Vec<_> = inputs
        .iter()
        .map(|&value| (value, EdgeKind::Main))
        .collect();
    graph.add(node, &edges)
}

#[test]
fn a_new_operator_needs_no_change_in_any_stage() {
    let mut graph = Graph::default();
    let weight = graph.add_parameter(Parameter {
        name: "conv.weight".to_owned(),
        shape: vec![6, 2, 1, 1],
        role: Role::ConvWeight,
    });
    let shape = Shape::new(2, 5, 4);
    let input = add(&mut graph, "input", Input { shape }, &[]);
    let conv = Conv2d::new(Sizes::new(2, 6), weight);
    let conv = add(&mut graph, "conv", conv, &[input]);
    let double = add(&mut graph, "double", Double, &[conv]);
    let pool = add(&mut graph, "pool", GlobalAveragePool, &[double]);
    add(&mut graph, "output", Output, &[pool]);
    infer_shapes(&mut graph).unwrap();
    check(&graph, "building").unwrap();

    let mut inference = graph.clone();
    passes::run(&mut inference, passes::INFERENCE).unwrap();
    let mut training = graph;
    passes::run(&mut training, passes::TRAINING).unwrap();
    derive_backward(&mut training);
    check(&training, "derive_backward").unwrap();

    let storage = Storage::new(&inference, &training);
    let planned = |graph: Graph, training| {
        let plan = plan_memory(&graph, &choose_layouts(&graph));
        Planned {
            graph,
            plan,
            training,
        }
    };
    let network = Network {
        name: "doubled".to_owned(),
        hash: String::new(),
        inference: planned(inference, false),
        training: planned(training, true),
        storage,
    };
    let text = pretty(emit(&network, &Options::default())).unwrap();
    assert!(text.contains("run.double(MAP_6X5X4.at("), "{text}");
    assert_eq!(
        text.matches("step.double(MAP_6X5X4.at(").count(),
        2,
        "{text}"
    );
}
