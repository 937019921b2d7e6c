//! Programs that are built to measure a network, run once, and forgotten.

use std::ffi::OsString;
use std::fmt::Write;
use std::io::IsTerminal;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use super::compile::compile;
use super::project::Project;
use super::toolchain::Toolchain;
use crate::args::{Colour, CompileArgs};

/// A network compiled in several ways, and the function of `resnet-cli` that
/// measures them.
pub(crate) struct Study {
    /// Begins the project's name.
    pub(crate) purpose: &'static str,
    /// The network's name.
    pub(crate) model: String,
    /// The spec's text.
    pub(crate) spec: String,
    /// The ways: names of modules, and options of the macro.
    pub(crate) modules: &'static [(&'static str, &'static str)],
    /// What `main` returns.
    pub(crate) call: &'static str,
    /// Files that the options name.
    pub(crate) files: Vec<(String, String)>,
}

impl Study {
    /// Builds the program, runs it with arguments and gives what it prints.
    pub(crate) fn run(
        self,
        toolchain: &Toolchain,
        args: &CompileArgs,
        colour: Colour,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> anyhow::Result<String> {
        let built = compile(&self.project(), toolchain, args, colour)?;
        if std::io::stderr().is_terminal() {
            eprintln!("measuring ...");
        }
        let mut program = Command::new(&built.binary);
        program.args(arguments).stderr(Stdio::inherit());
        let finished = program.output().context("cannot run what was built")?;
        if !finished.status.success() {
            bail!("the measurement failed; it says why above");
        }
        String::from_utf8(finished.stdout).context("the measurement printed no text")
    }

    fn project(self) -> Project {
        let Self {
            purpose,
            model,
            spec,
            modules,
            call,
            mut files,
        } = self;
        let file = format!("{model}.yaml");
        let mut main = String::new();
        for (module, options) in modules {
            let _ = writeln!(
                main,
                "::resnet_runtime::resnet!({module} = {file:?}, training = false, {options});"
            );
        }
        let _ = write!(
            main,
            "\nfn main() -> ::std::process::ExitCode {{\n    ::resnet_cli::{call}\n}}\n"
        );
        files.push((file, spec));
        Project {
            name: format!("{purpose}-{model}"),
            main,
            files,
        }
    }
}
