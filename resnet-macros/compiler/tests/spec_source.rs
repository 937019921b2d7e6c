//! Files that cannot be read as a spec.

use std::fs;
use std::path::{Path, PathBuf};

use resnet_compiler::diagnostics::Diagnostics;
use resnet_compiler::source::{MAX_BYTES, Source};

/// A file of the test's own, with these bytes.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// The only mistake, as `CODE place message | help`, with the folder left out.
fn mistake(result: Result<Source, Diagnostics>) -> String {
    let diagnostics = result.expect_err("the file should be refused");
    let [diagnostic] = diagnostics.iter().as_slice() else {
        panic!("expected one mistake: {diagnostics:#?}");
    };
    let place = diagnostic.place;
    let place = place.map_or("-".to_owned(), |at| format!("{}:{}", at.line, at.column));
    let help = diagnostic.help.as_deref().unwrap_or("-");
    let code = diagnostic.code.id();
    let folder = format!("{}/", env!("CARGO_TARGET_TMPDIR"));
    format!("{code} {place} {} | {help}", diagnostic.message).replace(&folder, "FOLDER/")
}

fn read(name: &str, bytes: &[u8]) -> Result<Source, Diagnostics> {
    Source::read(&file(name, bytes), name)
}

#[test]
fn missing_file() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("spec_missing.yaml");
    assert_eq!(
        mistake(Source::read(&path, "spec_missing.yaml")),
        "E0101 - there is no file at FOLDER/spec_missing.yaml | \
         paths start at the folder of the crate's Cargo.toml"
    );
    let relative = mistake(Source::read(Path::new("spec_missing.yaml"), "x"));
    let tried = std::env::current_dir().unwrap().join("spec_missing.yaml");
    assert!(
        relative.contains(&tried.display().to_string()),
        "{relative}"
    );
}

#[test]
fn directory() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("spec_directory.yaml");
    fs::create_dir_all(&path).unwrap();
    assert_eq!(
        mistake(Source::read(&path, "spec_directory.yaml")),
        "E0102 - FOLDER/spec_directory.yaml is a directory, expected a YAML file | -"
    );
}

#[test]
fn path_through_a_file() {
    let path = file("spec_file.yaml", b"").join("inner.yaml");
    let mistake = mistake(Source::read(&path, "inner.yaml"));
    let expected = "E0103 - cannot read FOLDER/spec_file.yaml/inner.yaml: ";
    assert!(mistake.starts_with(expected), "{mistake}");
}

#[test]
fn too_large() {
    assert_eq!(
        mistake(read("spec_large.yaml", &vec![b'#'; MAX_BYTES + 1])),
        "E0104 - FOLDER/spec_large.yaml is larger than 1048576 bytes (1 MiB) | \
         a spec takes a few hundred bytes: is this another kind of file?"
    );
    assert!(read("spec_limit.yaml", &vec![b'#'; MAX_BYTES]).is_ok());
}

#[test]
fn not_utf8() {
    assert_eq!(
        mistake(read("spec_latin1.yaml", b"model: x\n# \xc3\xa9 caf\xe9\n")),
        "E0105 2:8 the file is not UTF-8: byte 0xe9 at offset 17, on line 2 | save it as UTF-8"
    );
    assert_eq!(
        mistake(read("spec_cut.yaml", b"model: \xe2\x82")),
        "E0105 1:8 the file is not UTF-8: byte 0xe2 at offset 7, on line 1 | save it as UTF-8"
    );
}

#[test]
fn utf16() {
    assert_eq!(
        mistake(read("spec_utf16le.yaml", b"\xff\xfem\0")),
        "E0106 1:1 the file is UTF-16 (little-endian), expected UTF-8 | save it as UTF-8"
    );
    assert_eq!(
        mistake(read("spec_utf16be.yaml", b"\xfe\xff\0m")),
        "E0106 1:1 the file is UTF-16 (big-endian), expected UTF-8 | save it as UTF-8"
    );
}

#[test]
fn marks_and_line_ends_are_normalised() {
    let source = read("spec_crlf.yaml", b"\xef\xbb\xbfa: 1\r\nb: 2\rc: 3\n").unwrap();
    assert_eq!(source, Source::new("spec_crlf.yaml", "a: 1\nb: 2\nc: 3\n"));
}
