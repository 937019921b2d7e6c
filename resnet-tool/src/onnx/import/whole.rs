//! Whole numbers that nodes compute of constants: PyTorch's older exporter
//! leaves the arithmetic of paddings in the model.

use super::Importer;
use crate::onnx::message::{Attribute, Data, Node};

/// More numbers than this are no sizes.
const MOST: usize = 1 << 16;

/// Whole numbers in rows.
#[derive(Clone, Debug)]
pub(super) struct Whole {
    shape: Vec<usize>,
    pub(super) values: Vec<i64>,
}

impl<'m> Importer<'m> {
    /// The whole numbers of a name, if they are known.
    pub(super) fn whole(&self, name: &str) -> Option<Whole> {
        if let Some(found) = self.computed.get(name) {
            return Some(found.clone());
        }
        let tensor = self.constants.get(name)?;
        match &tensor.data {
            Data::I64(values) => Some(Whole {
                shape: tensor.shape.clone(),
                values: values.clone(),
            }),
            _ => None,
        }
    }

    /// Computes a node that reads known whole numbers and nothing else; `false`
    /// if it is none of those.
    pub(super) fn computes(&mut self, node: &'m Node) -> bool {
        let given = node.inputs.iter().filter(|name| !name.is_empty());
        let inputs: Option<Vec<_>> = given.map(|name| self.whole(name)).collect();
        let made = inputs.filter(|inputs| !inputs.is_empty());
        let made = made.and_then(|inputs| compute(node, &inputs));
        match (made, node.outputs.first()) {
            (Some(made), Some(output)) => {
                self.computed.insert(output, made);
                true
            }
            _ => false,
        }
    }
}

fn compute(node: &Node, inputs: &[Whole]) -> Option<Whole> {
    let first = inputs.first()?;
    let numbers = |port: usize| inputs.get(port).map(|input| &input.values[..]);
    match node.op.as_str() {
        "Cast" | "Identity" => Some(first.clone()),
        "ConstantOfShape" => {
            let value = match node.attribute("value") {
                Some(Attribute::Tensor(tensor)) => match &tensor.data {
                    Data::I64(values) => *values.first()?,
                    _ => return None,
                },
                _ => return None,
            };
            let shape = sizes(&first.values)?;
            let count = count(&shape)?;
            let values = vec![value; count];
            Some(Whole { shape, values })
        }
        "Concat" if inputs.iter().all(|input| input.shape.len() == 1) => {
            let values: Vec<_> = inputs.iter().flat_map(|i| i.values.clone()).collect();
            let shape = vec![values.len()];
            Some(Whole { shape, values })
        }
        "Reshape" => {
            let wanted = numbers(1)?;
            let known: i64 = wanted.iter().filter(|&&size| size > 0).product();
            let rest = first.values.len() as i64 / known.max(1);
            let whole = wanted
                .iter()
                .map(|&size| if size == -1 { rest } else { size });
            let shape = sizes(&whole.collect::<Vec<_>>())?;
            let values = first.values.clone();
            (count(&shape)? == values.len()).then_some(Whole { shape, values })
        }
        "Transpose" => {
            let &[rows, columns] = &first.shape[..] else {
                return None;
            };
            let at = |i: usize| first.values[i % rows * columns + i / rows];
            Some(Whole {
                shape: vec![columns, rows],
                values: (0..rows * columns).map(at).collect(),
            })
        }
        // Rows in reverse order.
        "Slice" if numbers(3) == Some(&[0]) && numbers(4) == Some(&[-1]) => {
            let row = first.values.len() / first.shape.first()?.max(&1);
            let rows = first.values.chunks(row.max(1)).rev();
            Some(Whole {
                shape: first.shape.clone(),
                values: rows.flatten().copied().collect(),
            })
        }
        _ => None,
    }
}

fn sizes(numbers: &[i64]) -> Option<Vec<usize>> {
    let sizes = numbers.iter().map(|&size| usize::try_from(size).ok());
    sizes.collect()
}

fn count(shape: &[usize]) -> Option<usize> {
    let mut sizes = shape.iter();
    let count = sizes.try_fold(1usize, |count, &size| count.checked_mul(size));
    count.filter(|&count| count <= MOST)
}
