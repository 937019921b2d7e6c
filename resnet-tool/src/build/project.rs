//! The cargo project of one network: a spec, a manifest and a `main`.

use std::path::Path;

/// What a project is made from.
pub(crate) struct Project<'a> {
    /// The spec's `model`.
    pub(crate) model: &'a str,
    /// The spec's text.
    pub(crate) spec: &'a str,
    /// Folder of the carried crates.
    pub(crate) crates: &'a Path,
    /// `Cargo.lock`, of which cargo drops what isn't used.
    pub(crate) lock: &'a str,
}

impl Project<'_> {
    /// The project's files; paths have slashes.
    ///
    /// The crates are in a workspace of their own, so that their folder is the
    /// same for all networks, and so is their compiled code.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let Self { model, spec, .. } = self;
        let path = |name: &str| toml_string(&self.crates.join(name).display().to_string());
        let (cli, runtime) = (path("resnet-cli"), path("resnet-runtime"));
        let manifest = format!(
            "\
[workspace]

[package]
# A prefix, for cargo has no packages called `test`, nor the binary `build`.
name = \"model-{model}\"
version = {version:?}
edition = \"2024\"
publish = false

[dependencies]
resnet-cli = {{ path = {cli} }}
resnet-runtime = {{ path = {runtime} }}

# The kernels are intrinsics: without optimisation they crawl.
[profile.dev.package.resnet-runtime]
opt-level = 3
",
            version = env!("CARGO_PKG_VERSION"),
        );
        let main = format!(
            "\
//! The commands of `{model}.yaml`; see `--help`.

::resnet_runtime::resnet!(\"{model}.yaml\");

fn main() -> ::std::process::ExitCode {{
    ::resnet_cli::main(&self::{model}::Network)
}}
"
        );
        vec![
            ("Cargo.toml".to_owned(), manifest),
            ("Cargo.lock".to_owned(), self.lock.to_owned()),
            ("src/main.rs".to_owned(), main),
            (format!("{model}.yaml"), (*spec).to_owned()),
        ]
    }
}

/// A basic string of TOML.
fn toml_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted += &format!("\\u{:04X}", u32::from(c)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_four_files() {
        let project = Project {
            model: "net",
            spec: "model: net\n",
            crates: Path::new("/a \"b\"/c\\d"),
            lock: "version = 4\n",
        };
        let files = project.files();
        let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["Cargo.toml", "Cargo.lock", "src/main.rs", "net.yaml"]
        );
        let manifest = &files[0].1;
        assert!(manifest.contains("\nname = \"model-net\"\n"));
        let path = r#"path = "/a \"b\"/c\\d/resnet-cli" }"#;
        assert!(manifest.contains(path), "{manifest}");
        assert!(files[2].1.contains("resnet!(\"net.yaml\")"));
        assert_eq!(files[3].1, "model: net\n");
    }
}
