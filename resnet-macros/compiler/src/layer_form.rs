//! Resolves the layer form: names to positions, layers in an order in which they can be computed.
//!
//! All mistakes are told in one go, so each step goes on with the best guess after one: a
//! misspelt name stands for what it resembles, a layer without operator for its input.

mod operator;
mod wiring;

use std::collections::HashMap;

use crate::diagnostics::{Code, Diagnostic, Diagnostics, Located, shorten};
use crate::graph::Shape;
use crate::layers::{Layer, Layers, Output, Source, check, count_channels};
use crate::spec::layers::Layer as Written;
use crate::spec::suggest::nearest;
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
    let default = Output {
        name: DEFAULT_OUTPUT.to_owned(),
        source: last,
        place,
    };
    let outputs = outputs(spec, &list, default, &mut found);
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
    // Where circles were cut something reads less than it should.
    if !found.iter().any(|mistake| mistake.code == Code::LayerCycle) {
        check::unused(&layers, &mut found);
    }
    Diagnostics::check(found)?;
    Ok(layers)
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

/// What the only output is called if the spec doesn't say.
pub(crate) const DEFAULT_OUTPUT: &str = "logits";

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

/// The outputs that a spec names, or `default`.
pub(crate) fn outputs(
    spec: &Spec,
    list: &[Layer],
    default: Output,
    found: &mut Vec<Diagnostic>,
) -> Vec<Output> {
    let Some(named) = &spec.outputs else {
        return vec![default];
    };
    let mut positions: HashMap<&str, usize> = HashMap::new();
    for (position, layer) in list.iter().enumerate() {
        positions.entry(&layer.name).or_insert(position);
    }
    let position = |wanted: &str| positions.get(wanted).copied();
    let mut outputs: Vec<Output> = Vec::new();
    let mut first: HashMap<Source, &Located<String>> = HashMap::new();
    for (name, layer) in named {
        let names = list.iter().map(|layer| layer.name.as_str());
        let source = match position(&layer.value) {
            Some(position) => Source::Layer(position),
            None => {
                let guess = suggestion(&layer.value, names, found);
                found.push(unknown(Code::UnknownOutput, layer, guess));
                let Some(guess) = guess.and_then(position) else {
                    continue;
                };
                Source::Layer(guess)
            }
        };
        if let Some(earlier) = first.get(&source) {
            let (a, b) = (&earlier.value, &name.value);
            let message = format!(
                "the outputs `{a}` and `{b}` are both the layer `{}`",
                layer.value
            );
            let diagnostic = Diagnostic::new(Code::OutputTwice, layer.place, message);
            found.push(
                diagnostic
                    .label(earlier.place, format!("`{a}`"))
                    .help(format!("delete `{b}`")),
            );
        }
        first.entry(source).or_insert(name);
        outputs.push(Output {
            name: name.value.clone(),
            source,
            place: layer.place,
        });
    }
    outputs
}

/// How many names are compared with those that no layer has.
const COMPARED: usize = 2_000;

/// The name that a misspelt one may stand for. In a long list only the first mistakes are worth
/// the search.
fn suggestion<'a>(
    wanted: &str,
    names: impl IntoIterator<Item = &'a str>,
    found: &[Diagnostic],
) -> Option<&'a str> {
    if found.len() >= 10 {
        return None;
    }
    let names: Vec<_> = names.into_iter().collect();
    let few = found.len() * names.len() < COMPARED;
    few.then(|| nearest(wanted, names)).flatten()
}

/// That no layer has a name, and which one it may stand for.
fn unknown(code: Code, name: &Located<String>, guess: Option<&str>) -> Diagnostic {
    let message = format!("there is no layer `{}`", shorten(&name.value));
    let diagnostic = Diagnostic::new(code, name.place, message);
    match guess {
        Some(guess) => diagnostic.help(format!("did you mean `{guess}`?")),
        None => diagnostic.help("write the name of one of the layers"),
    }
}
