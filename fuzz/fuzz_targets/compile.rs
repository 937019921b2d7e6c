//! Any bytes through every stage of the compiler: refused in the spec's own words, or a sound
//! network.

#![no_main]

#[path = "../../resnet-macros/compiler/tests/whole_common/mod.rs"]
mod whole_common;

use libfuzzer_sys::fuzz_target;
use resnet_compiler::diagnostics::Code;
use resnet_compiler::source::Source;

fuzz_target!(|text: &str| {
    let source = Source::new("x.yaml", text);
    // Formatting and drawing take most of the time.
    let formatted = text.len() % 16 == 0;
    if let Err(mistakes) = whole_common::compiles(&source, formatted) {
        assert!(mistakes.iter().all(|found| found.code != Code::Internal));
        assert!(mistakes.iter().all(|found| found.place.is_some()));
        assert!(!mistakes.render(&source).is_empty());
    }
});
