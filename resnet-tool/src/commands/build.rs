//! `build`: from a spec alone to one specialised binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail};
use resnet_compiler::analyse;
use resnet_figures::format;

use crate::args::{BuildArgs, Colour};
use crate::build::cache::{self, Cache};
use crate::build::project::Project;
use crate::build::toolchain::Toolchain;
use crate::build::{binary, carried};
use crate::output;
use crate::specs::through;

pub(crate) fn run(args: &BuildArgs, colour: Colour) -> anyhow::Result<()> {
    // Everything that can be refused at once is refused before the long part.
    let (model, spec) = through(&args.file, colour, |source| {
        Ok((analyse(source)?.name, source.text.clone()))
    })?;
    let output = match &args.output {
        Some(path) => path.clone(),
        None => format!("{model}{}", std::env::consts::EXE_SUFFIX).into(),
    };
    binary::can_be_written(&output)?;
    let toolchain = Toolchain::find()?;

    let cache = Cache::open()?;
    let (crates, sources) = (cache.crates(), carried::workspace());
    cache::write(&crates, &sources)?;
    cache::remove_others(&crates, &sources)?;
    let project = cache.model(&model);
    let files = Project {
        model: &model,
        spec: &spec,
        crates: &crates,
        lock: carried::lock(),
    };
    cache::write(&project, &files.files())?;

    let built = compile(args, colour, &toolchain, &project, &cache.target());
    if args.keep {
        eprintln!("the project is kept in {}", project.display());
    } else {
        // Left behind, it would do no harm.
        let _ = fs::remove_dir_all(&project);
    }
    binary::install(&built?, &output)?;
    tell(&model, &output)
}

/// Has cargo build a project, in sight of the user; gives the binary.
fn compile(
    args: &BuildArgs,
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

fn tell(model: &str, binary: &Path) -> anyhow::Result<()> {
    let size = format::bytes(fs::metadata(binary)?.len());
    let shown = binary.display();
    // A file in this folder is called with its folder.
    let call = match binary.components().count() {
        1 => format!(".{}{shown}", std::path::MAIN_SEPARATOR),
        _ => shown.to_string(),
    };
    let text = format!(
        "{shown}: {size}, the network `{model}`\n\
         \n  {call} info                            layers, sizes, memory\
         \n  {call} bench --batch 16 --threads 2    how fast it is\
         \n  {call} train --data DIR --epochs 20    weights from labelled images\
         \n  {call} --help                          everything else\n"
    );
    output::write(None, &text)
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
