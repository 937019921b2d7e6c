//! Keys that are right each by itself, and wrong together.
//!
//! Only what the spec alone can tell: shapes inside the stages are for shape inference.

mod blocks;
mod initial;
mod labels;
mod pictures;
mod stem;

use super::Spec;
use crate::diagnostics::{Diagnostic, Diagnostics};

/// Reports all contradictions of a spec.
pub fn validate(spec: &Spec) -> Result<(), Diagnostics> {
    let checks: [fn(&Spec, &mut Vec<Diagnostic>); 5] = [
        stem::check,
        blocks::check,
        initial::check,
        labels::check,
        pictures::check,
    ];
    let mut found = Vec::new();
    for check in checks {
        check(spec, &mut found);
    }
    Diagnostics::check(found)
}
