//! The specs of the repository, and deep networks.

use std::path::Path;

use resnet_compiler::source::Source;

/// Every spec of the repository, by name, in order of the names.
pub(crate) fn published() -> Vec<Source> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs");
    let entries = std::fs::read_dir(folder).expect("the folder of specs");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.file_stem().expect("a file").to_string_lossy();
        Source::read(path, &name).expect("a readable spec")
    };
    paths.iter().map(read).collect()
}

/// CIFAR's network of three stages of so many blocks (He et al. 2015, section
/// 4.2): 200 make the deepest that was published, of 1202 layers.
pub(crate) fn cifar(blocks: usize) -> Source {
    let text = format!(
        "model: cifar_resnet\n\
         input: {{channels: 3, height: 32, width: 32}}\n\
         stem: {{channels: 16, kernel: 3}}\n\
         block: {{kind: basic, shortcut: identity}}\n\
         stages:\n\
         \x20 - {{blocks: {blocks}, channels: 16}}\n\
         \x20 - {{blocks: {blocks}, channels: 32, stride: 2}}\n\
         \x20 - {{blocks: {blocks}, channels: 64, stride: 2}}\n\
         head: {{classes: 10}}\n"
    );
    Source::new(format!("cifar, 3 x {blocks} blocks"), &text)
}
