//! What holds for every graph, whatever pass made it.

use std::collections::HashSet;

use crate::graph::{EdgeKind, Graph, Phase};
use crate::ops::{Input, Output};

/// Checks a graph's invariants; the error says which one `stage` broke.
///
/// 1. There is no cycle.
/// 2. There is one input, and there are outputs, whose names are unique.
/// 3. Names of nodes are unique (those of parameters too: [`check_parameters`]).
/// 4. Every input port is entered by exactly one edge, from a port that exists.
/// 5. Shapes are what the shape rules say.
/// 6. Forward nodes never read backward nodes, and only backward nodes read saved values.
/// 7. Every parameter belongs to exactly one forward node.
pub fn check(graph: &Graph, stage: &str) -> Result<(), String> {
    check_invariants(graph).map_err(|what| format!("after {stage}: {what}"))
}

/// Checks that no two parameters have one name. Once is enough: parameters are
/// added while a graph is built, and no pass can rename them.
pub fn check_parameters(graph: &Graph) -> Result<(), String> {
    let mut names = HashSet::with_capacity(graph.parameters().len());
    for parameter in graph.parameters() {
        if !names.insert(&parameter.name) {
            return Err(format!("two parameters are named {}", parameter.name));
        }
    }
    Ok(())
}

fn check_invariants(graph: &Graph) -> Result<(), String> {
    let order = graph.try_order().ok_or("there is a cycle")?;
    let count = |is: &dyn Fn(&crate::graph::Node) -> bool| {
        order.iter().filter(|&&node| is(graph.node(node))).count()
    };
    let inputs = count(&|node| node.op_as::<Input>().is_some());
    let outputs = count(&|node| node.op_as::<Output>().is_some());
    if inputs != 1 || outputs == 0 {
        return Err(format!("{inputs} inputs and {outputs} outputs"));
    }
    let mut output_names = HashSet::new();
    let mut names = HashSet::with_capacity(order.len());
    let mut owners = vec![0usize; graph.parameters().len()];
    for &index in &order {
        let node = graph.node(index);
        let name = &node.name;
        if !names.insert(name) {
            return Err(format!("two nodes are named {name}"));
        }
        if let Some(Output { name }) = node.op_as()
            && !output_names.insert(name)
        {
            return Err(format!("two outputs are named {name}"));
        }
        let mut shapes = Vec::new();
        for (entered, (port, value, kind)) in graph.ports_into(index).into_iter().enumerate() {
            if port != entered {
                return Err(format!("{name} doesn't read each port once"));
            }
            let source = graph.node(value.node);
            let Some(&shape) = source.outputs.get(value.port) else {
                return Err(format!("{name} reads a port that {} lacks", source.name));
            };
            shapes.push(shape);
            let saved = source.phase < node.phase;
            if source.phase > node.phase || saved != (kind == EdgeKind::Saved) {
                return Err(format!(
                    "{name} reads {} across phases by a {kind:?} edge",
                    source.name
                ));
            }
        }
        let inferred = node.op.infer(&shapes).map_err(|m| m.message)?;
        if inferred != node.outputs {
            let have = &node.outputs;
            return Err(format!("{name} has shapes {have:?}, not {inferred:?}"));
        }
        if node.phase == Phase::Forward {
            node.op.parameters().iter().for_each(|id| owners[id.0] += 1);
        }
    }
    let parameters = graph.parameters();
    match owners.iter().position(|&owners| owners != 1) {
        Some(id) => {
            let (name, owners) = (&parameters[id].name, owners[id]);
            Err(format!("parameter {name} belongs to {owners} nodes"))
        }
        None => Ok(()),
    }
}
