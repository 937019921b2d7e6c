//! What the network gives: outputs, classes and their names.

use std::collections::BTreeMap;

use crate::diagnostics::{Code, Diagnostic, shorten};
use crate::spec::Spec;

pub(super) fn check(spec: &Spec, found: &mut Vec<Diagnostic>) {
    let outputs = spec.outputs.as_deref().unwrap_or_default();
    if spec.outputs.is_some() && outputs.is_empty() {
        let message = "the network gives nothing: `outputs` is empty";
        let nothing = Diagnostic::new(Code::NothingGiven, spec.place, message);
        found.push(nothing.help("name a layer, such as `outputs: {logits: fc}`, or leave it out"));
    } else if spec.head.is_none() && spec.layers.is_none() && outputs.is_empty() {
        let message = "the network gives nothing: the spec has neither `head` nor `outputs`";
        let nothing = Diagnostic::new(Code::NothingGiven, spec.place, message).help(
            "add `head: {classes: N}`, or `outputs: {features: layer4}` for the maps of a stage",
        );
        found.push(nothing);
    }
    let Some(names) = &spec.class_names else {
        return;
    };
    let count = names.count();
    let place = names.end().unwrap_or(spec.place);
    match &spec.head {
        // Which of the layers gives the classes is known later.
        None if spec.layers.is_some() => {}
        None => {
            let message = format!("there are {count} class names, and no `head` to give classes");
            let classless = Diagnostic::new(Code::ClassNamesWithoutHead, place, message);
            found.push(classless.help("leave `class_names` out, or add `head`"));
        }
        Some(head) if head.classes.value != count => {
            let classes = head.classes;
            let message = format!(
                "there are {count} class names for {} classes, expected one for each",
                classes.value
            );
            let count = Diagnostic::new(Code::ClassNamesCount, place, message)
                .label(classes.place, "the number of classes")
                .label(place, "the last name")
                .help("the names follow the order of the outputs");
            found.push(count);
        }
        Some(_) => {}
    }
    let mut first = BTreeMap::new();
    for name in names.listed() {
        if let Some(before) = first.insert(name.value.as_str(), name.place) {
            let message = format!("two classes are called `{}`", shorten(&name.value));
            let twice = Diagnostic::new(Code::DuplicateClassName, name.place, message)
                .label(before, "the other one")
                .help("give each class a name of its own");
            found.push(twice);
        }
    }
}
