//! Random networks in the layer form: right ones go through every stage, broken ones are refused
//! in words, and none makes the compiler panic.

mod random_common;

use random_common::Random;
use resnet_compiler::source::Source;
use resnet_compiler::{Options, analyse, compile, expand_spec};

/// Channels, height and width.
type Shape = [usize; 3];

/// A network that is being written: lines of layers, and what each of them makes.
struct Network {
    random: Random,
    lines: Vec<String>,
    made: Vec<(String, Shape)>,
    read: Vec<bool>,
}

impl Network {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let shape = [
            1 + random.below(6),
            4 + random.below(9),
            4 + random.below(9),
        ];
        Self {
            random,
            lines: Vec::new(),
            made: vec![("input".to_owned(), shape)],
            read: vec![true],
        }
    }

    /// The position of a value, often the last one.
    fn any(&mut self) -> usize {
        let last = self.made.len() - 1;
        match self.random.one_in(3) {
            true => self.random.below(last + 1),
            false => last,
        }
    }

    /// Values of which something holds, several times the same maybe.
    fn several(&mut self, holds: impl Fn(Shape) -> bool) -> Vec<usize> {
        let all = 0..self.made.len();
        let fitting: Vec<_> = all.filter(|&at| holds(self.made[at].1)).collect();
        let count = 2 + self.random.below(3);
        (0..count).map(|_| self.random.of(&fitting)).collect()
    }

    /// Adds a layer that reads these values.
    fn add(&mut self, key: &str, value: &str, inputs: &[usize], shape: Shape) -> usize {
        let name = match self.random.one_in(4) {
            true => format!("part{}.n{}", self.made.len() / 5, self.made.len()),
            false => format!("n{}", self.made.len()),
        };
        inputs.iter().for_each(|&at| self.read[at] = true);
        let names: Vec<_> = inputs.iter().map(|&at| self.made[at].0.as_str()).collect();
        self.lines.push(match key {
            "add" | "concat" | "scale" => {
                format!("  - {{name: {name}, {key}: [{}]}}", names.join(", "))
            }
            _ if inputs == [self.made.len() - 1] => format!("  - {{name: {name}, {key}: {value}}}"),
            _ => format!("  - {{name: {name}, input: {}, {key}: {value}}}", names[0]),
        });
        self.made.push((name, shape));
        self.read.push(false);
        self.made.len() - 1
    }

    /// Adds a layer of a random kind, if it fits.
    fn grow(&mut self) {
        let x = self.any();
        let [channels, height, width] = self.made[x].1;
        let shape = self.made[x].1;
        match self.random.below(12) {
            0..=2 => self.conv(x),
            3 => drop(self.add("norm", "batch", &[x], shape)),
            4 => {
                let words = [
                    "relu",
                    "silu",
                    "gelu",
                    "tanh",
                    "sigmoid",
                    "hard_swish",
                    "identity",
                    "elu",
                    "{leaky_relu: {slope: 0.2}}",
                ];
                let word = self.random.of(&words);
                self.add("activation", word, &[x], shape);
            }
            5 => {
                let inputs = self.several(|other| other == shape);
                self.add("add", "", &inputs, shape);
            }
            6 => {
                let inputs = self.several(|other| other[1..] == shape[1..]);
                let sum = inputs.iter().map(|&at| self.made[at].1[0]).sum();
                if sum <= 64 {
                    self.add("concat", "", &inputs, [sum, height, width]);
                }
            }
            7 => {
                let mean = self.add("global_pool", "average", &[x], [channels, 1, 1]);
                let gate = self.add("activation", "sigmoid", &[mean], [channels, 1, 1]);
                self.add("scale", "", &[x, gate], shape);
            }
            8 if height > 2 && width > 2 => {
                let kind = self.random.of(&["max", "average"]);
                let stride = 1 + self.random.below(2);
                let keys = format!("{{kind: {kind}, kernel: 3, stride: {stride}}}");
                let along = |len: usize| (len - 1) / stride + 1;
                self.add("pool", &keys, &[x], [channels, along(height), along(width)]);
            }
            9 if height > 2 && width > 2 => {
                let along = |len: usize| (len - 1) / 2 + 1;
                self.add(
                    "blur_pool",
                    "{}",
                    &[x],
                    [channels, along(height), along(width)],
                );
            }
            10 => {
                let made = channels + self.random.below(4);
                let keys = format!("{{channels: {made}, stride: 2}}");
                let halves = [height.div_ceil(2), width.div_ceil(2)];
                self.add("subsample", &keys, &[x], [made, halves[0], halves[1]]);
            }
            11 => {
                let key = self.random.of(&["dropout", "drop_path"]);
                self.add(key, "0.3", &[x], shape);
            }
            _ => {}
        }
    }

    fn conv(&mut self, x: usize) {
        let [channels, height, width] = self.made[x].1;
        let groups = self.random.of(&[1, 1, 1, channels]);
        let made = groups * (1 + self.random.below(40 / groups.min(40)));
        let [rows, columns] = self.random.of(&[[1, 1], [3, 3], [3, 1], [1, 5]]);
        let [down, right] = self.random.of(&[[1, 1], [1, 1], [2, 2], [1, 2]]);
        let dilation = self.random.of(&[1, 1, 1, 2]);
        let padding = [rows, columns].map(|kernel| kernel / 2 * dilation);
        let bias = self.random.one_in(2);
        let keys = format!(
            "{{channels: {made}, kernel: [{rows}, {columns}], stride: [{down}, {right}], \
             padding: [{}, {}], dilation: {dilation}, groups: {groups}, bias: {bias}}}",
            padding[0], padding[1]
        );
        let along = |len: usize, stride: usize| (len - 1) / stride + 1;
        let shape = [made, along(height, down), along(width, right)];
        self.add("conv", &keys, &[x], shape);
    }

    /// Brings all that nothing reads yet together, to a few logits.
    fn finish(mut self) -> String {
        if self.lines.is_empty() {
            self.conv(0);
        }
        let mut loose: Vec<_> = (0..self.made.len()).filter(|&at| !self.read[at]).collect();
        // Maps that others read may be outputs too.
        let given: Vec<_> = (1..self.made.len())
            .filter(|_| self.random.one_in(9))
            .collect();
        loose.retain(|at| !given.contains(at));
        if loose.is_empty() {
            loose.push(0);
        }
        let mut means = Vec::new();
        for at in loose {
            let channels = self.made[at].1[0];
            means.push(self.add("global_pool", "average", &[at], [channels, 1, 1]));
        }
        let channels = means.iter().map(|&at| self.made[at].1[0]).sum();
        let features = match means[..] {
            [only] => only,
            _ => self.add("concat", "", &means, [channels, 1, 1]),
        };
        let logits = self.add("linear", "{features: 3}", &[features], [3, 1, 1]);
        let given = given.iter().chain([&logits]);
        let given = given.map(|&at| format!("map{at}: {}", self.made[at].0));
        let outputs = given.collect::<Vec<_>>().join(", ");
        let [channels, height, width] = self.made[0].1;
        let input = format!("{{channels: {channels}, height: {height}, width: {width}}}");
        let lines = self.lines.join("\n");
        format!("model: random\ninput: {input}\nlayers:\n{lines}\noutputs: {{{outputs}}}\n")
    }
}

fn network(seed: u64) -> String {
    let mut network = Network::new(seed);
    let layers = network.random.below(24);
    for _ in 0..layers {
        network.grow();
    }
    network.finish()
}

#[test]
fn right_networks_go_through_every_stage() {
    for n in 0..80 {
        let source = Source::new("x.yaml", &network(n));
        // Every stage checks what it made.
        let found = compile(&source, &Options::default());
        if let Err(mistakes) = found {
            panic!("{}\n{}", source.text, mistakes.render(&source));
        }
        let expanded = expand_spec(&source).unwrap();
        let [before, after] = [&source, &Source::new("x.yaml", &expanded)]
            .map(|source| analyse(source).unwrap().hash);
        assert_eq!(before, after, "{}", source.text);
    }
}

/// A network in which a few words stand where others did, or a few lines are gone or moved.
fn broken(n: u64) -> String {
    let text = network(n);
    let mut random = Random::new(!n);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..1 + random.below(3) {
        let (a, b) = (random.below(lines.len()), random.below(lines.len()));
        match random.below(5) {
            0 => lines.swap(a, b),
            1 => drop(lines.remove(a)),
            2 => lines.insert(b, lines[a].clone()),
            _ => {
                let words: Vec<_> = lines[a]
                    .split_inclusive([' ', '{', '[', ',', ']'])
                    .collect();
                let other = lines[b]
                    .split_inclusive([' ', '{', '[', ',', ']'])
                    .collect::<Vec<_>>();
                let (at, from) = (random.below(words.len()), random.below(other.len()));
                let mut words: Vec<_> = words.into_iter().map(str::to_owned).collect();
                if !words.is_empty() && !other.is_empty() {
                    words[at] = other[from].to_owned();
                }
                lines[a] = words.concat();
            }
        }
        if lines.is_empty() {
            break;
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn broken_networks_are_refused_in_words() {
    let mut refused = 0;
    for n in 0..1500 {
        let source = Source::new("x.yaml", &broken(n));
        let Err(mistakes) = analyse(&source) else {
            continue;
        };
        refused += 1;
        let rendered = mistakes.render(&source);
        assert!(!rendered.contains("E0901"), "{}\n{rendered}", source.text);
    }
    assert!(refused > 500, "{refused}");
}
