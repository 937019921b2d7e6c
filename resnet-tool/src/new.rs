//! What `resnet new` makes: the files of a project, with the sources that it
//! compiles its networks with.

use anyhow::{Result, bail};

use crate::build::carried;

/// Files of the template: paths and texts, with `PROJECT_NAME` for the package's name
/// and `PROJECT_CRATE` for its crate's.
const FILES: [(&str, &str); 6] = [
    ("Cargo.toml", include_str!("../template/package.toml")),
    ("README.md", include_str!("../template/README.md")),
    (
        "specs/stripes.yaml",
        include_str!("../template/specs/stripes.yaml"),
    ),
    ("src/lib.rs", include_str!("../template/src/lib.rs")),
    ("src/main.rs", include_str!("../template/src/main.rs")),
    (
        "tests/network.rs",
        include_str!("../template/tests/network.rs"),
    ),
];

/// What of the carried sources a library needs.
const CRATES: [&str; 4] = [
    "Cargo.toml",
    "resnet-figures/",
    "resnet-macros/",
    "resnet-runtime/",
];

/// The files of a project with this name.
pub(crate) fn files(name: &str) -> Vec<(String, String)> {
    let in_code = name.replace('-', "_");
    let fill = |text: &str| {
        text.replace("PROJECT_NAME", name)
            .replace("PROJECT_CRATE", &in_code)
            .replace("RUNTIME_VERSION", env!("CARGO_PKG_VERSION"))
    };
    let own = FILES
        .iter()
        .map(|(path, text)| ((*path).to_owned(), fill(text)));
    let ignored = "/target\n/stripes.safetensors\n".to_owned();
    let lock = carried::lock().to_owned();
    let carried = carried::workspace().into_iter();
    let carried = carried
        .filter(|(path, _)| CRATES.iter().any(|wanted| path.starts_with(wanted)))
        .map(|(path, text)| (format!("resnet/{path}"), without_cli(&path, text)));
    own.chain([
        (".gitignore".to_owned(), ignored),
        ("Cargo.lock".to_owned(), lock),
    ])
    .chain(carried)
    .collect()
}

/// The workspace's manifest without the command line, which isn't there.
fn without_cli(path: &str, text: String) -> String {
    match path {
        "Cargo.toml" => {
            let text = text.replacen("\"resnet-cli\", ", "", 1);
            let kept = text
                .lines()
                .filter(|line| !line.starts_with("resnet-cli ="));
            kept.map(|line| format!("{line}\n")).collect()
        }
        _ => text,
    }
}

/// Refuses names that no package of a binary can have.
pub(crate) fn check_name(name: &str) -> Result<()> {
    let sound = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'));
    if !sound {
        bail!(
            "`{name}` can't be a package's name: expected small letters, digits, `-` and `_`, \
             such as `my-network`"
        );
    }
    if [
        "test",
        "core",
        "std",
        "alloc",
        "stripes",
        "resnet-runtime",
        "resnet_runtime",
    ]
    .contains(&name)
    {
        bail!("`{name}` is taken by a crate that the project uses: choose another name");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_has_everything() {
        let files = files("my-net");
        let text = |name: &str| {
            let found = files.iter().find(|(path, _)| path == name);
            &found.unwrap_or_else(|| panic!("{name}")).1
        };
        assert!(text("Cargo.toml").contains("name = \"my-net\"\n"));
        assert!(text("src/main.rs").contains("use my_net::"));
        assert!(text("resnet/resnet-runtime/src/lib.rs").starts_with("//!"));
        assert!(!text("resnet/Cargo.toml").contains("resnet-cli"));
        for (path, text) in &files[..6] {
            assert!(!text.contains("PROJECT_"), "{path}");
        }
        assert!(!files.iter().any(|(path, _)| path.contains("resnet-cli/")));
    }

    #[test]
    fn names() {
        for good in ["my-net", "a", "net_2"] {
            check_name(good).unwrap();
        }
        for bad in ["", "My", "2net", "a b", "stripes", "test", "-a"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
