//! How to mend branches of different shapes.

use crate::graph::Shape;

/// A branch of an addition.
#[derive(Clone, Copy)]
pub(super) struct Branch<'g> {
    /// The layer that it ends with.
    pub(super) name: &'g str,
    /// What that makes.
    pub(super) shape: Shape,
}

/// The convolution of 1x1 that would give one branch the shape of the other, if one would.
///
/// It goes on the branch with the larger map, and on the skip connection if the maps are alike.
pub(super) fn adapting_conv(main: Branch<'_>, skip: Branch<'_>) -> String {
    let (from, to) = match strides(skip.shape, main.shape) {
        Some(_) => (skip, main),
        None => (main, skip),
    };
    let Some([rows, columns]) = strides(from.shape, to.shape) else {
        return "give both branches the same channels, strides and paddings".to_owned();
    };
    let stride = match (rows, columns) {
        (1, 1) => String::new(),
        (rows, columns) if rows == columns => format!(", stride: {rows}"),
        (rows, columns) => format!(", stride: [{rows}, {columns}]"),
    };
    let (name, channels) = (from.name, to.shape.channels);
    let conv = format!("{{channels: {channels}, kernel: 1{stride}}}");
    format!(
        "add a layer `conv: {conv}` to the branch of `{name}`, which makes it {}",
        to.shape
    )
}

/// The strides with which a kernel of one pixel leads from one size to the other; a convolution's
/// are at most 16.
fn strides(from: Shape, to: Shape) -> Option<[usize; 2]> {
    let along = |from: usize, to: usize| {
        (1..=16).find(|stride| from > 0 && to > 0 && (from - 1) / stride + 1 == to)
    };
    Some([along(from.height, to.height)?, along(from.width, to.width)?])
}
