//! The page of all diagnostics says what the compiler's table says, and its examples are refused
//! as it says.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use resnet_compiler::diagnostics::{Code, Diagnostics, Example};
use resnet_compiler::source::{MAX_BYTES, Source};
use resnet_compiler::{Options, analyse_with};

/// The page, made of the table.
fn page() -> String {
    let mut page = "\
# Diagnostics

Every mistake that the compiler tells, by its code, with the least that is
refused so. A message names the file, the line and the column, what was found
and what was expected; all mistakes of a file are told at once, in its order.
`resnet explain CODE` prints an entry of this page, `resnet check FILE...` checks
specs without compiling them.
"
    .to_owned();
    for code in Code::ALL {
        let (id, title) = (code.id(), code.title());
        let (cause, mend) = (code.cause(), code.mend());
        let _ = write!(page, "\n## {id}: {title}\n\n{cause}\n\n**Mend:** {mend}\n");
        let Some(example) = code.example() else {
            continue;
        };
        let _ = match example {
            Example::Spec(text) => write!(page, "\n```yaml\n{text}```\n"),
            Example::Call(text) => write!(page, "\n```rust\n{text}\n```\n"),
        };
        if let Some((source, found)) = example.refusal() {
            let _ = write!(page, "\n```text\n{}\n```\n", found.render(&source));
        }
    }
    page
}

/// `UPDATE_SNAPSHOTS=1 cargo test` writes it anew.
#[test]
fn the_page_is_that_of_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/DIAGNOSTICS.md");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(
        written == page(),
        "specs/DIAGNOSTICS.md is not that of the code; UPDATE_SNAPSHOTS=1 renews it"
    );
    assert!(Code::ALL.len() > 60);
}

#[test]
fn every_example_is_refused_with_its_code_alone() {
    let folder = specs();
    for &code in Code::ALL {
        let found = match code.example() {
            Some(example @ Example::Spec(_)) => example.refusal().map(|(_, found)| found),
            Some(Example::Call(text)) => called(&folder, text).err(),
            None => {
                assert_eq!(code, Code::Internal);
                continue;
            }
        };
        let found = found.unwrap_or_else(|| panic!("the example of {} compiles", code.id()));
        let codes: Vec<_> = found.iter().map(|mistake| mistake.code).collect();
        assert_eq!(codes, [code], "{found:#?}");
    }
}

#[test]
fn no_example_is_of_another_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diagnostics/examples");
    let files = std::fs::read_dir(folder).unwrap();
    let specs = Code::ALL.iter().filter_map(|code| code.example());
    let specs = specs.filter(|example| matches!(example, Example::Spec(_)));
    assert_eq!(files.count(), specs.count());
}

/// A folder with the files that calls of the examples speak of.
fn specs() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diagnostics_page");
    let specs = folder.join("specs");
    std::fs::create_dir_all(&specs).unwrap();
    let digits = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/digits.yaml");
    let digits = std::fs::read(digits).unwrap();
    for (name, bytes) in [
        ("digits.yaml", &digits[..]),
        ("weights.safetensors", &vec![b'#'; MAX_BYTES + 1]),
        ("latin1.yaml", b"model: caf\xe9\n"),
        ("utf16.yaml", b"\xff\xfem\0"),
    ] {
        std::fs::write(specs.join(name), bytes).unwrap();
    }
    folder
}

/// What comes of a call of the macro in a crate at `folder`.
fn called(folder: &Path, call: &str) -> Result<(), Diagnostics> {
    let mut quoted = call.split('"').skip(1).step_by(2);
    let path = quoted.next().unwrap();
    let options = Options {
        freeze: quoted.map(str::to_owned).collect(),
        ..Options::default()
    };
    let source = Source::read(&folder.join(path), path)?;
    analyse_with(&source, &options).map(drop)
}
