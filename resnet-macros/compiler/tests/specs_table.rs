//! `specs/README.md` lists every spec with what it really is and costs.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use resnet_compiler::source::Source;
use resnet_compiler::stages;

const BEGIN: &str = "<!-- specs -->\n";
const END: &str = "<!-- end -->\n";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs")
}

/// All specs by name, numbers in names as numbers.
fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let specs = paths.filter(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    let mut names: Vec<_> = specs
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let order = |name: &String| {
        let letters = name.trim_start_matches(|c: char| !c.is_ascii_digit());
        let number: String = letters.chars().take_while(char::is_ascii_digit).collect();
        let family = name[..name.len() - letters.len()].to_owned();
        (family, number.parse::<u32>().unwrap_or(0), name.clone())
    };
    names.sort_by_key(order);
    names
}

/// A line of the table.
fn row(name: &str) -> String {
    let source = Source::read(&folder().join(format!("{name}.yaml")), name).unwrap();
    let comment: Vec<_> = source
        .text
        .lines()
        .map_while(|line| line.strip_prefix("# "))
        .collect();
    let about = comment.join(" ");
    assert!(!about.is_empty(), "{name} does not say what it is");
    let about = about.trim_end_matches('.');
    let spec = stages::parsed(&source).unwrap();
    let form = match spec.layers {
        Some(_) => "layers",
        None => "family",
    };
    let graph = stages::lowered(&stages::expanded(&spec).unwrap()).unwrap();
    let trained = graph.parameters().iter().filter(|p| !p.role.is_running());
    let parameters = grouped(trained.map(|p| p.len() as u64).sum());
    let nodes = graph.indices();
    let nodes = nodes.iter().map(|&i| graph.node(i));
    let nodes = nodes.filter(|node| !node.outputs.is_empty());
    let macs = grouped(nodes.map(|node| node.op.macs(node.outputs[0])).sum());
    let input = &spec.input;
    let (channels, height, width) = (input.channels, input.height, input.width);
    let input = format!("{}x{}x{}", channels.value, height.value, width.value);
    format!("| [`{name}`]({name}.yaml) | {about} | {input} | {parameters} | {macs} | {form} |\n")
}

/// `25,557,032`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `UPDATE_SNAPSHOTS=1 cargo test` writes it anew.
#[test]
fn the_table_of_specs_is_true() {
    let path = folder().join("README.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let mut table = "\n| spec | network | input | parameters | multiply-adds | form |\n\
                     | --- | --- | --- | ---: | ---: | --- |\n"
        .to_owned();
    for name in names() {
        let _ = write!(table, "{}", row(&name));
    }
    let renewed = format!("{before}{BEGIN}{table}\n{END}{after}");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &renewed).unwrap();
    } else {
        assert!(
            page == renewed,
            "the table of specs/README.md is not true; UPDATE_SNAPSHOTS=1 renews it"
        );
    }
}
