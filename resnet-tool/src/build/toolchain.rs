//! The Rust toolchain of whoever builds a network.

use std::env;
use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, bail};

use crate::args::usage;

/// What the carried crates need.
const NEEDED: &str = env!("CARGO_PKG_RUST_VERSION");

/// A toolchain that is there and new enough.
pub(crate) struct Toolchain {
    cargo: OsString,
    rustc: OsString,
    /// The kind of machine it runs on, as `x86_64-unknown-linux-gnu`.
    host: String,
}

impl Toolchain {
    /// Looks for it.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let called = |variable, name: &str| env::var_os(variable).unwrap_or_else(|| name.into());
        let (cargo, rustc) = (called("CARGO", "cargo"), called("RUSTC", "rustc"));
        let version = |program: &OsString| {
            let answer = answer(Command::new(program).arg("-vV"));
            let missing = || format!("`{}` cannot be run\n{}", program.display(), advice());
            answer.with_context(missing)
        };
        let (of_cargo, of_rustc) = (version(&cargo)?, version(&rustc)?);
        for (program, text) in [("cargo", &of_cargo), ("rustc", &of_rustc)] {
            let found = field(text, "release").unwrap_or("of unknown version");
            if !is_enough(found, NEEDED) {
                bail!("{program} is {found}, and that is too old\n{}", advice());
            }
        }
        let host = field(&of_rustc, "host").unwrap_or_default().to_owned();
        Ok(Self { cargo, rustc, host })
    }

    /// A call of cargo.
    pub(crate) fn cargo(&self) -> Command {
        Command::new(&self.cargo)
    }

    /// Has a call of cargo compile for one kind of processor.
    pub(crate) fn compile_for(&self, cpu: &str, cargo: &mut Command) -> anyhow::Result<()> {
        let known = answer(Command::new(&self.rustc).args(["--print", "target-cpus"]));
        let known = known.unwrap_or_default();
        let mut names = known
            .lines()
            .filter_map(|line| line.split_whitespace().next());
        if !names.any(|name| name == cpu) {
            return Err(usage(format_args!(
                "rustc knows no processor `{cpu}`: `rustc --print target-cpus` lists all, \
                 among them `native`"
            )));
        }
        let mut flags = flags(
            env::var_os("CARGO_ENCODED_RUSTFLAGS"),
            env::var_os("RUSTFLAGS"),
        );
        flags.push(format!("-Ctarget-cpu={cpu}").into());
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}".as_ref()));
        // With a target, flags are not for macros, which run on this machine.
        cargo.args(["--target", &self.host]);
        Ok(())
    }
}

/// What to do about a toolchain that won't do.
fn advice() -> String {
    format!(
        "  needed: Rust {NEEDED} or later, that is cargo, rustc and a linker (cc)\n  \
         to get it: `rustup update`, or https://rustup.rs, or your system's packages"
    )
}

/// What a program prints, if it can be run and succeeds.
fn answer(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}

/// A line `name: value` of `rustc -vV`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let value = |line: &'a str| line.strip_prefix(name)?.strip_prefix(": ");
    text.lines().find_map(value)
}

/// Whether `found`, as 1.96.0-nightly, is at least `needed`, as 1.95.
fn is_enough(found: &str, needed: &str) -> bool {
    let numbers = |version: &str| -> Vec<u32> {
        let version = version.split('-').next().unwrap_or_default();
        version
            .split('.')
            .map_while(|part| part.parse().ok())
            .collect()
    };
    numbers(found) >= numbers(needed)
}

/// Flags for rustc that are set already; cargo has two variables for them, the
/// first of which wins.
fn flags(encoded: Option<OsString>, plain: Option<OsString>) -> Vec<OsString> {
    let split = |flags: OsString, separator: char| -> Vec<OsString> {
        let flags = flags.to_string_lossy().into_owned();
        let parts = flags.split(separator).filter(|part| !part.is_empty());
        parts.map(OsString::from).collect()
    };
    match (encoded, plain) {
        (Some(flags), _) => split(flags, '\u{1f}'),
        (None, Some(flags)) => split(flags, ' '),
        (None, None) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        for enough in ["1.95.0", "1.100.1", "2.0.0", "1.96.0-nightly"] {
            assert!(is_enough(enough, "1.95"), "{enough}");
        }
        for old in ["1.94.1", "1.9.0", "0.99.0", "of unknown version", ""] {
            assert!(!is_enough(old, "1.95"), "{old}");
        }
    }

    #[test]
    fn fields_are_found_by_name() {
        let text = "rustc 1.95.0\nhost: x86_64-unknown-linux-gnu\nrelease: 1.95.0\n";
        assert_eq!(field(text, "release"), Some("1.95.0"));
        assert_eq!(field(text, "host"), Some("x86_64-unknown-linux-gnu"));
        assert_eq!(field(text, "commit-date"), None);
    }

    #[test]
    fn flags_that_are_set_stay() {
        assert!(flags(None, None).is_empty());
        assert_eq!(flags(None, Some("-a  -b".into())), ["-a", "-b"]);
        let encoded = Some("-a b\u{1f}-c".into());
        assert_eq!(flags(encoded, Some("-d".into())), ["-a b", "-c"]);
    }
}
