//! What a network gives, by the names that a spec has for it.

use std::collections::{BTreeMap, HashMap};

use super::{Output, Source};
use crate::diagnostics::{Code, Diagnostic, Located, Place, shorten};
use crate::spec::Spec;
use crate::spec::suggest::suggestion;

/// What the only output is called if the spec doesn't say.
pub(crate) const DEFAULT: &str = "logits";

/// An output of the default name.
pub(crate) fn default(source: Source, place: Place) -> Output {
    Output {
        name: DEFAULT.to_owned(),
        source,
        place,
    }
}

/// The outputs that a spec names, of what there is by name; those of `default` if it names none.
/// A misspelt name stands for what it resembles.
pub(crate) fn resolve(
    spec: &Spec,
    known: &BTreeMap<&str, Source>,
    default: Option<Output>,
    found: &mut Vec<Diagnostic>,
) -> Vec<Output> {
    let Some(named) = &spec.outputs else {
        return default.into_iter().collect();
    };
    let mut outputs: Vec<Output> = Vec::new();
    let mut first: HashMap<Source, &Located<String>> = HashMap::new();
    for (name, layer) in named {
        let source = match known.get(layer.value.as_str()) {
            Some(&source) => {
                match first.get(&source) {
                    Some(earlier) => found.push(twice(earlier, name, layer)),
                    None => drop(first.insert(source, name)),
                }
                source
            }
            None => {
                let guess = suggestion(&layer.value, known.keys().copied(), found);
                found.push(unknown(name, layer, guess));
                let Some(&source) = guess.and_then(|guess| known.get(guess)) else {
                    continue;
                };
                source
            }
        };
        outputs.push(Output {
            name: name.value.clone(),
            source,
            place: layer.place,
        });
    }
    outputs
}

fn unknown(name: &Located<String>, layer: &Located<String>, guess: Option<&str>) -> Diagnostic {
    let message = format!(
        "the output `{}` names `{}`, and nothing in the network is called that",
        shorten(&name.value),
        shorten(&layer.value)
    );
    let help = match guess {
        Some(guess) => format!("did you mean `{guess}`?"),
        None => {
            "write the name of a layer: `resnet expand-spec` lists them if `outputs` is left out"
                .to_owned()
        }
    };
    Diagnostic::new(Code::UnknownOutput, layer.place, message).help(help)
}

fn twice(earlier: &Located<String>, name: &Located<String>, layer: &Located<String>) -> Diagnostic {
    let (a, b) = (shorten(&earlier.value), shorten(&name.value));
    let message = format!(
        "the outputs `{a}` and `{b}` are both what `{}` makes",
        shorten(&layer.value)
    );
    Diagnostic::new(Code::OutputTwice, layer.place, message)
        .label(earlier.place, format!("`{a}`"))
        .help(format!("delete `{b}`"))
}
