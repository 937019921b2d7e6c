//! Messages to bytes. The numbers of the fields are those of `onnx.proto3`.

use super::{Attribute, Data, Model, Node, Tensor, Value};
use crate::onnx::wire::Writer;

/// The version of the file's format that goes with opset 17.
const IR_VERSION: i64 = 8;

/// ONNX's numbers for element types.
const F32: i64 = 1;
const I64: i64 = 7;

impl Model {
    /// The file.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut file = Writer::default();
        file.int(1, IR_VERSION);
        file.text(2, "resnet");
        file.text(3, env!("CARGO_PKG_VERSION"));
        file.message(7, |graph| {
            for node in &self.graph.nodes {
                graph.message(1, |message| write_node(node, message));
            }
            graph.text(2, &self.graph.name);
            for tensor in &self.graph.initializers {
                graph.message(5, |message| write_tensor(tensor, message));
            }
            for input in &self.graph.inputs {
                graph.message(11, |message| write_value(input, message));
            }
            for output in &self.graph.outputs {
                graph.message(12, |message| write_value(output, message));
            }
        });
        file.message(8, |opset| {
            opset.text(1, "");
            opset.int(2, self.opset);
        });
        for (key, value) in &self.metadata {
            file.message(14, |entry| {
                entry.text(1, key);
                entry.text(2, value);
            });
        }
        file.into_bytes()
    }
}

fn write_node(node: &Node, message: &mut Writer) {
    for input in &node.inputs {
        message.text(1, input);
    }
    for output in &node.outputs {
        message.text(2, output);
    }
    message.text(3, &node.name);
    message.text(4, &node.op);
    for (name, attribute) in &node.attributes {
        message.message(5, |message| write_attribute(name, attribute, message));
    }
}

fn write_attribute(name: &str, attribute: &Attribute, message: &mut Writer) {
    message.text(1, name);
    // The kind is told beside the value.
    let kind = match attribute {
        Attribute::Float(number) => {
            message.float(2, *number);
            1
        }
        Attribute::Int(number) => {
            message.int(3, *number);
            2
        }
        Attribute::Text(text) => {
            message.text(4, text);
            3
        }
        Attribute::Tensor(tensor) => {
            message.message(5, |message| write_tensor(tensor, message));
            4
        }
        Attribute::Floats(numbers) => {
            for number in numbers {
                message.float(7, *number);
            }
            6
        }
        Attribute::Ints(numbers) => {
            for number in numbers {
                message.int(8, *number);
            }
            7
        }
        Attribute::Other => 0,
    };
    message.int(20, kind);
}

fn write_tensor(tensor: &Tensor, message: &mut Writer) {
    for &size in &tensor.shape {
        message.int(1, size as i64);
    }
    let (kind, bytes): (_, Vec<u8>) = match &tensor.data {
        Data::F32(values) => (F32, values.iter().flat_map(|x| x.to_le_bytes()).collect()),
        Data::I64(values) => (I64, values.iter().flat_map(|x| x.to_le_bytes()).collect()),
        Data::Unread(_) => (0, Vec::new()),
    };
    message.int(2, kind);
    message.text(8, &tensor.name);
    message.bytes(9, &bytes);
}

fn write_value(value: &Value, message: &mut Writer) {
    message.text(1, &value.name);
    message.message(2, |of_type| {
        of_type.message(1, |tensor| {
            tensor.int(1, F32);
            tensor.message(2, |shape| {
                for size in &value.shape {
                    shape.message(1, |dimension| match size {
                        Some(size) => dimension.int(1, *size as i64),
                        None => dimension.text(2, "N"),
                    });
                }
            });
        });
    });
}
