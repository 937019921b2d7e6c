//! Bytes to messages. What networks don't need is passed over.

use anyhow::{Context, Result, ensure};

use super::{Attribute, Data, Graph, Model, Node, Tensor, Value};
use crate::onnx::wire::{Field, read};

impl Model {
    /// Reads a file.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut model = Self::default();
        let mut has_graph = false;
        read(bytes, |number, field| {
            match number {
                7 => {
                    model.graph = read_graph(field.bytes()?)?;
                    has_graph = true;
                }
                8 => {
                    let (mut domain, mut version) = (String::new(), 0);
                    read(field.bytes()?, |number, field| {
                        match number {
                            1 => domain = field.text()?,
                            2 => version = field.int()?,
                            _ => {}
                        }
                        Ok(())
                    })?;
                    if domain.is_empty() || domain == "ai.onnx" {
                        model.opset = version;
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        ensure!(has_graph, "truncated, or no ONNX model: it has no graph");
        Ok(model)
    }
}

fn read_graph(bytes: &[u8]) -> Result<Graph> {
    let mut graph = Graph::default();
    read(bytes, |number, field| {
        match number {
            1 => graph.nodes.push(read_node(field.bytes()?)?),
            2 => graph.name = field.text()?,
            5 => graph.initializers.push(read_tensor(field.bytes()?)?),
            11 => graph.inputs.push(read_value(field.bytes()?)?),
            12 => graph.outputs.push(read_value(field.bytes()?)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok(graph)
}

fn read_node(bytes: &[u8]) -> Result<Node> {
    let mut node = Node::default();
    read(bytes, |number, field| {
        match number {
            1 => node.inputs.push(field.text()?),
            2 => node.outputs.push(field.text()?),
            3 => node.name = field.text()?,
            4 => node.op = field.text()?,
            5 => node.attributes.push(read_attribute(field.bytes()?)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok(node)
}

fn read_attribute(bytes: &[u8]) -> Result<(String, Attribute)> {
    let (mut name, mut kind) = (String::new(), None);
    let (mut float, mut int, mut text, mut tensor) = (0.0, 0, Vec::new(), None);
    let (mut floats, mut ints) = (Vec::new(), Vec::new());
    read(bytes, |number, field| {
        match (number, field) {
            (1, field) => name = field.text()?,
            (2, Field::Float(number)) => float = number,
            (3, field) => int = field.int()?,
            (4, field) => text = field.bytes()?.to_vec(),
            (5, field) => tensor = Some(read_tensor(field.bytes()?)?),
            (7, field) => field.floats(&mut floats)?,
            (8, field) => field.ints(&mut ints)?,
            (20, field) => kind = Some(field.int()?),
            _ => {}
        }
        Ok(())
    })?;
    let attribute = match kind {
        Some(1) => Attribute::Float(float),
        Some(2) => Attribute::Int(int),
        Some(3) => Attribute::Text(String::from_utf8_lossy(&text).into_owned()),
        Some(4) => tensor.map_or(Attribute::Other, Attribute::Tensor),
        Some(6) => Attribute::Floats(floats),
        Some(7) => Attribute::Ints(ints),
        _ => Attribute::Other,
    };
    Ok((name, attribute))
}

fn read_tensor(bytes: &[u8]) -> Result<Tensor> {
    let mut tensor = Tensor::default();
    let (mut sizes, mut kind, mut external) = (Vec::new(), 0, false);
    let (mut raw, mut floats, mut ints) = (None, Vec::new(), Vec::new());
    read(bytes, |number, field| {
        match number {
            1 => field.ints(&mut sizes)?,
            2 => kind = field.int()?,
            4 => field.floats(&mut floats)?,
            7 => field.ints(&mut ints)?,
            8 => tensor.name = field.text()?,
            9 => raw = Some(field.bytes()?),
            14 => external = field.int()? == 1,
            _ => {}
        }
        Ok(())
    })?;
    let size = |&size: &i64| usize::try_from(size).context("a tensor with a negative size");
    tensor.shape = sizes.iter().map(size).collect::<Result<_>>()?;
    tensor.data = match (kind, raw) {
        _ if external => Data::Unread("in a file of its own".to_owned()),
        (1, Some(raw)) => {
            let (fours, _) = raw.as_chunks::<4>();
            Data::F32(fours.iter().map(|four| f32::from_le_bytes(*four)).collect())
        }
        (1, None) => Data::F32(floats),
        (7, Some(raw)) => {
            let (eights, _) = raw.as_chunks::<8>();
            Data::I64(
                eights
                    .iter()
                    .map(|eight| i64::from_le_bytes(*eight))
                    .collect(),
            )
        }
        (7, None) => Data::I64(ints),
        (kind, _) => Data::Unread(format!("of ONNX's element type {kind}")),
    };
    let len = match &tensor.data {
        Data::F32(values) => Some(values.len()),
        Data::I64(values) => Some(values.len()),
        Data::Unread(_) => None,
    };
    let expected = tensor
        .shape
        .iter()
        .try_fold(1usize, |n, &d| n.checked_mul(d));
    ensure!(
        len.is_none() || len == expected,
        "tensor `{}`: {} values for shape {:?}",
        tensor.name,
        len.unwrap_or_default(),
        tensor.shape
    );
    Ok(tensor)
}

fn read_value(bytes: &[u8]) -> Result<Value> {
    let mut value = Value::default();
    read(bytes, |number, field| {
        match number {
            1 => value.name = field.text()?,
            // type, tensor_type, shape, dim
            2 => read(field.bytes()?, |number, field| {
                if number != 1 {
                    return Ok(());
                }
                read(field.bytes()?, |number, field| match number {
                    2 => read(field.bytes()?, |number, field| {
                        if number == 1 {
                            value.shape.push(read_dimension(field.bytes()?)?);
                        }
                        Ok(())
                    }),
                    _ => Ok(()),
                })
            })?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(value)
}

fn read_dimension(bytes: &[u8]) -> Result<Option<usize>> {
    let mut size = None;
    read(bytes, |number, field| {
        if number == 1 {
            size = usize::try_from(field.int()?).ok();
        }
        Ok(())
    })?;
    Ok(size)
}
