//! Specs with a few mistakes, or another meaning, through the whole compiler: nothing panics;
//! what is refused is refused in the spec's own words; what is accepted is planned without
//! overlaps, becomes code, and means the same in the layer form.

#[allow(dead_code, reason = "only the examples are used")]
mod language_common;
mod random_common;
mod spec_common;
mod whole_common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use random_common::Random;
use resnet_compiler::diagnostics::Code;
use resnet_compiler::source::Source;
use spec_common::assert_places;
use whole_common::compiles;

/// What replaces words: numbers at the edges, other types, names that may be there.
const WORDS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "5",
    "7",
    "16",
    "-1",
    "0.5",
    "1.5",
    "1e-300",
    "1e308",
    ".nan",
    ".inf",
    "4096",
    "65536",
    "65537",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "0x10",
    "true",
    "~",
    "''",
    "größe",
    "日本",
    "'\u{202e}'",
    "input",
    "output",
    "layer1",
    "layer1.0.conv1",
    "stem",
    "logits",
    "[1, 2]",
    "[]",
    "{}",
    "!t 3",
    "&a 3",
    "*a",
];

/// Texts that are mutated. First sound ones: the specs of the repository and of its tests, and the
/// examples of the reference; then the examples of all diagnostics.
fn seeds() -> [Vec<String>; 2] {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |folder: &str| {
        let entries = std::fs::read_dir(root.join(folder)).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
        paths.sort();
        paths
            .into_iter()
            .map(|path| std::fs::read(path).unwrap())
            .map(|text| shallow(&String::from_utf8_lossy(&text)))
    };
    let page = std::fs::read_to_string(language_common::path()).unwrap();
    let examples = language_common::examples(&page).into_iter();
    let sound = ["specs", "tests/gradients", "tests/reference/specs"];
    let sound = sound.into_iter().flat_map(read);
    let sound = sound.chain(examples.map(|example| shallow(&example.text)));
    let unsound = read("resnet-macros/compiler/src/diagnostics/examples");
    [sound.collect(), unsound.collect()]
}

/// A spec with at most two blocks a stage: depth takes time and shows nothing new.
fn shallow(text: &str) -> String {
    let mut pieces = text.split("blocks: ");
    let mut shallow = pieces.next().unwrap_or("").to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit());
        let number: usize = piece[..piece.len() - rest.len()].parse().unwrap_or(1);
        shallow += &format!("blocks: {}{rest}", number.min(2));
    }
    shallow
}

/// Where the words of a text are.
fn words(text: &str) -> Vec<(usize, usize)> {
    let is_word = |c: char| c.is_alphanumeric() || "._-".contains(c);
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (is_word(c), start) {
            (true, None) => start = Some(at),
            (false, Some(begun)) => {
                words.push((begun, at));
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// A text with one thing changed; `other` is what pieces are borrowed from.
fn mutated(random: &mut Random, text: &str, other: &str) -> String {
    let words_of = words(text);
    let mut word = |text: &str, words: &[(usize, usize)]| {
        let &(start, end) = words.get(random.below(words.len()))?;
        Some((start, end, text[start..end].to_owned()))
    };
    let Some((start, end, here)) = word(text, &words_of) else {
        return other.to_owned();
    };
    let (from, to, there) = word(text, &words_of).unwrap_or((start, end, here.clone()));
    let borrowed = word(other, &words(other)).map_or(String::new(), |word| word.2);
    let replaced = |with: &str| [&text[..start], with, &text[end..]].concat();
    let mut lines: Vec<&str> = text.lines().collect();
    let line = random.below(lines.len());
    match random.below(18) {
        // Values change places.
        0 | 1 if end <= from => {
            let between = &text[end..from];
            [&text[..start], &there, between, &here, &text[to..]].concat()
        }
        0 | 1 => replaced(&there),
        2 | 3 => replaced(WORDS[random.below(WORDS.len())]),
        4 | 5 => replaced(&borrowed),
        6..=11 => match here.parse::<usize>() {
            Ok(number) => match random.below(2) {
                0 => replaced(&number.saturating_sub(1).to_string()),
                _ => replaced(&number.saturating_add(1).to_string()),
            },
            Err(_) => replaced(&format!("{here}{}", random.below(4))),
        },
        12 => {
            lines.remove(line);
            lines.join("\n")
        }
        13 => {
            lines.insert(line, lines[line]);
            lines.join("\n")
        }
        14 => {
            let to = random.below(lines.len());
            lines.swap(line, to);
            lines.join("\n")
        }
        15 => {
            let others: Vec<_> = other.lines().collect();
            lines.insert(line, others.get(random.below(others.len())).unwrap_or(&""));
            lines.join("\n")
        }
        16 => text[..start].to_owned(),
        _ => {
            let specials = [
                "{", "}", "[", "]", ":", ",", "-", "\n", "\t", "'", "é", "\0",
            ];
            replaced(specials[random.below(specials.len())])
        }
    }
}

#[test]
fn mutated_specs_become_sound_networks_or_are_refused() {
    let [sound, unsound] = seeds();
    let mut random = Random::new(0);
    let (mut accepted, mut refused) = (0, 0);
    for case in 0..2000 {
        let [seed, other] = [(); 2].map(|()| match random.below(8) {
            0 => &unsound[random.below(unsound.len())],
            _ => &sound[random.below(sound.len())],
        });
        let mut text = seed.clone();
        for _ in 0..1 + random.below(3) * random.below(2) {
            text = mutated(&mut random, &text, other);
        }
        let source = Source::new("x.yaml", &text);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let formatted = case % 20 == 0;
            compiles(&source, formatted).inspect_err(|mistakes| {
                assert_places(mistakes, &source);
                assert!(mistakes.iter().all(|found| found.code != Code::Internal));
                assert!(!mistakes.render(&source).is_empty());
            })
        }));
        match outcome {
            Ok(Ok(network)) => accepted += usize::from(network),
            Ok(Err(_)) => refused += 1,
            Err(_) => panic!("case {case} (reason above):\n{text}"),
        }
    }
    assert!(accepted > 200 && refused > 200, "{accepted} {refused}");
}
