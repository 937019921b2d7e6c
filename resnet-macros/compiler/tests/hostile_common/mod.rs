//! Specs that want to keep the compiler busy: each class by its name, with a text of it.

use resnet_compiler::source::MAX_BYTES;

/// A class, and a text.
pub(crate) type Class = (&'static str, String);

/// As much of `piece` as a file may hold.
fn fill(piece: &str) -> String {
    piece.repeat(MAX_BYTES / piece.len())
}

/// `count` pieces, each made of its number.
fn many(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect()
}

/// A name of letters alone, another one for each number.
fn letters(n: usize) -> String {
    let letter = |digit: u32| char::from(b'a' + (n / 26usize.pow(digit) % 26) as u8);
    (0..4).map(letter).collect()
}

/// Texts that are no specs.
pub(crate) fn texts() -> Vec<Class> {
    let bomb = (1..30).fold("a0: &a0 [x, x, x]\n".to_owned(), |text, i| {
        let aliases = vec![format!("*a{}", i - 1); 9].join(",");
        format!("{text}a{i}: &a{i} [{aliases}]\n")
    });
    vec![
        ("nested lists", "[".repeat(100_000)),
        ("nested lists, with quotes", fill("[\"]\",")),
        ("nested mappings", fill("{a: ")),
        ("nested items", fill("- ")),
        ("nested keys", fill("? ")),
        (
            "nested lines",
            many(1400, |i| format!("{}a:\n", " ".repeat(i))),
        ),
        ("aliases of aliases", bomb),
        ("anchors", fill("&a ")),
        ("many items", fill("- 1\n")),
        ("many empty items", fill("-\n")),
        ("too many keys", many(90_000, |i| format!("k{i}: 1\n"))),
        (
            "unknown keys like none",
            many(14_000, |i| format!("q{}: 1\n", letters(i))),
        ),
        (
            "unknown keys like one",
            many(14_000, |i| format!("strid{}: 1\n", letters(i))),
        ),
        ("one key again and again", fill("a: 1\n")),
        (
            "many values in a line",
            format!("[{}]", "1,".repeat(MAX_BYTES / 2 - 1)),
        ),
        ("a long word", format!("a: {}", "x".repeat(MAX_BYTES - 3))),
        ("a long key", format!("{}: 3", "x".repeat(MAX_BYTES - 3))),
        ("quotes", fill("\"")),
        ("an endless text", format!("a: \"{}", "x\n".repeat(10_000))),
        ("colons", fill(": ")),
        ("tags", fill("!")),
        (
            "tag directives",
            many(20_000, |i| format!("%TAG !a{i}! b\n")) + "---\na: 1\n",
        ),
        ("tabs", fill("\ta\n")),
        ("NULs", fill("\0\n")),
        ("comments", fill("# a\n")),
        ("documents", fill("---\n")),
    ]
}

/// A network of `count` layers, each made of its number.
fn listed(count: usize, line: impl Fn(usize) -> String) -> String {
    let lines = many(count, |n| format!("  - {{{}}}\n", line(n)));
    format!("model: x\ninput: {{channels: 3, height: 8, width: 8}}\nlayers:\n{lines}")
}

/// A network of stages of the same blocks, each with `keys`.
fn staged(stages: usize, blocks: usize, block: &str, keys: &str) -> String {
    let stage = format!("  - {{blocks: {blocks}, {keys}}}\n");
    format!(
        "model: x\ninput: {{channels: 3, height: 8, width: 8}}\nstem: {{channels: 16, kernel: 3}}\n\
         block: {{{block}}}\nstages:\n{}head: {{classes: 10}}\n",
        stage.repeat(stages)
    )
}

const BASIC: &str = "kind: basic, shortcut: identity";
const RICH: &str = "kind: bottleneck, shortcut: projection_all, drop_path: 0.1, \
                    squeeze_excitation: {reduction: 16}, antialias: {kernel: 3}";

const GATED: &str = "kind: bottleneck, shortcut: identity, drop_path: 0.1, \
                     squeeze_excitation: {reduction: 16}";
/// Two layers of a block of their own, which are as costly as any for the values they read.
const WRITTEN: &str =
    "layers: [{name: a, conv: {channels: 16, kernel: 3}}, {name: b, norm: batch}]";

/// Specs whose networks can't be compiled.
pub(crate) fn refused() -> Vec<Class> {
    let long = "x".repeat(30);
    let outputs = many(2000, |n| format!("o{n}: {long}{}, ", letters(n)));
    let wide = format!("[{}]", vec!["input"; 256].join(", "));
    let block = many(100, |n| format!("{{name: {}, add: {wide}}}, ", letters(n)));
    vec![
        (
            "one circle of all layers",
            listed(3500, |n| {
                let next = (n + 1) % 3500;
                format!("name: n{n}, input: n{next}, activation: relu")
            }),
        ),
        (
            "many small circles",
            listed(3500, |n| {
                format!("name: n{n}, input: n{}, activation: relu", n ^ 1)
            }),
        ),
        (
            "circles within circles",
            listed(3000, |n| {
                let (one, other) = ((n + 1) % 3000, (n * 7 + 3) % 3000);
                format!("name: n{n}, add: [n{one}, n{other}]")
            }),
        ),
        (
            "branches that differ",
            listed(2000, |n| match n % 2 {
                0 => format!(
                    "name: n{n}, input: input, conv: {{channels: {}, kernel: 1}}",
                    n + 4
                ),
                _ => format!("name: n{n}, add: [n{}, input]", n - 1),
            }) + &format!(
                "outputs: {{{}}}\n",
                many(1000, |n| format!("o{n}: n{}, ", 2 * n + 1))
            ),
        ),
        (
            "kernels larger than their inputs",
            listed(2100, |n| {
                format!("name: n{n}, input: input, conv: {{channels: 1, kernel: 9, padding: 0}}")
            }),
        ),
        (
            "channels that double",
            listed(100, |n| match n {
                0 => "name: n0, activation: relu".to_owned(),
                n => format!("name: n{n}, concat: [n{0}, n{0}]", n - 1),
            }),
        ),
        (
            "inputs that don't exist",
            listed(3500, |n| {
                let name = letters(n);
                format!("name: {long}{name}, input: {long}{name}y, activation: relu")
            }),
        ),
        (
            "layers of one name",
            listed(3500, |n| {
                format!("name: n{}, input: input, activation: relu", n % 2)
            }),
        ),
        (
            "layers that nothing reads",
            listed(3500, |n| {
                format!("name: n{n}, input: input, activation: relu")
            }),
        ),
        (
            "layers that are nothing",
            listed(6000, |n| format!("name: n{n}")),
        ),
        (
            "words that don't exist",
            listed(3500, |n| format!("name: n{n}, activation: {}", letters(n))),
        ),
        (
            "operators that don't exist",
            listed(3500, |n| format!("name: n{n}, {}: relu", letters(n))),
        ),
        (
            "groups that don't fit",
            listed(2300, |n| {
                format!(
                    "name: n{n}, conv: {{channels: 3, kernel: 3, groups: {}}}",
                    n + 2
                )
            }),
        ),
        (
            "outputs that don't exist",
            listed(3500, |n| {
                format!("name: {long}n{}, activation: relu", letters(n))
            }) + &format!("outputs: {{{outputs}}}\n"),
        ),
        ("too many blocks", staged(16, 1000, BASIC, "channels: 16")),
        (
            "too many blocks of everything",
            staged(16, 1000, RICH, "channels: 16"),
        ),
        (
            "too many sums in too many blocks",
            staged(1, 1000, BASIC, &format!("layers: [{block}]")),
        ),
        (
            "work that can't be counted",
            staged(16, 400, "kind: basic, shortcut: none", "channels: 65536")
                .replace("height: 8, width: 8", "height: 4096, width: 4096"),
        ),
    ]
}

/// Networks as deep as they can be: their layers read nearly as many values, or have nearly as
/// many parameters, as are allowed.
fn deepest() -> Vec<Class> {
    let recomputed = |text: String| text + "recompute: block\n";
    let basic = || staged(16, 191, BASIC, "channels: 16");
    let everything = || staged(2, 580, RICH, "channels: 16");
    let gates = || staged(2, 645, GATED, "channels: 16");
    let written = || staged(16, 409, BASIC, WRITTEN);
    vec![
        ("deepest", basic()),
        ("deepest, recomputed", recomputed(basic())),
        ("deepest, of everything", everything()),
        (
            "deepest, of everything, recomputed",
            recomputed(everything()),
        ),
        ("deepest, of gates", gates()),
        ("deepest, of gates, recomputed", recomputed(gates())),
        ("deepest, written", written()),
        ("deepest, written, recomputed", recomputed(written())),
    ]
}

/// Giants of all kinds, each beyond all of its limits.
pub(crate) fn beyond_limits() -> Vec<Class> {
    let limits = "limits: {parameters: 1, macs: 1, inference_memory: 1, training_memory: 1}\n";
    let giants = deepest().into_iter().chain(accepted());
    giants.map(|(name, text)| (name, text + limits)).collect()
}

/// Deep networks beyond one limit each.
pub(crate) fn beyond_a_limit() -> Vec<Class> {
    ["parameters", "macs", "inference_memory", "training_memory"]
        .map(|limit| {
            let deep = staged(2, 645, GATED, "channels: 16");
            (limit, deep + &format!("limits: {{{limit}: 1}}\n"))
        })
        .into()
}

/// Specs that are right, and as large as they can be.
pub(crate) fn accepted() -> Vec<Class> {
    let n = 3500;
    let outputs = many(3000, |n| format!("o{n}: n{n}, "));
    vec![
        (
            "layers in a row",
            listed(n, |n| format!("name: n{n}, activation: relu")),
        ),
        (
            "convolutions of all sizes",
            listed(2300, |n| {
                let (channels, kernel) = (n % 97 + 1, n % 3 * 2 + 1);
                format!("name: n{n}, conv: {{channels: {channels}, kernel: {kernel}}}")
            }),
        ),
        (
            "one value read by many, summed in reverse",
            listed(n, |i| match i < n / 2 {
                true => format!("name: n{i}, input: input, activation: tanh"),
                false => format!("name: n{i}, add: [n{}, n{}]", i - 1, n - 1 - i),
            }),
        ),
        (
            "sums of all layers before",
            listed(150, |n| {
                let before = many(n.saturating_sub(1), |n| format!("n{n}, "));
                match n {
                    0 | 1 => format!("name: n{n}, activation: relu"),
                    n => format!("name: n{n}, add: [{before}n{}]", n - 1),
                }
            }),
        ),
        (
            "one value summed 256 times",
            listed(110, |n| {
                let before = n
                    .checked_sub(1)
                    .map_or("input".to_owned(), |n| format!("n{n}"));
                format!("name: n{n}, add: [{}]", vec![before; 256].join(", "))
            }),
        ),
        (
            "dense concatenations",
            listed(240, |n| match n {
                _ if n % 2 == 0 && n > 2 => {
                    let others = many(n / 2 - 1, |n| format!("n{}, ", 2 * n + 1));
                    format!("name: n{n}, concat: [{others}n{}]", n - 1)
                }
                _ => format!("name: n{n}, conv: {{channels: 1, kernel: 3}}"),
            }),
        ),
        (
            "values of all sizes alive at once",
            listed(3000, |n| match n < 1500 {
                true => {
                    let conv = format!("conv: {{channels: {}, kernel: 1}}", n % 97 + 1);
                    format!("name: n{n}, input: input, {conv}")
                }
                false => format!("name: n{n}, concat: [n{}, n{}]", n - 1, 2999 - n),
            }),
        ),
        (
            "outputs of every layer",
            listed(3000, |n| format!("name: n{n}, activation: relu"))
                + &format!("outputs: {{{outputs}}}\n"),
        ),
        (
            "outputs of all sizes",
            listed(2200, |n| {
                format!("name: n{n}, conv: {{channels: {}, kernel: 3}}", n % 61 + 1)
            }) + &format!("outputs: {{{}}}\n", many(2200, |n| format!("o{n}: n{n}, "))),
        ),
        ("deep", staged(3, 1000, BASIC, "channels: 16")),
        ("deep, of everything", staged(1, 1000, RICH, "channels: 16")),
        (
            "large",
            staged(16, 4, "kind: basic, shortcut: projection", "channels: 4096")
                .replace("height: 8, width: 8", "height: 4096, width: 4096"),
        ),
    ]
}
