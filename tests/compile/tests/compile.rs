//! Specs that the macro refuses, with the exact error, and uses that it accepts.
//!
//! `TRYBUILD=overwrite cargo test -p resnet-compile-tests` writes the expected
//! errors anew.

#[test]
fn mistakes_become_compile_errors() {
    let tests = trybuild::TestCases::new();
    tests.compile_fail("ui/*.rs");
}

#[test]
fn sound_uses_compile_and_run() {
    let tests = trybuild::TestCases::new();
    tests.pass("pass/*.rs");
}
