//! A network in WebAssembly, with vectors and without, gives what the portable
//! kernels give here, to the bit. Needs Node and the compiler's target: run by
//! name, as `README.md` beside this file says.

#[path = "no_std/case.rs"]
mod case;

use std::path::Path;
use std::process::Command;

use case::{assert_same_logits, package, succeeds};

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds the network with these flags of the compiler, and runs it in Node.
fn assert_runs(flags: &str, folder: &str) {
    let package = package();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    succeeds(
        Command::new(env!("CARGO"))
            .args(["rustc", "--quiet", "--release", "--lib"])
            .args(["--target", TARGET, "--crate-type", "cdylib"])
            .arg("--target-dir")
            .arg(&target)
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags)
            .current_dir(&package),
    );
    let module = target.join(TARGET).join("release/without_std.wasm");
    let mut program = Command::new("node");
    program.arg(package.join("main.mjs")).arg(module);
    assert_same_logits(&mut program, &target);
}

#[test]
#[ignore = "needs Node and the target wasm32-unknown-unknown"]
fn the_same_in_webassembly() {
    let isa = resnet_runtime::isa();
    assert_eq!(isa, "portable", "run with RESNET_ISA=portable");
    assert_runs("-C target-feature=+simd128", "simd128");
    assert_runs("", "wasm32");
}
