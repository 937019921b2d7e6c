//! What the network gives, and whether all of it serves that.

use std::collections::BTreeSet;

use super::{Expansion, Features};
use crate::diagnostics::{Code, Diagnostic, Diagnostics, Located, Place};
use crate::layers::{Output, Source};
use crate::spec::{Family, nearest};

impl Expansion {
    pub(super) fn outputs(
        &self,
        spec: Family<'_>,
        logits: Option<Features>,
    ) -> Result<Vec<Output>, Diagnostics> {
        let outputs: Vec<Output> = match &spec.outputs {
            Some(outputs) => {
                let found = outputs.iter().map(|(name, layer)| self.output(name, layer));
                let (outputs, mistakes): (Vec<_>, Vec<_>) = found.partition(Result::is_ok);
                Diagnostics::check(mistakes.into_iter().filter_map(Result::err).collect())?;
                outputs.into_iter().filter_map(Result::ok).collect()
            }
            None => {
                let place = spec.head.as_ref().map_or(self.place, |head| head.place);
                let logits = logits.map(|logits| Output {
                    name: "logits".to_owned(),
                    source: logits.source,
                    place,
                });
                logits.into_iter().collect()
            }
        };
        self.all_used(&outputs)?;
        Ok(outputs)
    }

    fn output(
        &self,
        name: &Located<String>,
        layer: &Located<String>,
    ) -> Result<Output, Diagnostic> {
        let Some(&source) = self.named.get(&layer.value) else {
            let message = format!(
                "the output `{}` names `{}`, and there is no such layer, block or stage",
                name.value, layer.value
            );
            let unknown = Diagnostic::new(Code::UnknownOutput, layer.place, message);
            let known = self.named.keys().map(String::as_str);
            return Err(match nearest(&layer.value, known) {
                Some(name) => unknown.help(format!("did you mean `{name}`?")),
                None => unknown.help("`resnet expand-spec` lists all layers"),
            });
        };
        Ok(Output {
            name: name.value.clone(),
            source,
            place: layer.place,
        })
    }

    /// Reports parts of the network that no output depends on.
    fn all_used(&self, outputs: &[Output]) -> Result<(), Diagnostics> {
        let mut used = vec![false; self.list.len()];
        for output in outputs {
            if let Source::Layer(position) = output.source {
                used[position] = true;
            }
        }
        for (position, layer) in self.list.iter().enumerate().rev() {
            for input in &layer.inputs {
                if let &Source::Layer(read) = input {
                    used[read] |= used[position];
                }
            }
        }
        let mut told = BTreeSet::<Place>::new();
        let unused = self.list.iter().zip(&used).filter(|&(_, &used)| !used);
        let unused = unused.filter(|(layer, _)| told.insert(layer.place));
        let found = unused.map(|(layer, _)| {
            let message = format!(
                "nothing that the network gives depends on `{}` and what follows it",
                layer.name
            );
            let unused = Diagnostic::new(Code::UnusedPart, layer.place, message);
            let unused = outputs.iter().fold(unused, |unused, output| {
                unused.label(output.place, format!("the output `{}`", output.name))
            });
            unused.help("leave this part out, or name an output that it makes")
        });
        Diagnostics::check(found.collect())
    }
}
