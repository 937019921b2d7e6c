//! Chooses the layout of every value: channel stride and halo.

use resnet_geometry::{CHANNEL_BLOCK, Map};

use crate::graph::{Graph, Reader, Shape, Value};
use crate::ops::Input;
use crate::value_map::ValueMap;

/// From this many channels on, pixels are one block further apart than their
/// channels need: strides of a power of two make rows collide in the L1 cache.
const PADDED_FROM: usize = 128;

/// The layout of every value.
pub fn choose_layouts(graph: &Graph) -> ValueMap<Map> {
    let mut maps = ValueMap::new(graph, Map::new(0, 0, 0));
    for node in graph.indices() {
        for (port, &shape) in graph.node(node).outputs.iter().enumerate() {
            let value = Value { node, port };
            maps[value] = choose_layout(graph, value, shape);
        }
    }
    maps
}

fn choose_layout(graph: &Graph, value: Value, shape: Shape) -> Map {
    let readers = || graph.any_readers(value);
    let op_of = |reader: &Reader| &graph.node(reader.node).op;
    let halo = readers().map(|r| op_of(&r).halo(r.port, shape)).max();
    let Shape {
        channels,
        height,
        width,
    } = shape;
    let map = Map::new(channels, height, width).halo(halo.unwrap_or(0));
    let is_input = graph.node(value.node).op_as::<Input>().is_some();
    if is_input && readers().all(|r| op_of(&r).reads_scalars(r.port)) {
        map.channel_stride(channels)
    } else if channels >= PADDED_FROM && height * width > 1 {
        map.channel_stride(map.channel_stride + CHANNEL_BLOCK)
    } else {
        map
    }
}
