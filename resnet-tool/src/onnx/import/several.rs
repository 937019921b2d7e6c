//! Nodes that read several values.

use super::layer::{Layer, Op};
use super::{Importer, Made};
use crate::onnx::message::Node;

type Done = Result<(), String>;

impl<'m> Importer<'m> {
    pub(super) fn sum(&mut self, node: &'m Node) -> Done {
        // A bias behind a product of matrices.
        for (bias, of) in [(0, 1), (1, 0)] {
            if node.inputs.len() == 2 && matches!(self.constant(node, bias), Ok(Some(_))) {
                let (_, values) = self.floats(node, bias)?;
                let made = self.value(node, of)?;
                let bare = ", bias: false}";
                let layer = self
                    .layers
                    .iter_mut()
                    .find(|layer| layer.name == made.layer);
                let value = layer.and_then(|layer| match &mut layer.op {
                    Op::Of {
                        key: "linear",
                        value,
                        ..
                    } if value.ends_with(bare) => Some(value),
                    _ => None,
                });
                let value = value.ok_or("adds a constant to what isn't a linear layer")?;
                let expected = format!("{{features: {}{bare}", values.len());
                if *value != expected {
                    return Err("a bias that isn't one number for each feature".to_owned());
                }
                *value = value.replace(bare, "}");
                self.parameter(&made.layer, "bias", &[values.len()], values.to_vec());
                return self.alias_of(node, made);
            }
        }
        self.list(node, "add")
    }

    pub(super) fn product(&mut self, node: &'m Node) -> Done {
        if self.multiplies_by_zero(node)? {
            return Ok(());
        }
        let (a, b) = (self.value(node, 0)?, self.value(node, 1)?);
        for (x, gate, port) in [(&a, &b, 1), (&b, &a, 0)] {
            let only = self.readers.get(node.inputs[port].as_str()) == Some(&1);
            if only && self.becomes_silu(&x.layer, &gate.layer) {
                let layer = gate.layer.clone();
                return self.alias_of(node, Made { layer, ..x.clone() });
            }
        }
        let (channels, pixel) = (a.channels, a.pixel && b.pixel);
        let reads = match (a.pixel, b.pixel) {
            (_, true) => [a.layer, b.layer],
            (true, false) => [b.layer, a.layer],
            (false, false) => return Err("multiplies two maps".to_owned()),
        };
        let name = self.names.layer(node, None);
        let op = Op::List {
            key: "scale",
            reads: reads.to_vec(),
        };
        self.layers.push(Layer {
            name: name.clone(),
            op,
        });
        self.made(node, name, channels, pixel)
    }

    /// Makes `sigmoid` of a value that it then multiplies to `silu` of it.
    fn becomes_silu(&mut self, x: &str, gate: &str) -> bool {
        let layer = self.layers.iter_mut().find(|layer| layer.name == gate);
        match layer.map(|layer| &mut layer.op) {
            Some(Op::Of {
                input,
                key: "activation",
                value,
            }) if value == "sigmoid" && input == x => {
                *value = "silu".to_owned();
                true
            }
            _ => false,
        }
    }

    /// A layer that reads several.
    pub(super) fn list(&mut self, node: &'m Node, key: &'static str) -> Done {
        let mut reads = Vec::new();
        let (mut channels, mut pixel) = (0, true);
        for port in 0..node.inputs.len() {
            let made = self.value(node, port)?;
            pixel &= made.pixel;
            channels = match key {
                "concat" => channels + made.channels,
                _ => made.channels,
            };
            reads.push(made.layer);
        }
        let name = self.names.layer(node, None);
        let op = Op::List { key, reads };
        self.layers.push(Layer {
            name: name.clone(),
            op,
        });
        self.made(node, name, channels, pixel)
    }
}
