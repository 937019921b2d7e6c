//! An operator from outside the compiler goes through every stage: shape
//! inference, passes, backward, planning and emission.

mod graph_common;

use graph_common::{add, compile, text};
use resnet_compiler::backward::Gradients;
use resnet_compiler::emit::{Arg, Call, Site};
use resnet_compiler::graph::{Graph, Shape};
use resnet_compiler::ops::{Conv2d, GlobalAveragePool, Input, Mistake, Op, Output};
use resnet_compiler::parameter::{Parameter, Role};
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

#[test]
fn a_new_operator_needs_no_change_in_any_stage() {
    let mut graph = Graph::default();
    let weight = vec![6, 2, 1, 1];
    let weight = graph.add_parameter(Parameter::new("conv.weight", weight, Role::ConvWeight));
    let shape = Shape::new(2, 5, 4);
    let input = add(&mut graph, "input", Input { shape }, &[]);
    let conv = Conv2d::new(Sizes::new(2, 6), weight);
    let conv = add(&mut graph, "conv", conv, &[input]);
    let double = add(&mut graph, "double", Double, &[conv]);
    let pool = add(&mut graph, "pool", GlobalAveragePool, &[double]);
    add(&mut graph, "output", Output::new("logits"), &[pool]);
    let text = text(&compile("doubled", graph).unwrap());
    assert!(text.contains("run.double(MAP_6X5X4.at("), "{text}");
    assert_eq!(
        text.matches("step.double(MAP_6X5X4.at(").count(),
        2,
        "{text}"
    );
}
