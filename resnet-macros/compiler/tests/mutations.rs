//! Every spec of the repository, broken in a thousand ways, goes through the whole pipeline: it
//! compiles or is refused in words, at true places, without much work and never by a panic.
//!
//! `MUTANTS=100000 cargo test --release -p resnet-compiler --test mutations` breaks more.

mod clock_common;
mod random_common;

use std::path::Path;
use std::time::Duration;

use clock_common::now;
use random_common::Random;
use resnet_compiler::diagnostics::Diagnostics;
use resnet_compiler::source::Source;
use resnet_compiler::{Options, compile};

/// All specs of the repository, right ones and wrong ones.
fn seeds() -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in [
        "../../specs",
        "../../tests/reference/specs",
        "../../tests/compile/ui",
        "src/diagnostics/examples",
    ] {
        let entries = std::fs::read_dir(here.join(folder)).unwrap();
        paths.extend(entries.map(|entry| entry.unwrap().path()));
    }
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    paths.sort();
    let texts = paths.iter().map(|path| std::fs::read(path).unwrap());
    texts
        .map(|text| String::from_utf8_lossy(&text).into_owned())
        .collect()
}

/// What numbers, words and texts are replaced with.
const VALUES: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "7",
    "31",
    "64",
    "1000",
    "4096",
    "65536",
    "1000000",
    "-1",
    "1e9",
    "0.5",
    "18446744073709551616",
    "0x10",
    ".inf",
    ".nan",
    "~",
    "true",
    "none",
    "batch",
    "relu",
    "gelu",
    "input",
    "layer1",
    "layer1.0",
    "stem",
    "fc",
    "[1, 2]",
    "[]",
    "{}",
    "größe",
    "日本",
    "\u{2028}",
    "'",
    "\"",
    "&a x",
    "*a",
    "!!str 1",
    "- 1",
    "bottleneck",
    "basic",
    "identity",
    "pre_activation",
    "average_projection",
    "deep_tiered",
    "{kernel: 3}",
    "{reduction: 4}",
    "12M",
    "1B",
];

/// What numbers are replaced with more often.
const NUMBERS: &[&str] = &["1", "2", "3", "4", "5", "8", "16", "33", "200", "1000"];

/// Where words of a line end.
const ENDS: [char; 8] = [' ', '{', '}', '[', ']', ',', ':', '\n'];

fn mutate(random: &mut Random, seeds: &[String]) -> String {
    let seed = |random: &mut Random| seeds[random.below(seeds.len())].as_str();
    let text = seed(random);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..1 + random.below(2) {
        if lines.is_empty() {
            break;
        }
        let (a, b) = (random.below(lines.len()), random.below(lines.len()));
        match random.below(14) {
            0 => lines.swap(a, b),
            1 => drop(lines.remove(a)),
            2 => lines.insert(b, lines[a].clone()),
            3 => {
                let other: Vec<&str> = seed(random).lines().collect();
                if !other.is_empty() {
                    let from = random.below(other.len());
                    let piece = other[from..].iter().take(1 + random.below(4));
                    let piece: Vec<String> = piece.map(|&line| line.to_owned()).collect();
                    lines.splice(b..b, piece);
                }
            }
            4 => lines[a].insert_str(0, random.of(&[" ", "  ", "- ", "\t", "  - "])),
            5 => lines[a] = lines[a].trim_start().to_owned(),
            6 => {
                let cut = random.below(lines[a].chars().count());
                lines[a] = lines[a].chars().take(cut).collect();
                if random.one_in(4) {
                    lines.truncate(a + 1);
                }
            }
            _ => {
                let mut words: Vec<&str> = lines[a].split_inclusive(ENDS).collect();
                if words.is_empty() {
                    continue;
                }
                let at = random.below(words.len());
                let (old, end) =
                    words[at].split_at(words[at].len() - words[at].ends_with(ENDS) as usize);
                let mut other = lines[b].split(ENDS).filter(|word| !word.is_empty());
                let other = match random.below(4) {
                    0 => other.nth(random.below(6)).unwrap_or("0"),
                    1 => random.of(VALUES),
                    // More of these lead to networks that compile.
                    _ if old.parse::<usize>().is_ok() => random.of(NUMBERS),
                    _ => old,
                };
                let word = format!("{other}{end}");
                words[at] = &word;
                lines[a] = words.concat();
            }
        }
    }
    lines.join("\n") + "\n"
}

/// Whether all places of mistakes are places of the text.
fn check_places(source: &Source, found: &Diagnostics) {
    let lines: Vec<&str> = source.text.split('\n').collect();
    for mistake in found {
        let place = mistake.place.expect("mistakes in a text have a place");
        let labels = mistake.labels.iter().map(|(place, _)| *place);
        for place in labels.chain([place]) {
            let line = lines.get(place.line - 1);
            let line = line.unwrap_or_else(|| panic!("{mistake:?} in\n{}", source.text));
            let behind = line.chars().count() + 1;
            assert!(place.column <= behind, "{mistake:?} in\n{}", source.text);
        }
    }
}

#[test]
fn mutated_specs_compile_or_are_refused_in_words() {
    let seeds = seeds();
    assert!(seeds.len() > 150, "{}", seeds.len());
    let mutants = std::env::var("MUTANTS").ok();
    let mutants = mutants.map_or(600, |count| count.parse().expect("a number"));
    let mut compiled = 0;
    for n in 0..mutants {
        let text = mutate(&mut Random::new(n), &seeds);
        let source = Source::new("x.yaml", &text);
        let start = now();
        match compile(&source, &Options::default()) {
            Ok(_) => compiled += 1,
            Err(found) => {
                check_places(&source, &found);
                let rendered = found.render(&source);
                assert!(!rendered.contains("E0901"), "{rendered}\n{text}");
            }
        }
        // Far more than an unoptimised build takes for the largest network that a spec may have.
        let took = now() - start;
        assert!(took < Duration::from_secs(30), "{took:?} for\n{text}");
    }
    let tenth = mutants / 10;
    assert!(
        (tenth..9 * tenth).contains(&compiled),
        "{compiled} of {mutants} compile: too few are broken, or too many"
    );
}
