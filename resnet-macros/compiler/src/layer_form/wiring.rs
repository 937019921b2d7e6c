//! Who reads whom, and an order in which everybody comes after those that it reads.

use std::collections::{BTreeSet, HashMap};

use super::{operator, unknown};
use crate::diagnostics::{Code, Diagnostic, Located};
use crate::layers::Source;
use crate::spec::layers::Layer as Written;
use crate::spec::suggest::suggestion;

/// The name of the images, or of the block's input.
pub(super) const INPUT: &str = "input";

/// Where a list of layers stands.
pub(crate) struct Scope<'s> {
    /// What the names of its layers begin with.
    pub(crate) prefix: &'s str,
    /// What `input` is.
    pub(crate) input: Source,
    /// What a name stands for that is none of the list's.
    pub(crate) outer: &'s dyn Fn(&str) -> Option<Source>,
    /// Such names, for suggestions.
    pub(crate) outer_names: &'s dyn Fn() -> Vec<&'s str>,
}

/// A value that a layer of the list reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// A value from outside of the list.
    Outer(Source),
    /// What the layer at this position of the list makes.
    Listed(usize),
}

/// Who reads whom, by positions in the list as written.
pub(super) struct Wiring {
    /// What each layer reads.
    pub(super) inputs: Vec<Vec<Read>>,
    /// All layers, each after those that it reads; as written where that is such an order.
    pub(super) order: Vec<usize>,
}

/// Resolves the names that layers read.
pub(super) fn wire(written: &[Written], scope: &Scope<'_>, found: &mut Vec<Diagnostic>) -> Wiring {
    let mut positions: HashMap<&str, usize> = HashMap::new();
    for (position, layer) in written.iter().enumerate() {
        // Of two layers of one name the first has it; that there are two is told elsewhere.
        positions.entry(&layer.name.value).or_insert(position);
    }
    let mut inputs = Vec::with_capacity(written.len());
    for (position, layer) in written.iter().enumerate() {
        operator::check(layer, found);
        let names: Vec<_> = operator::reads(layer);
        let mut read: Vec<_> = names
            .iter()
            .filter_map(|name| resolve(name, written, &positions, scope, found))
            .collect();
        if read.is_empty() {
            read.push(match position {
                0 => Read::Outer(scope.input),
                _ => Read::Listed(position - 1),
            });
        }
        inputs.push(read);
    }
    let mut order = sort(&inputs);
    for _ in 0..MOST_CIRCLES {
        if order.len() == written.len() {
            break;
        }
        let circle = circle(&inputs, &order);
        found.push(cycle(written, &circle));
        // As if the first layer of the circle read nothing.
        inputs[circle[0]] = vec![Read::Outer(scope.input)];
        order = sort(&inputs);
    }
    if order.len() < written.len() {
        order = (0..written.len()).collect();
        inputs.fill(vec![Read::Outer(scope.input)]);
    }
    Wiring { inputs, order }
}

fn resolve(
    name: &Located<String>,
    written: &[Written],
    positions: &HashMap<&str, usize>,
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<Read> {
    let look_up = |wanted: &str| match positions.get(wanted) {
        Some(&position) => Some(Read::Listed(position)),
        None if wanted == INPUT => Some(Read::Outer(scope.input)),
        None => (scope.outer)(wanted).map(Read::Outer),
    };
    look_up(&name.value).or_else(|| {
        let listed = written.iter().map(|layer| layer.name.value.as_str());
        let outer = std::iter::once_with(|| (scope.outer_names)()).flatten();
        let names = listed.chain([INPUT]).chain(outer);
        let guess = suggestion(&name.value, names, found);
        found.push(unknown(name, guess));
        guess.and_then(look_up)
    })
}

/// Every layer after those that it reads, the first of those that could come next; layers that
/// read one another in a circle, and those that depend on them, are left out.
fn sort(inputs: &[Vec<Read>]) -> Vec<usize> {
    let mut readers = vec![Vec::new(); inputs.len()];
    let mut waiting = vec![0usize; inputs.len()];
    for (reader, read) in inputs.iter().enumerate() {
        for input in read {
            if let Read::Listed(position) = *input {
                readers[position].push(reader);
                waiting[reader] += 1;
            }
        }
    }
    let free = (0..inputs.len()).filter(|&position| waiting[position] == 0);
    let mut ready: BTreeSet<usize> = free.collect();
    let mut order = Vec::with_capacity(inputs.len());
    while let Some(position) = ready.pop_first() {
        order.push(position);
        for &reader in &readers[position] {
            waiting[reader] -= 1;
            if waiting[reader] == 0 {
                ready.insert(reader);
            }
        }
    }
    order
}

/// A circle of layers, each read by the next and the last by the first; there must be one among
/// those that are not in `order`.
fn circle(inputs: &[Vec<Read>], order: &[usize]) -> Vec<usize> {
    let mut left = vec![true; inputs.len()];
    for &position in order {
        left[position] = false;
    }
    let before = |position: usize| {
        let mut read = inputs[position].iter().filter_map(|input| match *input {
            Read::Listed(position) => Some(position),
            Read::Outer(_) => None,
        });
        read.find(|&position| left[position])
    };
    // Each layer that is left reads one that is left: going back must come round.
    let mut path: Vec<usize> = Vec::new();
    let mut at = vec![None; inputs.len()];
    let mut next = left.iter().position(|&left| left);
    while let Some(position) = next {
        if let Some(start) = at[position] {
            let mut circle = path.split_off(start);
            circle.reverse();
            let first = (0..circle.len()).min_by_key(|&n| circle[n]).unwrap_or(0);
            circle.rotate_left(first);
            return circle;
        }
        at[position] = Some(path.len());
        path.push(position);
        next = before(position);
    }
    path
}

/// How many circles are told; nobody writes as many.
const MOST_CIRCLES: usize = 10;

/// How many layers of a circle are named.
const SHOWN: usize = 8;

fn cycle(written: &[Written], circle: &[usize]) -> Diagnostic {
    let name = |position: usize| &written[position].name;
    let first = name(circle[0]);
    let shown = circle.iter().take(SHOWN);
    let mut names: Vec<_> = shown.map(|&at| format!("`{}`", name(at).value)).collect();
    if circle.len() > SHOWN {
        names.push(format!("{} more", circle.len() - SHOWN));
    }
    names.push(format!("`{}`", first.value));
    let message = match circle {
        [_] => format!("the layer `{}` reads itself", first.value),
        _ => format!(
            "{} layers read one another in a circle: {}",
            circle.len(),
            names.join(" -> ")
        ),
    };
    let mut diagnostic = Diagnostic::new(Code::LayerCycle, first.place, message);
    for (n, &at) in circle.iter().enumerate().take(SHOWN).skip(1) {
        let before = &name(circle[n - 1]).value;
        diagnostic = diagnostic.label(name(at).place, format!("reads `{before}`"));
    }
    if let [.., last] = circle
        && circle.len() > 1
    {
        let text = format!("reads `{}`", name(*last).value);
        diagnostic = diagnostic.label(first.place, text);
    }
    diagnostic.help("let one of them read a layer that does not depend on it")
}
