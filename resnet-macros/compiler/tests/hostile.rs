//! Specs that want to keep the compiler busy are refused, or compiled, without much work.
//!
//! How long each takes is for the benchmark `refusal` to tell. The bounds here are far more than
//! an unoptimised build takes, and far less than anything that grows faster than the spec.

mod clock_common;
mod hostile_common;

use std::time::Duration;

use clock_common::now;
use hostile_common::{Class, accepted, beyond_a_limit, beyond_limits, refused, texts};
use resnet_compiler::source::Source;
use resnet_compiler::{Options, compile};

fn within(seconds: u64, (name, text): &Class, expect_refusal: bool) {
    let source = Source::new("x.yaml", text);
    let start = now();
    let result = compile(&source, &Options::default());
    let rendered = result.as_ref().err().map(|found| found.render(&source));
    let took = now() - start;
    assert!(took < Duration::from_secs(seconds), "{name}: {took:?}");
    assert_eq!(rendered.is_some(), expect_refusal, "{name}: {rendered:?}");
    let rendered = rendered.unwrap_or_default();
    assert!(!rendered.contains("E0901"), "{name}: {rendered}");
    // Whoever reads it is told the first mistakes and how many there are.
    assert!(rendered.len() < 100_000, "{name}");
}

#[test]
fn hostile_texts_are_refused_at_once() {
    for class in texts() {
        within(5, &class, true);
    }
}

#[test]
fn hostile_networks_are_refused_at_once() {
    for class in refused() {
        within(5, &class, true);
    }
}

#[test]
fn giants_beyond_their_limits_are_refused_at_once() {
    for class in beyond_limits().iter().chain(&beyond_a_limit()) {
        within(5, class, true);
    }
}

#[test]
fn giants_compile_in_proportion_to_their_size() {
    for class in accepted() {
        within(40, &class, false);
    }
}
