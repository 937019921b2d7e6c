//! The folder in which networks are built: sources, projects, compiled code.
//!
//!     resnet/0.1.0/crates     the carried crates
//!                  projects/X a project, while it is built
//!                  target     compiled code, shared by all networks
//!                  lock       held by the build that is running

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The folder, held by this build alone until it is dropped.
pub(crate) struct Cache {
    root: PathBuf,
    // The lock ends when the file is closed.
    _lock: File,
}

impl Cache {
    /// Makes the folder if there is none, and waits for other builds to end.
    pub(crate) fn open() -> anyhow::Result<Self> {
        Self::open_at(&base(|name| std::env::var_os(name).map(PathBuf::from))?)
    }

    fn open_at(base: &Path) -> anyhow::Result<Self> {
        // Another version's sources would be compiled anew at every change.
        let root = std::path::absolute(base)?.join(env!("CARGO_PKG_VERSION"));
        let shown = root.display();
        fs::create_dir_all(&root).with_context(|| {
            format!("cannot make the cache folder {shown}: RESNET_CACHE_DIR names another")
        })?;
        let path = root.join("lock");
        let lock = File::options().create(true).append(true).open(&path);
        let lock = lock.with_context(|| format!("cannot write {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                eprintln!("waiting for another build to end in {shown}");
                lock.lock()?;
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        Ok(Self { root, _lock: lock })
    }

    /// Where the carried crates lie.
    pub(crate) fn crates(&self) -> PathBuf {
        self.root.join("crates")
    }

    /// Where a project lies.
    pub(crate) fn project(&self, name: &str) -> PathBuf {
        self.root.join("projects").join(name)
    }

    /// Where compiled code lies.
    pub(crate) fn target(&self) -> PathBuf {
        self.root.join("target")
    }
}

/// The folder of all versions, from environment variables.
fn base(variable: impl Fn(&str) -> Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let set = |name| variable(name).filter(|path| !path.as_os_str().is_empty());
    if let Some(chosen) = set("RESNET_CACHE_DIR") {
        return Ok(chosen);
    }
    // The specification of XDG has relative paths ignored.
    let caches = set("XDG_CACHE_HOME").filter(|path| path.is_absolute());
    let caches = caches
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .or_else(|| set("LOCALAPPDATA"));
    match caches {
        Some(caches) => Ok(caches.join("resnet")),
        None => bail!("there is no cache folder: set RESNET_CACHE_DIR"),
    }
}

/// Writes files below a folder. Those that are right already aren't touched, so
/// that cargo sees no change.
pub(crate) fn write(folder: &Path, files: &[(String, String)]) -> anyhow::Result<()> {
    for (name, text) in files {
        let path = folder.join(name);
        if fs::read(&path).is_ok_and(|present| present == text.as_bytes()) {
            continue;
        }
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, text))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Removes all other files below a folder: a module that an older tool had could
/// be in the way of a newer one's.
pub(crate) fn remove_others(folder: &Path, files: &[(String, String)]) -> anyhow::Result<()> {
    let wanted = files.iter().map(|(name, _)| folder.join(name)).collect();
    remove_all_but(&wanted, folder).with_context(|| format!("cannot tidy {}", folder.display()))
}

fn remove_all_but(wanted: &BTreeSet<PathBuf>, folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            remove_all_but(wanted, &path)?;
        } else if !wanted.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_follows_the_environment() {
        let set = |pairs: &'static [(&str, &str)]| {
            base(move |name| {
                let found = pairs.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| PathBuf::from(value))
            })
        };
        assert_eq!(
            set(&[("HOME", "/home/me")]).unwrap(),
            Path::new("/home/me/.cache/resnet")
        );
        assert_eq!(
            set(&[("HOME", "/home/me"), ("XDG_CACHE_HOME", "/c")]).unwrap(),
            Path::new("/c/resnet")
        );
        assert_eq!(
            set(&[("HOME", "/home/me"), ("XDG_CACHE_HOME", "relative")]).unwrap(),
            Path::new("/home/me/.cache/resnet")
        );
        assert_eq!(
            set(&[("RESNET_CACHE_DIR", "here"), ("HOME", "/home/me")]).unwrap(),
            Path::new("here")
        );
        let none = set(&[("HOME", "")]).unwrap_err().to_string();
        assert!(none.contains("RESNET_CACHE_DIR"), "{none}");
    }

    #[test]
    fn a_folder_holds_exactly_what_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let write_all = |files: &[(String, String)]| {
            write(folder.path(), files).unwrap();
            remove_others(folder.path(), files).unwrap();
        };
        write_all(&[file("a/b.rs", "1"), file("c.rs", "2")]);
        let modified = || {
            fs::metadata(folder.path().join("a/b.rs"))
                .unwrap()
                .modified()
                .unwrap()
        };
        let before = modified();
        write_all(&[file("a/b.rs", "1"), file("d.rs", "3")]);
        assert_eq!(modified(), before, "an equal file is left alone");
        assert!(!folder.path().join("c.rs").exists());
        assert_eq!(fs::read_to_string(folder.path().join("d.rs")).unwrap(), "3");
    }

    #[test]
    fn one_build_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = Cache::open_at(folder.path()).unwrap();
        let other = File::open(first.root.join("lock")).unwrap();
        assert!(matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
        drop(first);
        assert!(other.try_lock().is_ok());
    }
}
