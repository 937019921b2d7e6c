//! Names of layers, as near to PyTorch's as the model tells.

use std::collections::BTreeSet;

use crate::onnx::message::Node;

/// What the images are called in a spec.
pub(super) const IMAGES: &str = "input";

/// Names that are taken.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// A name for a node's layer: that of its weight without `.weight`, or else
    /// of the module that the node's name tells.
    pub(super) fn layer(&mut self, node: &Node, weight: Option<&str>) -> String {
        let of_weight = weight.and_then(|weight| weight.strip_suffix(".weight"));
        let of_weight = of_weight.filter(|name| clean(name) == **name);
        let wanted = match of_weight {
            Some(name) => name.to_owned(),
            None => clean(&module(node)),
        };
        self.unique(wanted)
    }

    fn unique(&mut self, wanted: String) -> String {
        let wanted = match wanted.as_str() {
            IMAGES => format!("{IMAGES}_layer"),
            _ => wanted,
        };
        let mut name = wanted.clone();
        let mut number = 1;
        while !self.0.insert(name.clone()) {
            number += 1;
            name = format!("{wanted}_{number}");
        }
        name
    }
}

/// `layer1.0.conv1` of `/layer1/layer1.0/conv1/Conv`.
fn module(node: &Node) -> String {
    let mut parts: Vec<_> = node
        .name
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() > 1 && parts.last().is_some_and(|last| last.starts_with(&node.op)) {
        parts.pop();
    }
    let mut module = String::new();
    for part in parts {
        let repeats = part.starts_with(&format!("{module}."));
        if module.is_empty() || repeats {
            part.clone_into(&mut module);
        } else {
            module = format!("{module}.{part}");
        }
    }
    match module.is_empty() {
        true => node.op.to_lowercase(),
        false => module,
    }
}

/// A name with nothing in it that layers' names can't have.
pub(super) fn clean(name: &str) -> String {
    let part = |part: &str| -> String {
        part.chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect()
    };
    let parts: Vec<_> = name
        .split('.')
        .filter(|part| !part.is_empty())
        .map(part)
        .collect();
    let mut name = parts.join(".");
    name.truncate(100);
    match name.is_empty() {
        true => "layer".to_owned(),
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, op: &str) -> Node {
        Node {
            name: name.to_owned(),
            op: op.to_owned(),
            ..Node::default()
        }
    }

    #[test]
    fn names_as_in_pytorch() {
        let mut names = Names::default();
        let conv = node("/layer1/layer1.0/conv1/Conv", "Conv");
        assert_eq!(names.layer(&conv, Some("onnx::Conv_193")), "layer1.0.conv1");
        assert_eq!(names.layer(&conv, Some("stem.0.weight")), "stem.0");
        let relu = node("/layer1/layer1.0/relu_1/Relu", "Relu");
        assert_eq!(names.layer(&relu, None), "layer1.0.relu_1");
        assert_eq!(names.layer(&relu, None), "layer1.0.relu_1_2");
        assert_eq!(names.layer(&node("", "Add"), None), "add");
        assert_eq!(names.layer(&node("input", "Relu"), None), "input_layer");
        assert_eq!(
            names.layer(&node("node_conv2d:1", "Conv"), None),
            "node_conv2d_1"
        );
    }
}
