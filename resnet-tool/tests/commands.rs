//! Every command of the tool, as a user calls it.

use std::path::Path;
use std::process::{Command, Output};

const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/digits.yaml");
const BROKEN: &str = "\
model: broken
input: {channels: 3, height: 8, width: 8}
stem: {channels: 16, kernel: 3}
block: {kind: basic, shortcut: projection}
stages: [{blocks: 1, chanels: 16}, {blocks: none, channels: 16}]
head: {classes: 10}
";

fn resnet(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_resnet"));
    command.args(args).env_remove("NO_COLOR");
    command.output().unwrap()
}

/// What a call printed to standard output; it must succeed and say nothing else.
fn printed(args: &[&str]) -> String {
    let output = resnet(args);
    let messages = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{args:?}: {messages}");
    assert_eq!(messages, "");
    String::from_utf8(output.stdout).unwrap()
}

/// The messages of a call that fails with `code` and prints no result.
fn refused(args: &[&str], code: i32) -> String {
    let output = resnet(args);
    assert_eq!(output.status.code(), Some(code), "{args:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    String::from_utf8(output.stderr).unwrap()
}

fn broken(folder: &Path) -> String {
    let path = folder.join("broken.yaml");
    std::fs::write(&path, BROKEN).unwrap();
    path.display().to_string()
}

#[test]
fn check_tells_every_mistake_of_every_file() {
    let folder = tempfile::tempdir().unwrap();
    let broken = broken(folder.path());
    assert_eq!(
        printed(&["check", DIGITS]),
        format!("{DIGITS}: ok (digits)\n")
    );

    let output = resnet(&["check", &broken, DIGITS, "missing.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    let results = String::from_utf8(output.stdout).unwrap();
    assert_eq!(results, format!("{DIGITS}: ok (digits)\n"));
    let messages = String::from_utf8(output.stderr).unwrap();
    for found in ["E0301", "`channels`", "E0303", "E0101", "2 of 3 specs"] {
        assert!(messages.contains(found), "{found}: {messages}");
    }
    assert!(!messages.contains("Cargo.toml"), "there may be none");
    assert!(!messages.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn colours_follow_the_flag() {
    let folder = tempfile::tempdir().unwrap();
    let broken = broken(folder.path());
    let always = refused(&["check", "--color", "always", &broken], 1);
    assert!(always.contains("\u{1b}["));
    let never = refused(&["check", "--color", "never", &broken], 1);
    assert!(!never.contains('\u{1b}'));
}

#[test]
fn every_command_tells_mistakes_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let broken = broken(folder.path());
    for command in ["expand", "expand-spec", "graph", "plan", "info"] {
        let messages = refused(&[command, &broken], 1);
        assert!(messages.contains("error[E0301]"), "{messages}");
    }
}

#[test]
fn graphs_of_every_stage_come_in_every_format() {
    for stage in ["lowered", "fused", "backward", "planned"] {
        for (format, start) in [
            ("dot", "digraph {"),
            ("svg", "<svg "),
            ("mermaid", "---\ntitle: "),
            ("text", "input = input()"),
        ] {
            let graph = printed(&["graph", DIGITS, "--stage", stage, "--format", format]);
            assert!(graph.starts_with(start), "{stage} {format}: {graph}");
            assert!(graph.contains("layer1.0.conv1"), "{stage} {format}");
        }
    }
    let training = printed(&["graph", DIGITS, "--stage", "planned", "--training"]);
    assert!(training.contains("d_conv1.weight"));
    let usage = refused(&["graph", DIGITS, "--training"], 2);
    assert!(usage.contains("--stage planned"), "{usage}");
}

#[test]
fn results_go_to_files_whose_ending_chooses_the_format() {
    let folder = tempfile::tempdir().unwrap();
    for (command, file, start) in [
        ("graph", "graph.svg", "<svg "),
        ("graph", "graph.dot", "digraph"),
        ("graph", "graph.mmd", "---"),
        ("graph", "graph.txt", "input = "),
        ("plan", "plan.svg", "<svg "),
        ("plan", "plan.txt", "value "),
        ("expand-spec", "digits.yaml", "model: digits"),
        ("expand", "digits.rs", "/// The residual network `digits`"),
        ("info", "info.txt", "layer "),
    ] {
        let path = folder.path().join(file);
        assert_eq!(
            printed(&[command, DIGITS, "-o", path.to_str().unwrap()]),
            ""
        );
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(start), "{file}: {text}");
    }
    let nowhere = folder.path().join("no/such/folder.svg");
    let message = refused(&["graph", DIGITS, "-o", nowhere.to_str().unwrap()], 1);
    assert!(message.starts_with("error: cannot write "), "{message}");
}

#[test]
fn the_layer_form_is_the_same_network() {
    let folder = tempfile::tempdir().unwrap();
    let layers = folder.path().join("digits.yaml");
    let layers = layers.to_str().unwrap();
    printed(&["expand-spec", DIGITS, "-o", layers]);
    let [before, after] = [DIGITS, layers].map(|spec| printed(&["expand", spec]));
    let hash = |text: &str| {
        let line = text.lines().find(|line| line.contains("spec_hash"));
        line.map(str::to_owned)
    };
    assert!(hash(&before).is_some());
    assert_eq!(hash(&before), hash(&after));
}

#[test]
fn plans_tell_peak_and_bound() {
    for args in [&["plan", DIGITS][..], &["plan", DIGITS, "--training"]] {
        let text = printed(args);
        assert!(text.contains("\npeak ") && text.contains("\nlower bound "));
        let svg = printed(&[args, &["--format", "svg"]].concat());
        assert!(svg.contains(">peak</text>") && svg.contains(">lower bound</text>"));
    }
}

/// Whatever the machine, as many multiply-adds; a slower memory takes longer.
#[test]
fn training_plans_tell_what_parts_take_at_least() {
    let plan = |gigabytes: &str| {
        let text = printed(&["plan", DIGITS, "--training", "--gigabytes", gigabytes]);
        let last: Vec<_> = text.lines().rev().take(2).map(str::to_owned).collect();
        assert!(text.contains("batch_norm_backward") && text.contains("at least us"));
        last
    };
    let (fast, slow) = (plan("20"), plan("10"));
    assert_eq!(fast[1], slow[1]);
    assert!(fast[1].starts_with("an image") && fast[0].contains(" and 20 GB/s"));
    let memory = |line: &str| -> f64 {
        let after = line.split("memory ").nth(1).unwrap();
        after.split(' ').next().unwrap().parse().unwrap()
    };
    let ratio = memory(&slow[0]) / memory(&fast[0]);
    assert!((1.5..2.5).contains(&ratio), "{slow:?} {fast:?}");
}

#[test]
fn info_is_a_table_or_json() {
    let table = printed(&["info", DIGITS]);
    assert!(table.contains("layer3.0.conv2") && table.contains("\nparameters "));
    let json = printed(&["info", DIGITS, "--json"]);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["model"], "digits");
    let layers = value["layers"].as_array().unwrap();
    let sum = |key: &str| {
        layers
            .iter()
            .map(|layer| layer[key].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(value["parameters"], sum("parameters"));
    assert_eq!(value["macs"], sum("macs"));
    assert!(value["memory"]["training"]["peak_per_image"].as_u64() > Some(0));
}

#[test]
fn every_code_is_explained() {
    let list = printed(&["explain"]);
    assert!(list.lines().count() > 30);
    for code in list.lines().filter_map(|line| line.split(' ').next()) {
        let text = printed(&["explain", &code.to_lowercase()]);
        assert!(text.starts_with(code), "{text}");
        assert!(text.contains("\nCause: ") && text.contains("\nMend:  "));
        assert!(text.contains("\nExample:\n\n    ") || code == "E0901");
    }
    let text = printed(&["explain", "E0301"]);
    assert!(text.contains("\n      - {name: a, actvation: relu}\n"));
    assert!(text.contains("\nerror[E0301]: `actvation` is not a key of item 1 of `layers`\n"));
    assert!(refused(&["explain", "E9999"], 2).contains("no code `E9999`"));
}

#[test]
fn usage_is_told() {
    assert!(refused(&["draw"], 2).contains("unrecognized subcommand"));
    assert!(refused(&["check"], 2).contains("FILE"));
    for command in [
        "build",
        "check",
        "expand",
        "expand-spec",
        "graph",
        "plan",
        "info",
        "explain",
        "new",
        "import",
        "schema",
        "completions",
        "man",
    ] {
        assert!(printed(&[command, "--help"]).contains("Examples:"));
    }
}

#[test]
fn shells_and_man_know_every_command() {
    let script = printed(&["completions", "bash"]);
    assert!(script.contains("expand-spec") && script.contains("import"));
    assert!(printed(&["man"]).contains("resnet\\-import"));
    let one = printed(&["man", "build"]);
    assert!(one.contains("resnet\\-build") && !one.contains("resnet\\-import"));
}

#[test]
fn new_makes_a_project_once() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("my-net").display().to_string();
    assert!(printed(&["new", &project]).contains("cargo run --release"));
    for file in [
        "Cargo.toml",
        "src/lib.rs",
        "specs/stripes.yaml",
        "resnet/Cargo.toml",
    ] {
        assert!(Path::new(&project).join(file).is_file(), "{file}");
    }
    let spec = Path::new(&project).join("specs/stripes.yaml");
    printed(&["check", &spec.display().to_string()]);
    assert!(refused(&["new", &project], 1).contains("is there already"));
    let odd = folder.path().join("My Net").display().to_string();
    assert!(refused(&["new", &odd], 1).contains("can't be a package's name"));
}
