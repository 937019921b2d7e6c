//! Keys that are right each by itself, and wrong together.
//!
//! Only what the spec alone can tell: shapes inside the stages are for shape inference.

mod blocks;
mod initial;
mod labels;
mod pictures;
mod stem;

use super::{Family, Form, Spec};
use crate::diagnostics::{Diagnostic, Diagnostics};

/// Reports all contradictions of a spec.
pub fn validate(spec: &Spec) -> Result<(), Diagnostics> {
    let mut found = Vec::new();
    if let Form::Family(family) = spec.form()? {
        let checks: [fn(Family<'_>, &mut Vec<Diagnostic>); 3] =
            [stem::check, blocks::check, initial::check];
        for check in checks {
            check(family, &mut found);
        }
    }
    labels::check(spec, &mut found);
    pictures::check(spec, &mut found);
    Diagnostics::check(found)
}
