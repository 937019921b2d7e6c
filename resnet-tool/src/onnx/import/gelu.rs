//! GELU as exporters write it where ONNX has no operator of that name:
//! `x * (erf(x / sqrt(2)) + 1) * 0.5`, five nodes.

use std::f32::consts::{FRAC_1_SQRT_2, SQRT_2};

use super::nodes::output;
use super::{Importer, Made};
use crate::onnx::message::{Data, Node};

/// How far a GELU has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stage {
    /// `x / sqrt(2)`
    Scaled,
    /// `erf(x / sqrt(2))`
    Erf,
    /// `erf(x / sqrt(2)) + 1`
    Share,
    /// `x * (erf(x / sqrt(2)) + 1)`
    Doubled,
}

impl<'m> Importer<'m> {
    /// Notes a node that is part of a GELU, and adds the layer at the last of
    /// them; `false` if it is none.
    pub(super) fn gelu(&mut self, node: &'m Node) -> Result<bool, String> {
        let Some((stage, made)) = self.next_stage(node) else {
            return Ok(false);
        };
        match stage {
            Some(stage) => {
                self.gelus.insert(output(node)?, (stage, made));
            }
            None => {
                let name = self.names.layer(node, None);
                self.layer(node, name, "activation", "gelu".to_owned(), made)?;
            }
        }
        Ok(true)
    }

    /// What a node makes of a value, or `None` of the last stage.
    fn next_stage(&self, node: &Node) -> Option<(Option<Stage>, Made)> {
        let name = |port: usize| node.inputs.get(port).map(String::as_str);
        let of = |port| self.gelus.get(name(port)?).cloned();
        let plain = |port| self.values.get(name(port)?).cloned();
        let is = |port, number: f32| self.scalar(name(port)?, number).then_some(());
        let either = [(0, 1), (1, 0)].into_iter();
        match node.op.as_str() {
            "Div" => {
                is(1, SQRT_2)?;
                Some((Some(Stage::Scaled), plain(0)?))
            }
            "Erf" => {
                let (stage, made) = of(0)?;
                (stage == Stage::Scaled).then_some((Some(Stage::Erf), made))
            }
            "Add" => either.into_iter().find_map(|(a, b)| {
                let (stage, made) = of(a)?;
                is(b, 1.0)?;
                (stage == Stage::Erf).then_some((Some(Stage::Share), made))
            }),
            "Mul" => either.into_iter().find_map(|(a, b)| match of(a) {
                Some((Stage::Share, made)) => {
                    let same = plain(b)?.layer == made.layer;
                    same.then_some((Some(Stage::Doubled), made))
                }
                Some((Stage::Doubled, made)) => {
                    is(b, 0.5)?;
                    Some((None, made))
                }
                Some(_) => None,
                None => {
                    is(b, FRAC_1_SQRT_2)?;
                    Some((Some(Stage::Scaled), plain(a)?))
                }
            }),
            _ => None,
        }
    }

    /// Whether a name is this one number.
    fn scalar(&self, name: &str, number: f32) -> bool {
        let tensor = self.constants.get(name);
        tensor.is_some_and(|tensor| match &tensor.data {
            Data::F32(values) => matches!(values[..], [value] if (value - number).abs() < 1e-6),
            _ => false,
        })
    }
}
