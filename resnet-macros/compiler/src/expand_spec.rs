//! Writes a network as a spec in the layer form: what the family form stands for.
//!
//! One line a layer; keys that say what holds anyway are left out.

mod about;
mod observed;
mod values;

use crate::diagnostics::Diagnostics;
use crate::layers::{Conv, Layer, LayerKind, Layers, Linear, Norm, Source, outputs};
use crate::parameter::Init;
use crate::source;
use crate::spec::Spec;
use crate::stages;
pub use observed::observed_spec;
use values::{Flow, activation, init, list, name, pair, pool};

/// The layer form of a spec; it describes the same network.
pub fn expand_spec(source: &source::Source) -> Result<String, Diagnostics> {
    let spec = stages::parsed(source)?;
    let layers = stages::expanded(&spec)?;
    // A network that can't be lowered has no form that would be right.
    stages::lowered(&layers)?;
    Ok(write(&spec, &layers))
}

fn write(spec: &Spec, layers: &Layers) -> String {
    let shape = layers.input.value;
    let mut input = Flow::default();
    input.push("channels", shape.channels);
    input.push("height", shape.height);
    input.push("width", shape.width);
    let mut lines = vec![
        format!("model: {}", name(&spec.model.value)),
        format!("input: {input}"),
        "layers:".to_owned(),
    ];
    for position in 0..layers.list.len() {
        lines.push(format!("  - {}", layer(layers, position)));
    }
    lines.extend(outputs(layers).map(|outputs| format!("outputs: {outputs}")));
    lines.extend(about::lines(spec));
    lines.join("\n") + "\n"
}

fn layer(layers: &Layers, position: usize) -> Flow {
    let Layer {
        name: own,
        kind,
        inputs,
        ..
    } = &layers.list[position];
    let mut line = Flow::default();
    line.push("name", name(own));
    let read = |source: &Source| match *source {
        Source::Input => "input".to_owned(),
        Source::Layer(position) => name(&layers.list[position].name),
    };
    let before = match position {
        0 => Source::Input,
        position => Source::Layer(position - 1),
    };
    if let LayerKind::Add | LayerKind::Concat | LayerKind::Scale = kind {
        let key = match kind {
            LayerKind::Add => "add",
            LayerKind::Concat => "concat",
            _ => "scale",
        };
        line.push(key, list(inputs.iter().map(read)));
        return line;
    }
    if let Some(input) = inputs.first().filter(|&&input| input != before) {
        line.push("input", read(input));
    }
    operator(&mut line, kind);
    line
}

fn operator(line: &mut Flow, kind: &LayerKind) {
    match kind {
        LayerKind::Conv(conv) => line.push("conv", self::conv(conv)),
        LayerKind::Norm(norm) => line.push("norm", self::norm(norm)),
        LayerKind::Activation(function) => line.push("activation", activation(*function)),
        LayerKind::Pool(kind, sizes) => line.push("pool", pool(*kind, sizes)),
        LayerKind::GlobalPool => line.push("global_pool", "average"),
        LayerKind::Linear(linear) => line.push("linear", self::linear(linear)),
        LayerKind::BlurPool { kernel, stride } => {
            let mut keys = Flow::default();
            keys.push_unless("kernel", *kernel, &3);
            keys.push_unless("stride", *stride, &2);
            line.push("blur_pool", keys);
        }
        LayerKind::Subsample { stride, channels } => {
            let mut keys = Flow::default();
            keys.push("channels", channels);
            keys.push_unless("stride", pair(*stride), &pair([1, 1]));
            line.push("subsample", keys);
        }
        LayerKind::Dropout { rate } => line.push("dropout", rate),
        LayerKind::DropPath { rate } => line.push("drop_path", rate),
        // These list their inputs.
        LayerKind::Add | LayerKind::Concat | LayerKind::Scale => {}
    }
}

fn conv(conv: &Conv) -> Flow {
    let Conv {
        channels,
        kernel,
        stride,
        padding,
        dilation,
        groups,
        bias,
        init,
    } = *conv;
    let default = Conv::new(channels, kernel);
    let mut keys = Flow::default();
    keys.push("channels", channels);
    keys.push("kernel", pair(kernel));
    keys.push_unless("stride", pair(stride), &pair(default.stride));
    keys.push_unless("padding", pair(padding), &pair(default.padding));
    keys.push_unless("dilation", pair(dilation), &pair(default.dilation));
    keys.push_unless("groups", groups, &default.groups);
    keys.push_unless("bias", bias, &default.bias);
    keys.push_unless("init", self::init(init), &self::init(default.init));
    keys
}

fn norm(norm: &Norm) -> String {
    let Norm {
        epsilon,
        momentum,
        init,
    } = *norm;
    let mut keys = Flow::default();
    keys.push_unless("epsilon", epsilon, &1e-5);
    keys.push_unless("momentum", momentum, &0.1);
    keys.push_unless("init", self::init(init), &self::init(Init::ONE));
    values::word("batch", &keys)
}

fn linear(linear: &Linear) -> Flow {
    let Linear {
        features,
        bias,
        init,
    } = *linear;
    let mut keys = Flow::default();
    keys.push("features", features);
    keys.push_unless("bias", bias, &true);
    keys.push_unless("init", self::init(init), &self::init(Init::Uniform));
    keys
}

/// What the network gives, if it isn't the last layer alone by its usual name.
fn outputs(layers: &Layers) -> Option<Flow> {
    let last = Source::Layer(layers.list.len().saturating_sub(1));
    if let [output] = &layers.outputs[..]
        && output.source == last
        && output.name == outputs::DEFAULT
    {
        return None;
    }
    let mut keys = Flow::default();
    for output in &layers.outputs {
        if let Source::Layer(position) = output.source {
            keys.push(&name(&output.name), name(&layers.list[position].name));
        }
    }
    Some(keys)
}
