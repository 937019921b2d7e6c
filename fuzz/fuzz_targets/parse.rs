//! Any bytes as a spec: they are read, or refused with mistakes that can be shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use resnet_compiler::diagnostics::{Code, Diagnostics};
use resnet_compiler::source::Source;
use resnet_compiler::stages;

fuzz_target!(|text: &str| {
    let source = Source::new("x.yaml", text);
    let check = |mistakes: Diagnostics| {
        assert!(mistakes.iter().all(|found| found.code != Code::Internal));
        assert!(mistakes.iter().all(|found| found.place.is_some()));
        assert!(!mistakes.render(&source).is_empty());
    };
    match stages::parsed(&source) {
        Ok(spec) => drop(stages::expanded(&spec).map_err(check)),
        Err(mistakes) => check(mistakes),
    }
});
