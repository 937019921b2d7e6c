//! What compiling costs: for each spec the time of every stage, the tokens that
//! come out, and the planned arenas beside their lower bounds.
//!
//! ```text
//! cargo bench -p resnet-compiler --bench compile_cost                  optimised
//! cargo bench -p resnet-compiler --bench compile_cost --profile dev    as Cargo builds macros
//! ```
//!
//! Words after `--` choose specs by parts of their names.

#[path = "../tests/clock_common/mod.rs"]
mod clock_common;
#[path = "../tests/deep_common/mod.rs"]
mod deep_common;

use std::hint::black_box;
use std::time::Duration;

use clock_common::now;
use proc_macro2::{TokenStream, TokenTree};
use resnet_compiler::emit::{Network, Planned, emit};
use resnet_compiler::source::Source;
use resnet_compiler::{Choice, Options, analyse, compile, stages, storage::Storage};

/// Compilations are repeated until they have taken this long together, since
/// the system tells times in steps of some milliseconds; reported is the mean.
const LONG_ENOUGH: Duration = Duration::from_millis(400);

/// The parts of a compilation that are timed apart.
const STAGES: [&str; 6] = ["parse", "lower", "passes", "backward", "plan", "emit"];

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    print!("{:24} {:>9}", "spec; times in ms", "whole");
    for stage in STAGES {
        print!(" {stage:>8}");
    }
    println!(" {:>8} {:>10} {:>10}", "tokens", "inference", "training");
    // After those of the repository, one that is deeper than any.
    let deep = [deep_common::cifar(1000)];
    for source in deep_common::published().into_iter().chain(deep) {
        let name = source.path.as_str();
        if wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str())) {
            report(&source);
        }
    }
}

fn report(source: &Source) {
    let mut times = [Duration::ZERO; STAGES.len()];
    let (mut whole, mut rounds) = (Duration::ZERO, 0);
    let (network, tokens) = loop {
        let (round, network, tokens) = timed(source);
        for (time, new) in times.iter_mut().zip(round) {
            *time += new;
        }
        let start = now();
        compile(source, &Options::default()).expect("a sound spec");
        whole += now() - start;
        rounds += 1;
        if whole >= LONG_ENOUGH {
            break (network, tokens);
        }
    };
    print!("{:24} {:9.1}", source.path, ms(whole / rounds));
    for time in times {
        print!(" {:8.1}", ms(time / rounds));
    }
    println!(
        " {:>8} {:>10.4} {:>10.4}",
        count(tokens),
        over_bound(&network.inference),
        over_bound(&network.training)
    );
}

/// One compilation, stage by stage as [`compile`] does it.
fn timed(source: &Source) -> ([Duration; STAGES.len()], Network, TokenStream) {
    let mut clock = now();
    let mut lap = || {
        let now = now();
        now - std::mem::replace(&mut clock, now)
    };
    let spec = stages::parsed(source).expect("a sound spec");
    let parse = lap();
    let layers = stages::expanded(&spec).expect("layers");
    let lowered = stages::lowered(&layers).expect("layers that fit");
    let lower = lap();
    let fused = stages::fused(&lowered).expect("sound passes");
    let selected = stages::selected(fused, Choice::Auto);
    let passes = lap();
    let training = stages::backward(&lowered).expect("sound gradients");
    let training = stages::selected_training(training, Choice::Auto);
    let backward = lap();
    black_box(Storage::new(&selected, &training));
    black_box(stages::planned(selected, false));
    black_box(stages::planned(training, true));
    let plan = lap();
    let network = analyse(source).expect("a sound spec");
    lap();
    let tokens = emit(&network, &Options::default());
    let emit = lap();
    (
        [parse, lower, passes, backward, plan, emit],
        network,
        tokens,
    )
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Length of the arena over the least that it can be.
fn over_bound(planned: &Planned) -> f64 {
    planned.plan.peak as f64 / planned.plan.lower_bound as f64
}

/// Tokens, those in groups and the groups' delimiters included.
fn count(tokens: TokenStream) -> usize {
    let trees = tokens.into_iter().map(|tree| match tree {
        TokenTree::Group(group) => 2 + count(group.stream()),
        _ => 1,
    });
    trees.sum()
}
