//! Initialisation: is there what is to start at zero?

use crate::diagnostics::{Code, Diagnostic};
use crate::spec::{Family, NormKind, Shortcut};

pub(super) fn check(spec: Family<'_>, found: &mut Vec<Diagnostic>) {
    let initialization = spec.initialization.as_ref();
    let Some(zero) = initialization.map(|keys| keys.zero_last_norm) else {
        return;
    };
    if !zero.value {
        return;
    }
    if let Some(norm) = spec
        .norm
        .as_ref()
        .filter(|norm| norm.value == NormKind::None)
    {
        let message = "`zero_last_norm` starts norms at 0, and `norm` is `none`";
        let none = Diagnostic::new(Code::ZeroWithoutNorm, zero.place, message)
            .label(norm.place, "no norms")
            .help("leave `zero_last_norm` out, or use `norm: batch`");
        found.push(none);
    }
    for stage in spec.stages {
        let shortcut = stage.block(spec.block).shortcut;
        if shortcut.value == Shortcut::None {
            let message = "`zero_last_norm` starts blocks as their shortcuts, and without a \
                           shortcut a block would give nothing";
            let none = Diagnostic::new(Code::ZeroWithoutShortcut, zero.place, message)
                .label(shortcut.place, "no shortcut")
                .help("leave `zero_last_norm` out, or use another shortcut");
            found.push(none);
        }
    }
}
