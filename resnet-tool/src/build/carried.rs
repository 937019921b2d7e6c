//! The sources that the tool carries: the crates of a compiled network, as
//! `build.rs` found them.
//!
//! A crate's manifest is called `package.toml` there, because cargo leaves
//! folders with a `Cargo.toml` out of packages.

/// Paths below `carried`, with slashes, and texts.
type Files = &'static [(&'static str, &'static str)];

const FILES: Files = include!(concat!(env!("OUT_DIR"), "/carried.rs"));

/// Versions of all dependencies, as the tool's own tests have seen them.
pub(crate) fn lock() -> &'static str {
    named("workspace.lock")
}

/// The workspace of the carried crates: every file that it consists of.
pub(crate) fn workspace() -> Vec<(String, String)> {
    let mut files = vec![("Cargo.toml".to_owned(), workspace_manifest())];
    for (path, text) in FILES {
        if let Some(folder) = path.strip_suffix("/package.toml") {
            files.push((format!("{folder}/Cargo.toml"), package_manifest(text)));
        } else if path.contains('/') {
            files.push(((*path).to_owned(), (*text).to_owned()));
        }
    }
    files
}

/// What the crates inherit, and nothing of what stays at home.
fn workspace_manifest() -> String {
    let members: Vec<_> = FILES
        .iter()
        .filter_map(|(path, _)| path.strip_suffix("/package.toml"))
        .collect();
    let inherited = tables(named("workspace.toml"), |table| {
        matches!(table, "workspace.package" | "workspace.dependencies")
    });
    format!(
        "[workspace]\nmembers = {members:?}\nresolver = \"3\"\n\n\
         # Whoever builds a network can't mend these crates.\n\
         [workspace.lints.rust]\nwarnings = \"allow\"\n\n{inherited}"
    )
}

/// A crate's manifest without its tests, benches and examples.
fn package_manifest(text: &str) -> String {
    tables(text, |table| {
        !matches!(table, "bench" | "test" | "example" | "dev-dependencies")
    })
}

fn named(name: &str) -> &'static str {
    let found = FILES.iter().find(|(path, _)| *path == name);
    found.map(|(_, text)| *text).unwrap_or_default()
}

/// The tables of a manifest whose names are `wanted`, comments between included.
fn tables(manifest: &str, wanted: impl Fn(&str) -> bool) -> String {
    let mut kept = String::new();
    let mut keep = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            keep = wanted(line.trim_end().trim_matches(['[', ']']));
        }
        if keep {
            kept.extend([line, "\n"]);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str) -> String {
        let found = workspace().into_iter().find(|(name, _)| name == path);
        found.expect(path).1
    }

    #[test]
    fn every_crate_of_a_network_is_carried() {
        for folder in [
            "resnet-cli",
            "resnet-figures",
            "resnet-macros",
            "resnet-macros/compiler",
            "resnet-runtime",
            "resnet-runtime/geometry",
        ] {
            let manifest = text(&format!("{folder}/Cargo.toml"));
            assert!(manifest.starts_with("[package]\n"), "{folder}");
            assert!(!manifest.contains("dev-dependencies"), "{folder}");
            assert!(text(&format!("{folder}/src/lib.rs")).contains("//!"));
            assert!(text("Cargo.toml").contains(&format!("{folder:?}")));
        }
        assert!(!text("resnet-runtime/Cargo.toml").contains("bench"));
        assert!(lock().contains("name = \"safetensors\""));
    }

    #[test]
    fn the_workspace_gives_what_crates_inherit() {
        let manifest = text("Cargo.toml");
        assert!(manifest.contains("\nresnet-runtime = { path = \"resnet-runtime\""));
        assert!(manifest.contains("\nedition = \"2024\"\n"));
        for absent in ["specs", "resnet-tool", "profile", "deny"] {
            assert!(!manifest.contains(absent), "{absent}: {manifest}");
        }
    }

    #[test]
    fn tables_are_kept_by_name() {
        let manifest = "# a\n[one]\nx = 1\n\n[[two]]\ny = [\n  2\n]\n[one.more]\nz = 3\n";
        assert_eq!(
            tables(manifest, |name| name == "two"),
            "[[two]]\ny = [\n  2\n]\n"
        );
        let rest = tables(manifest, |name| name != "two");
        assert_eq!(rest, "[one]\nx = 1\n\n[one.more]\nz = 3\n");
    }
}
