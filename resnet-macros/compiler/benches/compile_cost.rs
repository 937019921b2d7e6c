//! What compiling costs: for each spec the time of every stage, the tokens that
//! come out, and the planned arenas beside their lower bounds.
//!
//! ```text
//! cargo bench -p resnet-compiler --bench compile_cost                  optimised
//! cargo bench -p resnet-compiler --bench compile_cost --profile dev    as Cargo builds macros
//! ```
//!
//! Words after `--` choose specs by parts of their names.

use std::path::Path;
use std::time::{Duration, Instant};

use proc_macro2::{TokenStream, TokenTree};
use resnet_compiler::emit::{Network, Planned, emit};
use resnet_compiler::source::Source;
use resnet_compiler::{Choice, Options, compile, stages, storage::Storage};

/// Each time is the least of so many.
const ROUNDS: usize = 2;

/// The parts of a compilation that are timed apart.
const STAGES: [&str; 6] = ["parse", "lower", "passes", "backward", "plan", "emit"];

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    print!("{:20} {:>9}", "spec, times in ms", "whole");
    for stage in STAGES {
        print!(" {stage:>8}");
    }
    println!(" {:>8} {:>10} {:>10}", "tokens", "inference", "training");
    for source in sources() {
        let name = source.path.as_str();
        if wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str())) {
            report(&source);
        }
    }
}

/// The specs of the repository, then CIFAR's deepest network and one that is deeper still.
fn sources() -> Vec<Source> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs");
    let entries = std::fs::read_dir(&folder).expect("the folder of specs");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    paths.sort();
    let mut sources: Vec<_> = paths
        .iter()
        .map(|path| {
            let name = path.file_stem().expect("a file").to_string_lossy();
            Source::read(path, &name).expect("a readable spec")
        })
        .collect();
    let deep = sources
        .iter()
        .find(|source| source.path == "cifar_resnet110");
    let deep = deep.expect("CIFAR's network of 110 layers").text.clone();
    for blocks in [200, 1000] {
        let text = deep.replace("blocks: 18", &format!("blocks: {blocks}"));
        sources.push(Source::new(format!("cifar {blocks} blocks x3"), &text));
    }
    sources
}

fn report(source: &Source) {
    let mut times = [Duration::MAX; STAGES.len()];
    let mut whole = Duration::MAX;
    let mut compiled = None;
    for _ in 0..ROUNDS {
        let (round, network, tokens) = timed(source);
        for (time, new) in times.iter_mut().zip(round) {
            *time = new.min(*time);
        }
        compiled = Some((network, tokens));
        let start = Instant::now();
        compile(source, &Options::default()).expect("a sound spec");
        whole = start.elapsed().min(whole);
    }
    let (network, tokens) = compiled.expect("at least one round");
    print!("{:20} {:9.1}", source.path, ms(whole));
    for time in times {
        print!(" {:8.1}", ms(time));
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
    let mut clock = Instant::now();
    let mut lap = || {
        let now = Instant::now();
        now - std::mem::replace(&mut clock, now)
    };
    let spec = stages::parsed(source).expect("a sound spec");
    let parse = lap();
    let layers = stages::expanded(&spec).expect("layers");
    let lowered = stages::lowered(&layers).expect("layers that fit");
    let lower = lap();
    let fused = stages::fused(&lowered).expect("sound passes");
    let selected = stages::selected(fused, Choice::Auto).expect("a sound selection");
    let passes = lap();
    let training = stages::backward(&lowered).expect("sound gradients");
    let backward = lap();
    let storage = Storage::new(&selected, &training);
    let network = Network {
        name: spec.model.value.clone(),
        hash: String::new(),
        inference: stages::planned(selected, false),
        training: stages::planned(training, true),
        storage,
    };
    let plan = lap();
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
