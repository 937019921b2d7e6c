//! The page of all diagnostics says what the compiler's table says.

use std::fmt::Write;
use std::path::Path;

use resnet_compiler::diagnostics::Code;

/// The page, made of the table.
fn page() -> String {
    let mut page = "\
# Diagnostics

Every mistake that the compiler tells, by its code. A message names the file,
the line and the column, what was found and what was expected; all mistakes of a
file are told at once, in its order. `resnet explain CODE` prints an entry of
this page, `resnet check FILE...` checks specs without compiling them.
"
    .to_owned();
    for code in Code::ALL {
        let (id, title) = (code.id(), code.title());
        let (cause, mend) = (code.cause(), code.mend());
        let _ = write!(page, "\n## {id}: {title}\n\n{cause}\n\n**Mend:** {mend}\n");
    }
    page
}

/// `UPDATE_SNAPSHOTS=1 cargo test` writes it anew.
#[test]
fn the_page_is_that_of_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/DIAGNOSTICS.md");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(
        written == page(),
        "specs/DIAGNOSTICS.md is not that of the code; UPDATE_SNAPSHOTS=1 renews it"
    );
    assert!(Code::ALL.len() > 60);
}
