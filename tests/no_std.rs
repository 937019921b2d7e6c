//! A network without `std`, linked into a program in C, gives what it gives
//! with `std`. Compiles the runtime anew: run by name.

#[path = "no_std/case.rs"]
mod case;

use std::path::Path;
use std::process::Command;

use case::{assert_same_logits, package, succeeds};

#[test]
#[ignore = "compiles the runtime a second time, and needs a C compiler"]
fn the_same_without_std() {
    let package = package();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no_std");
    succeeds(
        Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--target-dir"])
            .arg(&target)
            .current_dir(&package),
    );
    let main = target.join("main");
    succeeds(
        Command::new("cc")
            .arg(package.join("main.c"))
            .arg(target.join("debug/libwithout_std.a"))
            .arg("-o")
            .arg(&main),
    );
    assert_same_logits(Command::new(&main).env_remove("RESNET_ISA"), &target);
}
