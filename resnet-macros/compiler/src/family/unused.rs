//! Whether all of a network serves what it gives.

use std::collections::HashSet;

use crate::diagnostics::{Code, Diagnostic, Place};
use crate::layers::{Layer, Output, Source};

/// How many outputs are shown that a part could serve.
const SHOWN: usize = 8;

/// Reports parts of the network that no output depends on.
pub(super) fn parts(list: &[Layer], outputs: &[Output]) -> Vec<Diagnostic> {
    let mut used = vec![false; list.len()];
    for output in outputs {
        if let Source::Layer(position) = output.source {
            used[position] = true;
        }
    }
    for (position, layer) in list.iter().enumerate().rev() {
        for input in &layer.inputs {
            if let &Source::Layer(read) = input {
                used[read] |= used[position];
            }
        }
    }
    let mut told = HashSet::<Place>::new();
    let unused = list.iter().zip(&used).filter(|&(_, &used)| !used);
    let unused = unused.filter(|(layer, _)| told.insert(layer.place));
    let found = unused.map(|(layer, _)| {
        let message = format!(
            "nothing that the network gives depends on `{}` and what follows it",
            layer.name
        );
        let unused = Diagnostic::new(Code::UnusedPart, layer.place, message);
        let unused = outputs.iter().take(SHOWN).fold(unused, |unused, output| {
            unused.label(output.place, format!("the output `{}`", output.name))
        });
        unused.help("leave this part out, or name an output that it makes")
    });
    found.collect()
}
