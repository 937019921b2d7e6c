//! How long specs are looked at that want to keep the compiler busy: each class
//! of them with the time until it is refused in words, or compiled.
//!
//! ```text
//! cargo bench -p resnet-compiler --bench refusal                  optimised
//! cargo bench -p resnet-compiler --bench refusal --profile dev    as Cargo builds macros
//! ```
//!
//! Words after `--` choose classes by parts of their names.

#[path = "../tests/clock_common/mod.rs"]
mod clock_common;
#[path = "../tests/hostile_common/mod.rs"]
mod hostile_common;

use clock_common::now;
use hostile_common::{Class, accepted, beyond_a_limit, beyond_limits, refused, texts};
use resnet_compiler::source::Source;
use resnet_compiler::{Options, compile};

/// The least of so many runs is told.
const RUNS: usize = 3;

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word));
    for (title, classes) in [
        ("refused texts", texts()),
        ("refused networks", refused()),
        ("giants beyond every limit", beyond_limits()),
        ("a deep network beyond its limit of", beyond_a_limit()),
        ("networks that compile", accepted()),
    ] {
        println!("{title:45} {:>8} {:>9}", "KiB", "ms");
        for class in classes.iter().filter(|class| wanted(class.0)) {
            report(class);
        }
        println!();
    }
}

fn report((name, text): &Class) {
    let source = Source::new("x.yaml", text);
    let times = (0..RUNS).map(|_| {
        let start = now();
        if let Err(found) = compile(&source, &Options::default()) {
            found.render(&source);
        }
        now() - start
    });
    let least = times.min().unwrap_or_default();
    let (size, time) = (text.len() as f64 / 1024.0, least.as_secs_f64() * 1e3);
    println!("  {name:43} {size:8.1} {time:9.1}");
}
