//! Resolves the layer form: names to positions, layers in an order in which they can be computed.
//!
//! All mistakes are told in one go, so each step goes on with the best guess after one: a
//! misspelt name stands for what it resembles, a layer without operator for its input.

mod operator;
mod wiring;

use std::collections::BTreeMap;

use crate::diagnostics::{Code, Diagnostic, Diagnostics, Located, shorten};
use crate::graph::Shape;
use crate::layers::{Layer, Layers, Source, check, count_channels, outputs};
use crate::spec::layers::Layer as Written;
use crate::spec::{Input, Spec};

pub(crate) use wiring::Scope;

/// The network that a list of layers describes.
pub fn resolve(spec: &Spec, written: &[Written]) -> Result<Layers, Diagnostics> {
    let mut found = Vec::new();
    let mut list = Vec::new();
    let scope = Scope {
        prefix: "",
        input: Source::Input,
        outer: &|_| None,
        outer_names: &Vec::new,
    };
    let last = append(&mut list, written, &scope, &mut found);
    let place = written.last().map_or(spec.place, |last| last.name.place);
    let default = outputs::default(last, place);
    let outputs = outputs::resolve(spec, &named(&list), Some(default), &mut found);
    let Input {
        channels,
        height,
        width,
        place,
    } = spec.input;
    let shape = Shape::new(channels.value, height.value, width.value);
    let layers = Layers {
        input: Located::new(shape, place),
        list,
        outputs,
    };
    check::names(&layers.list, &mut found);
    found.extend(class_names_unmatched(spec, &layers));
    // Where circles were cut, or an output is unknown, something is read less than it should be.
    let cut = [Code::LayerCycle, Code::UnknownOutput];
    if !found.iter().any(|mistake| cut.contains(&mistake.code)) {
        check::unused(&layers, &mut found);
    }
    check::settle(layers, found)
}

/// All layers by name; of two of one name the first.
fn named(list: &[Layer]) -> BTreeMap<&str, Source> {
    let mut named = BTreeMap::new();
    for (position, layer) in list.iter().enumerate() {
        let source = Source::Layer(position);
        named.entry(layer.name.as_str()).or_insert(source);
    }
    named
}

/// Class names that are not one for each channel of the main output.
fn class_names_unmatched(spec: &Spec, layers: &Layers) -> Option<Diagnostic> {
    let (names, main) = (spec.class_names.as_ref()?, layers.outputs.first()?);
    let Source::Layer(position) = main.source else {
        return None;
    };
    let mut made = Vec::new();
    count_channels(&layers.list, layers.input.value.channels, &mut made);
    let made = made[position];
    let (count, end) = (names.count(), names.end()?);
    (made != count).then(|| {
        let layer = &layers.list[position];
        let message = format!(
            "there are {count} class names, and `{}` makes {made} values, expected one for each",
            layer.name
        );
        Diagnostic::new(Code::ClassNamesUnmatched, end, message)
            .label(layer.place, format!("makes {made} values"))
            .label(end, "the last name")
            .help("the names follow the order of the values")
    })
}

/// Appends a list of layers to those of a network; gives what the last one makes.
///
/// This is how a stage of the family form gets layers of its own, too: their names get the
/// scope's prefix, `input` is the block's input, and names that the list doesn't have are looked
/// up in the scope.
pub(crate) fn append(
    list: &mut Vec<Layer>,
    written: &[Written],
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
) -> Source {
    let wiring = wiring::wire(written, scope, found);
    let offset = list.len();
    let mut position = vec![0; written.len()];
    for (n, &index) in wiring.order.iter().enumerate() {
        position[index] = offset + n;
    }
    for &index in &wiring.order {
        let layer = &written[index];
        let inputs = wiring.inputs[index].iter().map(|input| match *input {
            wiring::Read::Outer(source) => source,
            wiring::Read::Listed(index) => Source::Layer(position[index]),
        });
        list.push(Layer {
            name: format!("{}{}", scope.prefix, layer.name.value),
            kind: operator::kind(layer),
            inputs: inputs.collect(),
            place: layer.place,
        });
    }
    position
        .last()
        .map_or(scope.input, |&last| Source::Layer(last))
}

/// That no layer has a name that another reads, and which one it may stand for.
fn unknown(name: &Located<String>, guess: Option<&str>) -> Diagnostic {
    let message = format!("there is no layer `{}`", shorten(&name.value));
    let diagnostic = Diagnostic::new(Code::InputUnknown, name.place, message);
    match guess {
        Some(guess) => diagnostic.help(format!("did you mean `{guess}`?")),
        None => diagnostic.help("write the name of one of the layers"),
    }
}
