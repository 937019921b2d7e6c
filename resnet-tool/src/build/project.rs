//! The cargo project of one program: a manifest, a `main`, and what it reads
//! while it is compiled.

use std::path::Path;

/// What a project is made from.
pub(crate) struct Project {
    /// Of the package, the binary and the folder.
    pub(crate) name: String,
    /// The program.
    pub(crate) main: String,
    /// Other files, with paths in the project.
    pub(crate) files: Vec<(String, String)>,
}

impl Project {
    /// The project of a network's binary; layers that aren't trained are the
    /// network's own.
    pub(crate) fn binary(
        model: &str,
        spec: String,
        tuning: Option<String>,
        freeze: &[String],
    ) -> Self {
        let mut files = vec![(format!("{model}.yaml"), spec)];
        let mut options = String::new();
        if let Some(tuning) = tuning {
            let file = format!("{model}.tuning.yaml");
            options = format!(", tuning = \"{file}\"");
            files.push((file, tuning));
        }
        if !freeze.is_empty() {
            options += &format!(", freeze = {freeze:?}");
        }
        let main = format!(
            "\
//! The commands of `{model}.yaml`; see `--help`.

::resnet_runtime::resnet!(\"{model}.yaml\"{options});

fn main() -> ::std::process::ExitCode {{
    ::resnet_cli::main(&self::{model}::Network)
}}
"
        );
        Self {
            // A prefix, for cargo has no packages called `test`, nor the binary `build`.
            name: format!("model-{model}"),
            main,
            files,
        }
    }

    /// All files; paths have slashes. `crates` is the folder of the carried
    /// crates, and `lock` their `Cargo.lock`, of which cargo drops what isn't
    /// used.
    ///
    /// The crates are in a workspace of their own, so that their folder is the
    /// same for all projects, and so is their compiled code.
    pub(crate) fn all_files(&self, crates: &Path, lock: &str) -> Vec<(String, String)> {
        let path = |name: &str| toml_string(&crates.join(name).display().to_string());
        let (cli, runtime) = (path("resnet-cli"), path("resnet-runtime"));
        let manifest = format!(
            "\
[workspace]

[package]
name = {name:?}
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
            name = self.name,
            version = env!("CARGO_PKG_VERSION"),
        );
        let mut files = vec![
            ("Cargo.toml".to_owned(), manifest),
            ("Cargo.lock".to_owned(), lock.to_owned()),
            ("src/main.rs".to_owned(), self.main.clone()),
        ];
        files.extend(self.files.iter().cloned());
        files
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
    fn a_project_is_a_few_files() {
        let project = Project::binary("net", "model: net\n".to_owned(), None, &[]);
        let files = project.all_files(Path::new("/a \"b\"/c\\d"), "version = 4\n");
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

        let tuning = Some("convolutions: []".to_owned());
        let freeze = ["conv1", "fc"].map(str::to_owned);
        let tuned = Project::binary("net", String::new(), tuning, &freeze);
        let tuning = ("net.tuning.yaml".to_owned(), "convolutions: []".to_owned());
        assert_eq!(tuned.files[1], tuning);
        let option =
            "resnet!(\"net.yaml\", tuning = \"net.tuning.yaml\", freeze = [\"conv1\", \"fc\"])";
        assert!(tuned.main.contains(option));
    }
}
