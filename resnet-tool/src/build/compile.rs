//! From a project to its binary, by cargo.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail};

use super::cache::{self, Cache};
use super::carried;
use super::project::Project;
use super::toolchain::Toolchain;
use crate::args::{Colour, CompileArgs};

/// A binary among the compiled code, where no other build replaces it while this
/// is held.
pub(crate) struct Built {
    pub(crate) binary: PathBuf,
    _cache: Cache,
}

/// Has cargo build a project, in sight of the user.
pub(crate) fn compile(
    project: &Project,
    toolchain: &Toolchain,
    args: &CompileArgs,
    colour: Colour,
) -> anyhow::Result<Built> {
    let cache = Cache::open()?;
    let (crates, sources) = (cache.crates(), carried::workspace());
    cache::write(&crates, &sources)?;
    cache::remove_others(&crates, &sources)?;
    let folder = cache.project(&project.name);
    cache::write(&folder, &project.all_files(&crates, carried::lock()))?;

    let built = run_cargo(args, colour, toolchain, &folder, &cache.target());
    if args.keep {
        eprintln!("the project is kept in {}", folder.display());
    } else {
        // Left behind, it would do no harm.
        let _ = fs::remove_dir_all(&folder);
    }
    Ok(Built {
        binary: built?,
        _cache: cache,
    })
}

fn run_cargo(
    args: &CompileArgs,
    colour: Colour,
    toolchain: &Toolchain,
    project: &Path,
    target: &Path,
) -> anyhow::Result<PathBuf> {
    let mut cargo = toolchain.cargo();
    cargo.args([
        "build",
        "--release",
        "--message-format",
        "json-render-diagnostics",
    ]);
    cargo.arg("--manifest-path").arg(project.join("Cargo.toml"));
    let target = match &args.target_dir {
        Some(chosen) => &std::path::absolute(chosen)?,
        None => target,
    };
    cargo.arg("--target-dir").arg(target);
    match colour {
        Colour::Auto => {}
        Colour::Always => _ = cargo.args(["--color", "always"]),
        Colour::Never => _ = cargo.args(["--color", "never"]),
    }
    if args.offline {
        cargo.arg("--offline");
    }
    if let Some(cpu) = &args.cpu {
        toolchain.compile_for(cpu, &mut cargo)?;
    }
    // A toolchain that a folder asks for is not this project's concern.
    cargo.current_dir(project).stderr(Stdio::inherit());
    let finished = cargo.output().context("cannot run cargo")?;
    if !finished.status.success() {
        let hint = match args.offline {
            true => {
                "with --offline there are only the packages that cargo has already: \
                 build once without, with a network"
            }
            false => {
                "cargo takes packages from a network; where there is none, --offline uses \
                 those that it has already"
            }
        };
        bail!("cargo could not build the network; it says why above\n  {hint}");
    }
    let messages = String::from_utf8_lossy(&finished.stdout);
    executable(&messages).context("cargo built no binary")
}

/// The binary, by cargo's messages: its place depends on the user's settings.
fn executable(messages: &str) -> Option<PathBuf> {
    messages.lines().rev().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_is_the_last_that_cargo_names() {
        let messages = "\
            {\"reason\":\"compiler-artifact\",\"executable\":null}\n\
            not JSON\n\
            {\"reason\":\"compiler-artifact\",\"executable\":\"/t/release/net\"}\n\
            {\"reason\":\"build-finished\",\"success\":true}\n";
        assert_eq!(executable(messages), Some(PathBuf::from("/t/release/net")));
        assert_eq!(executable("{\"reason\":\"build-finished\"}\n"), None);
    }
}
