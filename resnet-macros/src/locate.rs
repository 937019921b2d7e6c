//! Where a spec's path leads.

use std::path::{Path, PathBuf};

use proc_macro2::Span;

/// The file that `shown` names: below the package's root, or else beside the
/// file that invokes the macro; if there is neither, where it should have been.
pub(crate) fn locate(shown: &str, span: Span) -> PathBuf {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let in_package = root.unwrap_or_default().join(shown);
    if in_package.exists() {
        return in_package;
    }
    // Some editors have no file behind a span.
    let invoking = span.unwrap().local_file();
    let beside = invoking.as_deref().and_then(Path::parent).map(|folder| {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        folder.join(shown)
    });
    beside.filter(|path| path.exists()).unwrap_or(in_package)
}
