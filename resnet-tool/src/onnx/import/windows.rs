//! Sizes of kernels and pools.

use crate::onnx::message::{Attribute, Node};

/// Rows and columns of an attribute.
pub(super) fn pair(node: &Node, name: &str, default: usize) -> Result<[usize; 2], String> {
    match node.ints(name) {
        None => Ok([default; 2]),
        Some(&[rows, columns]) => {
            let size = |size: i64| usize::try_from(size).map_err(|_| format!("{name} of {size}"));
            Ok([size(rows)?, size(columns)?])
        }
        Some(numbers) => Err(format!("{name} of {numbers:?}, expected two numbers")),
    }
}

/// Padding that is the same before and behind.
pub(super) fn padding(node: &Node) -> Result<[usize; 2], String> {
    match padding_and_extra(node)? {
        (padding, [0, 0]) => Ok(padding),
        _ => Err(format!(
            "padding of {:?}, expected the same before and behind",
            node.ints("pads").unwrap_or_default()
        )),
    }
}

/// Padding, and how much more of it is behind than before.
pub(super) fn padding_and_extra(node: &Node) -> Result<([usize; 2], [usize; 2]), String> {
    if let Some(Attribute::Text(kind)) = node.attribute("auto_pad")
        && !matches!(kind.as_str(), "NOTSET" | "VALID")
    {
        return Err(format!("auto_pad of {kind}"));
    }
    match node.ints("pads") {
        None => Ok(([0, 0], [0, 0])),
        Some(&[top, left, bottom, right]) if bottom >= top && right >= left => {
            let size = |size: i64| usize::try_from(size).map_err(|_| format!("padding of {size}"));
            let extra = [size(bottom - top)?, size(right - left)?];
            Ok(([size(top)?, size(left)?], extra))
        }
        Some(pads) => Err(format!(
            "padding of {pads:?}, expected no less behind than before"
        )),
    }
}

/// A size as specs write it.
pub(super) fn text([rows, columns]: [usize; 2]) -> String {
    match rows == columns {
        true => rows.to_string(),
        false => format!("[{rows}, {columns}]"),
    }
}
