//! The layer form of a network with an output wherever inference has a value of
//! its own.

use super::write;
use crate::diagnostics::Diagnostics;
use crate::layers::{LayerKind, Layers, Output, Source};
use crate::ops::PoolKind;
use crate::{source, stages};

/// The layer form of a spec whose outputs are those of the spec, then every layer that isn't
/// fused into the next, by its name; of shortcuts' convolutions and those before max pools, which
/// may be, only what they are added to or pooled to. Outputs that are observed change no fusion
/// and no arithmetic: what comes out is what the network computes with.
pub fn observed_spec(source: &source::Source) -> Result<String, Diagnostics> {
    let mut spec = stages::parsed(source)?;
    let mut layers = stages::expanded(&spec)?;
    stages::lowered(&layers)?;
    observe(&mut layers);
    // More is kept than the network itself would.
    spec.limits = None;
    Ok(write(&spec, &layers))
}

fn observe(layers: &mut Layers) {
    for position in 0..layers.list.len() {
        let source = Source::Layer(position);
        let layer = &layers.list[position];
        let known = |output: &Output| output.source == source || output.name == layer.name;
        if is_a_value(layers, position) && !layers.outputs.iter().any(known) {
            let output = Output {
                name: layer.name.clone(),
                source,
                place: layer.place,
            };
            layers.outputs.push(output);
        }
    }
}

/// Whether inference has what the layer makes, and not only what it goes into.
fn is_a_value(layers: &Layers, position: usize) -> bool {
    let source = Source::Layer(position);
    let readers = || layers.list.iter().filter(|l| l.inputs.contains(&source));
    // A convolution may give its rows to the one max pool that reads it.
    let is_pooled = || {
        let mut readers = readers();
        matches!(
            (readers.next(), readers.next()),
            (Some(reader), None) if matches!(reader.kind, LayerKind::Pool(PoolKind::Max, _))
        )
    };
    match layers.list[position].kind {
        LayerKind::Activation(_) => !is_pooled(),
        LayerKind::Pool(..)
        | LayerKind::GlobalPool
        | LayerKind::Concat
        | LayerKind::BlurPool { .. }
        | LayerKind::Subsample { .. } => true,
        LayerKind::Dropout { .. } | LayerKind::DropPath { .. } => false,
        LayerKind::Conv(_)
        | LayerKind::Norm(_)
        | LayerKind::Linear(_)
        | LayerKind::Add
        | LayerKind::Scale => readers().all(|reader| !takes_in(&reader.kind)) && !is_pooled(),
    }
}

/// Whether a layer may become part of one that it reads.
fn takes_in(reader: &LayerKind) -> bool {
    matches!(
        reader,
        LayerKind::Norm(_)
            | LayerKind::Activation(_)
            | LayerKind::Add
            | LayerKind::Scale
            | LayerKind::Dropout { .. }
            | LayerKind::DropPath { .. }
    )
}
